"""How an Answer gets back to whoever pressed or typed: at once when it is ready within a moment, else by the interaction's token.

Discord waits three seconds. What takes longer than WAIT is acknowledged first, privately, as privacy is settled by the
acknowledgement and an error must not be shown to all. A form cannot be opened after that: then there is a button that opens it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import discord
import structlog
from discord import ui

from bot import show
from bot.cards import Answer
from bot.discord import drafts, forms, limits
from bot.discord.chat import PLATFORM, remember
from bot.discord.files import opened
from bot.discord.message_packing import Message, of_answer, of_card
from bot.incoming import tracked
from bot.request import ChatPlace
from core.desk import Desk
from storage import ids
from storage.chat import posts
from storage.queue import OUTBOX
from storage.rendering import renders
from storage.tables import Member

log = structlog.get_logger(__name__)
Interaction = discord.Interaction[Any]

WAIT = 1.5
"""Seconds within which an answer is given directly."""
CALM = 0.1
"""Seconds without anybody new after which a rush is over: people who press at the same moment do not arrive at the same one."""
NOBODY = discord.AllowedMentions.none()
_GONE = (10062, 40060, 10015, 50027, 10008)
"""Discord's numbers for an interaction that ran out or was answered by another process, and for an answer that is gone again."""


@dataclass(frozen=True)
class ReplyOutcome:
    """What a command answered, to whom, and where it belongs."""

    answer: Answer
    place: ChatPlace | None = None
    member: Member | None = None
    far: bool = False
    """Whether Slate itself is not where it was asked: then a render is shown in direct messages."""
    draft: drafts.Open | None = None
    """A form that is not done with, for there is more to fill in or it was refused."""
    page: int | None = None
    """The page of it to go on with."""


@dataclass(frozen=True)
class First:
    """A new render's message that this interaction shows itself."""

    post: int
    wanted: int
    message: Message


class Gate:
    """In a rush, everybody is acknowledged before anything is worked on: the work would take the time the others have left."""

    def __init__(self) -> None:
        self._unacknowledged = 0
        self._open, self._rush = asyncio.Event(), asyncio.Event()
        self._opening: asyncio.TimerHandle | None = None

    async def rush(self) -> None:
        """Returns when more come than there are hands: who waits for a direct answer need not wait longer."""
        await self._rush.wait()

    async def through(self, acknowledge: Callable[[], Awaitable[None]]) -> None:
        """Acknowledge, then wait for those who come at the same time, a second at most."""
        self._unacknowledged += 1
        if self._opening is not None:
            self._opening.cancel()
        self._open.clear()
        self._rush.set()
        try:
            await acknowledge()
        finally:
            self._unacknowledged -= 1
            if not self._unacknowledged:
                self._opening = asyncio.get_running_loop().call_later(CALM, self._open.set)
                self._rush.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._open.wait(), 1.0)


