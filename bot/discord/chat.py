"""Discord as a chat that Slate writes to: by bot token and message id, which hold for ever, never by an interaction's token."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import structlog

from bot.cards import Answer, Card
from bot.discord import limits
from bot.discord.boards import Boards
from bot.discord.message_packing import Message, of_answer, of_card
from bot.discord.pictures import Upload, live
from bot.discord.rest import ARCHIVED, OVER, TOO_LARGE, UNKNOWN_MESSAGE, FilePart, Json, Rest
from bot.incoming.job_answers import JobAnswer
from core.desk import Desk
from core.errors import ChatBusy, ChatGone, ChatRefused
from core.files import stored
from storage.blobs import digest_of
from storage.chat import posts
from storage.ids import number
from storage.rate_limit import Budget
from storage.tables import Post

log = structlog.get_logger(__name__)

PLATFORM = "discord"
"""What Channel, Handle, Post and Place call Discord."""
COMPONENTS_V2 = 1 << 15
EPHEMERAL = 1 << 6
_EARLY = 2
"""Attempts for which an interaction that Discord does not know may be one that is just being acknowledged."""
NOBODY: Json = {"parse": []}
"""Whom a message of ours may ping."""
_ALL = Budget("discord:all", every=1 / 45, burst=10)
"""Discord takes 50 calls a second from one bot."""
_SMALL = 64 * 1024
"""What is sent where a file within the documented limit was refused."""


class DiscordChat:
    """What the outbox needs of Discord."""

    def __init__(self, desk: Desk) -> None:
        self._settings = desk.settings
        self._pacing = desk.queue.pacing

    @cached_property
    def _rest(self) -> Rest:
        return Rest(self._settings.discord_token, self._settings.discord_api_url)

    @cached_property
    def _boards(self) -> Boards:
        return Boards(self._rest)

    def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Post the card and return the message's id; the same Post again, within minutes, is the same message.

        Raises ChatBusy, ChatGone, ChatRefused.
        """
        nonce = f"s{post.id}-{post.message_ref[-8:]}"[: limits.NONCE]
        extra = {"nonce": nonce, "enforce_nonce": True}
        body = self._send("POST", f"/channels/{target(post)}/messages", desk, post, card, extra)
        self._boards.show(desk, post, card)
        return str(body["id"])

    def edit(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Change the message in place; one that was deleted is posted again, an archived thread is opened for it.

        Raises ChatBusy, ChatGone, ChatRefused.
        """
        path = f"/channels/{target(post)}/messages/{post.message_ref}"
        try:
            self._send("PATCH", path, desk, post, card)
        except ChatGone as gone:
            if gone.facts.get("number") != UNKNOWN_MESSAGE:
                raise
            with desk.writing() as session:
                posts.keep(session, post.id, files={})
            return self.post(desk, post, card, alt)
        except ChatRefused as refused:
            if refused.facts.get("number") != ARCHIVED:
                raise
            self._call("PATCH", f"/channels/{target(post)}", {"archived": False})
            self._send("PATCH", path, desk, post, card)
        self._boards.show(desk, post, card)
        return post.message_ref

    def answer(self, desk: Desk, post: Post, given: JobAnswer) -> str:
        """Give it by the interaction's token while that holds, which works wherever the person is; else as the bot itself."""
        messages = of_answer(given.answer, base_url=desk.settings.base_url)
        sent: list[str] = list(post.kept.get("sent", []))
        for message in messages[len(sent) :]:
            sent.append(self._give(desk, post, given, message, first=not sent, number=len(sent)))
            with desk.writing() as session:
                posts.keep(session, post.id, sent=sent)
        return "" if given.private or len(messages) != 1 else sent[0]

    def _give(self, desk: Desk, post: Post, given: JobAnswer, message: Message, *, first: bool, number: int) -> str:
        listed, parts = _attached(desk, message, {})
        payload, path = _payload(message, listed), given.reply.get("path", "")
        if path:
            try:
                return self._give_by_token(post, given, path, payload, parts, first=first)
            except ChatRefused as refused:
                if refused.facts.get("number") not in OVER:
                    raise
                if post.attempts < _EARLY:  # the acknowledgement may be on its way still
                    raise ChatBusy("Discord does not know this interaction yet.", retry_after=0.5) from refused
        if given.private:
            opened = self._call("POST", "/users/@me/channels", {"recipient_id": given.reply.get("user", "")})
            where = f"/channels/{opened['id']}/messages"
        else:
            where = f"/channels/{target(post)}/messages"
        nonce = {"nonce": f"s{post.id}-{number}"[: limits.NONCE], "enforce_nonce": True}
        body = self._call("POST", where, payload | nonce, parts, post)
        if not given.private:
            remember(desk, post.id, message, body.get("attachments", ()))
        return str(body["id"])

    def _give_by_token(
        self, post: Post, given: JobAnswer, path: str, payload: Json, parts: Sequence[FilePart], *, first: bool
    ) -> str:
        """In the place of the acknowledgement where it is as private as that, else as a message of its own."""
        acknowledged = first and bool(given.reply.get("acknowledged"))
        if given.private and acknowledged:
            return str(self._call("PATCH", f"{path}/messages/@original", payload, parts, post)["id"])
        if acknowledged:  # a follow-up would fill an acknowledgement that has no words yet, and be as private as that
            done = of_answer(Answer("Done: see below."), base_url="")[0]
            self._call("PATCH", f"{path}/messages/@original", _payload(done, []), (), post)
        flags = payload["flags"] | (EPHEMERAL if given.private else 0)
        body = self._call("POST", f"{path}?wait=true", payload | {"flags": flags}, parts, post)
        if acknowledged:
            self._call("DELETE", f"{path}/messages/@original", post=post)
        return str(body["id"])

    def tell(self, desk: Desk, tenant: str, user_id: str, card: Card, alt: str = "") -> None:
        """Show the card to one person, in their direct messages. Raises ChatBusy, ChatRefused."""
        opened = self._call("POST", "/users/@me/channels", {"recipient_id": user_id})
        message = _dressed(desk, card)
        listed, parts = _attached(desk, message, {})
        self._call("POST", f"/channels/{opened['id']}/messages", _payload(message, listed), parts)

    def budgets(self, post: Post) -> Sequence[Budget]:
        """One call a second and channel, some at once; what Discord says itself is kept to on top of that."""
        return (_budget(post, "PATCH" if post.message_ref else "POST"),)

    def close(self) -> None:
        if "_rest" in self.__dict__:
            self._rest.close()

    def _send(self, method: str, path: str, desk: Desk, post: Post, card: Card, extra: Json | None = None) -> Json:
        """Send with the files that are not there yet; where Discord finds them too large after all, with previews."""
        try:
            return self._sent(method, path, desk, post, _dressed(desk, card), extra)
        except ChatRefused as refused:
            if refused.facts.get("number") != TOO_LARGE or not card.pictures:
                raise
            log.warning("discord.too-large", post=post.id)
            return self._sent(method, path, desk, post, _dressed(desk, card, file_bytes=_SMALL), extra)

    def _sent(self, method: str, path: str, desk: Desk, post: Post, message: Message, extra: Json | None) -> Json:
        listed, parts = _attached(desk, message, post.kept.get("files", {}) if method == "PATCH" else {})
        body = self._call(method, path, _payload(message, listed) | (extra or {}), parts, post)
        remember(desk, post.id, message, body.get("attachments", ()))
        return body

    def _call(
        self, method: str, path: str, payload: Json | None = None, parts: Sequence[FilePart] = (), post: Post | None = None
    ) -> Json:
        while (wait := self._pacing.take([_ALL])) > 0:
            time.sleep(min(wait, 0.5))
        answered = self._rest.call(method, path, payload, parts)
        if answered.used_up and post is not None:
            self._pacing.hold(_budget(post, method), answered.used_up)
        return answered.body


def target(post: Post) -> str:
    """The channel the message itself is in: a thread is one of its own."""
    return post.thread_ref or post.channel_id


def remember(desk: Desk, post_id: int, message: Message, attachments: Collection[Any]) -> None:
    """Keep which files the message has on Discord, so that an edit need not send them again."""
    ids = {one["filename"]: one["id"] for one in attachments}
    files = {name: {"id": ids[name], "of": _identity(upload)} for name, upload in message.uploads.items() if name in ids}
    with desk.writing() as session:
        posts.keep(session, post_id, files=files)


def bytes_of(desk: Desk, upload: Upload) -> bytes:
    """Raises BlobMissing, BlobDamaged, StoreError."""
    return stored.read(desk, upload.sha256, name=upload.name) if upload.sha256 else upload.data or upload.text.encode()


def _dressed(desk: Desk, card: Card, file_bytes: int = limits.FILE_BYTES) -> Message:
    so_far = card.progress.preview if card.progress else ""
    shown = live(desk.queue.preview(number("R", so_far) or 0), so_far) if so_far else None
    return of_card(card, base_url=desk.settings.base_url, file_bytes=file_bytes, so_far=shown)


def _payload(message: Message, attachments: list[Json]) -> Json:
    return {
        "components": message.components_json(),
        "flags": COMPONENTS_V2,
        "attachments": attachments,
        "allowed_mentions": NOBODY,
    }


def _attached(desk: Desk, message: Message, known: Json) -> tuple[list[Json], list[FilePart]]:
    """The attachments of the payload, and the files to send with it: those that are there already are only named."""
    listed: list[Json] = []
    parts: list[FilePart] = []
    for name, upload in message.uploads.items():
        there = known.get(name)
        if there and there["of"] == _identity(upload):
            listed.append({"id": there["id"]})
            continue
        listed.append({"id": len(parts), "filename": name} | ({"description": upload.alt} if upload.alt else {}))
        parts.append(FilePart(name, bytes_of(desk, upload)))
    return listed, parts


def _identity(upload: Upload) -> str:
    return upload.sha256 or f"text:{digest_of(upload.data or upload.text.encode())}"


def _budget(post: Post, method: str) -> Budget:
    return Budget(f"discord:{method}:{target(post)}", every=1.0, burst=5)