class Reply:
    """The answer to one interaction."""

    def __init__(self, desk: Desk, interaction: Interaction, *, again: bool = False) -> None:
        """`again`: another process had begun with it, and may have acknowledged it."""
        self.desk = desk
        self.interaction = interaction
        self._again = again
        self._deferred = False

    async def by(self, work: Coroutine[Any, Any, ReplyOutcome], gate: Gate, *, crowded: bool) -> None:
        """Wait for the answer and give it; never raises for an interaction that ran out.

        Where it is `crowded` there is more to do than hands to do it, so it is acknowledged before anything else.
        """
        task: asyncio.Future[ReplyOutcome] = asyncio.get_running_loop().create_future()
        try:
            if crowded and not self._again:
                await gate.through(self._defer)
            task = asyncio.ensure_future(work)
            if not crowded and not self._again and not await self._ready(task, gate):
                await self._defer()
            await self.give(await task)
        except discord.HTTPException as problem:
            if problem.code not in _GONE:
                raise
            log.warning("discord.too-late", interaction=self.interaction.id, number=problem.code)
            await asyncio.to_thread(self._release, task)

    @staticmethod
    async def _ready(task: asyncio.Future[ReplyOutcome], gate: Gate) -> bool:
        """Whether the answer is there within a moment, and before a rush begins."""
        rush: asyncio.Future[Any] = asyncio.ensure_future(gate.rush())
        either: set[asyncio.Future[Any]] = {task, rush}
        await asyncio.wait(either, timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
        rush.cancel()
        return task.done()

    async def give(self, outcome: ReplyOutcome) -> None:
        answer = outcome.answer
        if answer.form is not None and outcome.member is not None:
            await self._open(await asyncio.to_thread(drafts.begin, self.desk, outcome.member, answer.form), 0)
            return
        if outcome.draft is not None:
            await self._go_on(outcome, outcome.draft)
            return
        first = await asyncio.to_thread(self._first, outcome)
        if first is not None:
            await self._show(first)
            return
        if outcome.far and answer.data.get("render") and not answer.cards:
            answer = replace(
                answer, text=f"{answer.data['render']} is queued. You will see it in our direct messages.", private=True
            )
        answer = replace(answer, private=answer.private or not self._news(answer))
        messages = of_answer(answer, base_url=self.desk.settings.base_url, file_bytes=self.interaction.filesize_limit)
        sent = await self.say(messages, private=answer.private)
        if outcome.place is not None and len(messages) == 1 and sent:
            await asyncio.to_thread(self._follow, outcome.place, answer, messages[0], sent[0])

    async def open(self, draft: drafts.Open, page: int) -> None:
        """Show a page of a form, or the button that does."""
        await self._open(draft, page)

    async def say(self, messages: Sequence[Message], *, private: bool) -> list[discord.Message]:
        """Send the messages, the first as the response where that is still possible."""
        sent: list[discord.Message] = []
        for message in messages or [_plain("Done.")]:
            private = private or not messages
            sent.append(await self._say(message, private=private, first=not sent))
        if self._deferred and self._thinks and not private:
            await self.interaction.delete_original_response()
        return sent

    async def _say(self, message: Message, *, private: bool, first: bool) -> discord.Message:
        files = await asyncio.to_thread(opened, self.desk, message)
        if first and self._unanswered:
            done = await self.interaction.response.send_message(
                view=message.view(), files=files, ephemeral=private, allowed_mentions=NOBODY
            )
            assert isinstance(done.resource, discord.InteractionMessage)
            return done.resource
        try:
            return await self._say_by_token(message, files, private=private, first=first)
        except discord.HTTPException as problem:
            if not self._again or problem.code not in _GONE:
                raise
        return await self._say_without_token(message, private=private)

    async def _say_by_token(
        self, message: Message, files: Sequence[discord.File], *, private: bool, first: bool
    ) -> discord.Message:
        if first and self._thinks and private:
            return await self.interaction.edit_original_response(view=message.view(), attachments=files, allowed_mentions=NOBODY)
        if first and self._thinks:
            await self.interaction.edit_original_response(view=_plain("Done: see below.").view())
        return await self.interaction.followup.send(
            view=message.view(), files=files, ephemeral=private, allowed_mentions=NOBODY, wait=True
        )

    async def _say_without_token(self, message: Message, *, private: bool) -> discord.Message:
        """The interaction is over, as nobody acknowledged it in time or it was long ago: the bot itself says it."""
        files = await asyncio.to_thread(opened, self.desk, message)
        there: Any = await self.interaction.user.create_dm() if private else self.interaction.channel
        sent: discord.Message = await there.send(view=message.view(), files=files, allowed_mentions=NOBODY)
        return sent

    @property
    def _unanswered(self) -> bool:
        """Whether it can still be answered directly."""
        return not self._again and not self.interaction.response.is_done()

    @property
    def _thinks(self) -> bool:
        """Whether a private "thinking…" stands there, waiting for its text."""
        return self.interaction.type is not discord.InteractionType.component

    def _news(self, answer: Answer) -> bool:
        """Whether the answer is for everybody: words alone after a press are not, what came of it is on the card."""
        return bool(answer.cards) or self.interaction.type is not discord.InteractionType.component

    async def _defer(self) -> None:
        self._deferred = True
        if self._thinks:
            await self.interaction.response.defer(ephemeral=True, thinking=True)
        else:
            await self.interaction.response.defer()

    async def _open(self, draft: drafts.Open, page: int) -> None:
        if self._unanswered and self.interaction.type is not discord.InteractionType.modal_submit:
            await self.interaction.response.send_modal(forms.modal(draft.form, draft.number, page, draft.values))
            return
        await self.say([with_buttons(_plain(f"{draft.form.title} is ready."), draft)], private=True)

    async def _go_on(self, outcome: ReplyOutcome, draft: drafts.Open) -> None:
        """Show how a form stands, with buttons to go on; in the place of what was said of it before."""
        messages = of_answer(outcome.answer, base_url=self.desk.settings.base_url) or [_plain(draft.form.title)]
        message = with_buttons(messages[0], draft, outcome.page)
        before = self.interaction.message
        if before is not None and before.flags.ephemeral and self._unanswered:
            await self.interaction.response.edit_message(view=message.view())
            return
        await self.say([message], private=True)

    async def _show(self, first: First) -> None:
        """The new render's message is the answer; from then on the outbox keeps it in step."""
        try:
            (sent,) = await self.say([first.message], private=False)
        except discord.HTTPException:
            await asyncio.to_thread(self._let_go, first.post)
            raise
        await asyncio.to_thread(self._shown, first, sent)

    def _first(self, outcome: ReplyOutcome) -> First | None:
        number = ids.number("R", str(outcome.answer.data.get("render") or "")) if not outcome.answer.cards else None
        if number is None:
            return None
        with self.desk.reading() as session:
            render = renders.by_id(session, number)
            waiting = [one for one in posts.of_render(session, number) if _waits(one)]
            if render is None or not waiting:
                return None
            card = show.render_card(session, render)
        return First(waiting[0].id, waiting[0].wanted, of_card(card, base_url=self.desk.settings.base_url))

    def _shown(self, first: First, sent: discord.Message) -> None:
        with self.desk.writing() as session:
            post = posts.by_id(session, first.post)
            if post is not None:
                posts.shown(session, post, first.wanted, str(sent.id))
        _remember(self.desk, first.post, first.message, sent)
        self.desk.queue.call(OUTBOX)

    def _let_go(self, post_id: int) -> None:
        with self.desk.writing() as session:
            posts.release(session, post_id)
        self.desk.queue.call(OUTBOX)

    def _release(self, task: asyncio.Future[ReplyOutcome]) -> None:
        first = self._first(task.result()) if task.done() and not task.cancelled() and not task.exception() else None
        if first is not None:
            self._let_go(first.post)

    def _follow(self, place: ChatPlace, answer: Answer, message: Message, sent: discord.Message) -> None:
        post = tracked.follow(self.desk, place, answer, str(sent.id))
        if post is not None:
            _remember(self.desk, post.id, message, sent)


def reply_of(interaction: Interaction) -> dict[str, str]:
    """How an answer that comes later can be given: by the interaction's token while that holds, else to this person."""
    thinks = interaction.type is not discord.InteractionType.component
    path = f"/webhooks/{interaction.application_id}/{interaction.token}"
    return {"user": str(interaction.user.id), "path": path, "acknowledged": "privately" if thinks else ""}


def with_buttons(message: Message, draft: drafts.Open, page: int | None = None) -> Message:
    """The message, with what may be done with an unfinished form; `page` is the one to go on with."""
    names = ["Open the form"] if len(draft.pages) == 1 else [f"{at + 1}: {name}" for at, name in enumerate(draft.pages)]
    able = [(draft.form.submit, forms.SEND, page is None), *((name, str(at), at == page) for at, name in enumerate(names))]
    styles = {True: discord.ButtonStyle.primary, False: discord.ButtonStyle.secondary}
    buttons: list[ui.Button[Any]] = [
        ui.Button(label=label[: limits.BUTTON_LABEL], style=styles[first], custom_id=f"form:{draft.number}:{what}")
        for label, what, first in able
    ]
    for at in range(0, len(buttons), limits.ROW):
        message.items.append(ui.ActionRow(*buttons[at : at + limits.ROW]))
    return message


def _plain(text: str) -> Message:
    return of_answer(Answer(text), base_url="")[0]


def _waits(post: Any) -> bool:
    return post.platform == PLATFORM and not post.message_ref and post.held_until is not None


def _remember(desk: Desk, post_id: int, message: Message, sent: discord.Message) -> None:
    remember(desk, post_id, message, [{"filename": one.filename, "id": str(one.id)} for one in sent.attachments])
