"""What people do in the room: say, fill a form, press, react; and how an Answer gets back to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import Session

from bot import show
from bot.cards import Answer, answer_to_json
from bot.command_text import write
from bot.commands.secret_options import without_secrets
from bot.mentions import ASKS_WHAT, line_of
from bot.request import Attachment, ChatPlace, ChatRequest
from bot.web.app_state import House, enter
from bot.web.room_chat import PLATFORM, RoomChat, ring
from core.errors import BadInput, NotFound, TooLong
from core.schemas.renders import RenderSchema
from core.schemas.room import NextAction, RoomAnswer
from storage import ids
from storage.chat import posts, room
from storage.files import waiting_uploads
from storage.rendering import renders
from storage.tables import Channel, Member, RoomMessage

LONGEST = 20_000
"""Characters of what people say to each other; commands have limits of their own."""
_MOST_FILES = 10
_MENTION = re.compile(r"@slate\b[,:]?\s*", re.IGNORECASE)


class Saying(BaseModel):
    """What the composer sends. `key` is made by the browser, so that a repeated sending is one message."""

    text: str = ""
    thread: int | None = None
    key: str = Field(min_length=8, max_length=64)
    receipts: list[str] = Field(default_factory=list, max_length=_MOST_FILES)


class Filling(BaseModel):
    """A filled form: the command line it completes, its values, and uploads for its picture fields in their order."""

    command: str = Field(max_length=500)
    values: dict[str, str]
    thread: int | None = None
    key: str = Field(min_length=8, max_length=64)
    receipts: list[str] = Field(default_factory=list, max_length=_MOST_FILES)


class Pressing(BaseModel):
    """A pressed button, `verb:id`."""

    action: str = Field(max_length=200)
    values: dict[str, str] | None = None
    thread: int | None = None
    key: str = Field(min_length=8, max_length=64)


class Reacting(BaseModel):
    """An emoji put on a message or taken off it."""

    message: int
    emoji: str = Field(min_length=1, max_length=16)
    added: bool


def say(house: House, member: Member, slug: str, saying: Saying) -> RoomAnswer:
    """Keep the message; carry it out when it is a command. Raises NotFound, Refused, BadInput, TooLong."""
    files = _redeemed(house, member, saying.receipts)
    line = _command(house, saying, files)
    if not line and len(saying.text) > LONGEST:
        raise TooLong(f"A message has at most {LONGEST} characters, this one has {len(saying.text)}.", hint="Send it as a file.")
    if not line and not saying.text.strip() and not files:
        raise BadInput("There is nothing to send.", hint="Type something first.")
    key = f"say:{member.id}:{saying.key}"
    text = _sayable(saying.text.strip(), line)
    with house.desk.writing() as session:
        channel, project = enter(session, member, slug)
        thread = _thread(session, channel, saying.thread)
        said = room.say(
            session, _id(channel), by=member.id, text=text, attachments=[asdict(file) for file in files],
            thread_id=thread, only_for=member.id if line else None, key=key,
        )  # fmt: skip
        waiting_uploads.sent(session, member.id or 0, {file.sha256 for file in files})
        ring(house.desk, session)
    if not line:
        return RoomAnswer()
    place = ChatPlace(PLATFORM, slug, str(thread or ""), project, reply={"asked": key, "message": f"answer:{key}"})
    answer = house.commands.answer(house.desk, ChatRequest(member, place, line, files, f"room:{key}"))
    return _deliver(house, member, place, answer, asked=said)


def fill(house: House, member: Member, slug: str, filling: Filling) -> RoomAnswer:
    """A filled form is the line that it stands for, said by the member. Raises as `say`."""
    head, *words = filling.command.lstrip("/").split() or [""]
    line = "/" + write(head, words, filling.values)
    return say(house, member, slug, Saying(text=line, thread=filling.thread, key=filling.key, receipts=filling.receipts))


def press(house: House, member: Member, slug: str, pressing: Pressing) -> RoomAnswer:
    """Carry out a button. Raises NotFound, Refused."""
    with house.desk.reading() as session:
        channel, project = enter(session, member, slug)
        thread = _thread(session, channel, pressing.thread)
    key = f"room:press:{member.id}:{pressing.key}"
    place = ChatPlace(PLATFORM, slug, str(thread or ""), project, reply={"message": f"answer:{key}"})
    answer = house.commands.press(house.desk, member, place, pressing.action, pressing.values, key=key)
    return _deliver(house, member, place, answer, key=key)


def react(house: House, member: Member, slug: str, reacting: Reacting) -> RoomAnswer:
    """Keep the reaction, then do what it stands for. Raises NotFound, Refused."""
    with house.desk.writing() as session:
        channel, project = enter(session, member, slug)
        message = _visible(session, channel, member, reacting.message)
        change = room.react if reacting.added else room.unreact
        changed = change(session, message, reacting.emoji, by=member.id or 0)
        ring(house.desk, session)
        subject, thread = _subject(message), message.thread_id
    if not changed or not subject:
        return RoomAnswer()
    place = ChatPlace(PLATFORM, slug, str(thread or ""), project)
    answer = house.react(house.desk, member, place, subject, reacting.emoji, reacting.added)
    return _deliver(house, member, place, answer) if answer is not None else RoomAnswer()


def _command(house: House, saying: Saying, files: Sequence[Attachment]) -> str:
    """The command line in what was said; empty when it is talk among people. A picture alone asks what it is."""
    asked = saying.text.strip()
    if asked.startswith("/"):
        return asked
    mention = _MENTION.match(asked)
    if mention is None:
        wordless = asked.casefold().strip(" ?!.")
        return "/whatis" if files and (not asked or wordless in ASKS_WHAT) else ""
    with house.desk.reading() as session:
        root = room.message(session, saying.thread) if saying.thread is not None else None
        subject = _subject(root) if root is not None else ""
    return line_of(house.desk, asked[mention.end() :], subject=subject, files=bool(files))


def _sayable(text: str, line: str) -> str:
    """What the room keeps of a message: a command that holds a password is kept without it."""
    shown = without_secrets(line)
    return text if shown == line else shown


def _redeemed(house: House, member: Member, receipts: Sequence[str]) -> tuple[Attachment, ...]:
    files = tuple(house.signer.redeem(receipt, member.id or 0) for receipt in receipts)
    if any(file is None for file in files):
        raise BadInput("An upload is no longer known.", hint="Drop the file in again.")
    return tuple(file for file in files if file is not None)


def _thread(session: Session, channel: Channel, root: int | None) -> int | None:
    if root is None:
        return None
    first = room.message(session, root)
    if first is None or first.channel_id != channel.id:
        raise NotFound("This thread is not in this channel.", hint="Reload the page.")
    return first.thread_id or first.id


def _visible(session: Session, channel: Channel, member: Member, row: int) -> RoomMessage:
    message = room.message(session, row)
    if message is None or message.channel_id != channel.id or message.only_for not in (None, member.id):
        raise NotFound("There is no such message in this channel.", hint="Reload the page.")
    return message


def _subject(message: RoomMessage) -> str:
    """The one thing a message is about; empty when it is about none or several."""
    cards = [message.card] if message.card else (message.answer or {}).get("cards", [])
    return str(cards[0].get("subject", "")) if len(cards) == 1 else ""


def _deliver(
    house: House, member: Member, place: ChatPlace, answer: Answer, *, asked: RoomMessage | None = None, key: str = ""
) -> RoomAnswer:
    """Show the answer where it was asked for: as a message, or in the browser alone when it is a form or a text to copy.

    A question that is answered privately stays private, too. A new render's own message is its answer, and is shown at once. A
    button or an emoji that is answered in words alone gets no message, as the result is on the card: whoever pressed it reads the
    words near the button, with what may be pressed next.
    """
    worth = bool(answer.cards) or (asked is not None and bool(answer.text) and not answer.form)
    key = f"answer:{asked.key if asked else key}" if asked or key else ""
    with house.desk.writing() as session:
        if asked is not None and not answer.private and (there := room.message(session, asked.id or 0)) is not None:
            room.edit(session, there, only_for=None)
        if worth:
            channel, _project = enter(session, member, place.channel_id)
            room.say(
                session, _id(channel), answer=_kept(answer), thread_id=int(place.thread_ref or 0) or None,
                only_for=member.id if answer.private else None, key=key or None,
            )  # fmt: skip
        ring(house.desk, session)
    code = answer.schema.render if isinstance(answer.schema, RenderSchema) else ""
    _show_render(house, code)
    form = house.templates.part("form.html", "form", answer.form) if answer.form else ""
    secret = house.templates.part("form.html", "secret", answer.copy, answer.text) if answer.secret else ""
    near = not worth and not asked
    return RoomAnswer(
        form=form,
        copy="" if answer.secret else answer.copy,
        secret=secret,
        error=answer.error,
        render=code,
        said=(answer.text or answer.note) if near else "",
        buttons=[NextAction(action=one.action, label=one.label) for one in answer.buttons] if near else [],
    )


def _show_render(house: House, code: str) -> None:
    """Post a new render's message here and now; the job that would does the same, and both write one message."""
    number = ids.number("R", code)
    with house.desk.reading() as session:
        render = renders.by_id(session, number) if number is not None else None
        waiting = [one for one in posts.of_render(session, number or 0) if one.platform == PLATFORM and not one.message_ref]
        if render is None or not waiting:
            return
        card, alt = show.render_card(session, render), show.render_alt(session, render)
    for post in waiting:
        reference = RoomChat().post(house.desk, post, card, alt)
        with house.desk.writing() as session:
            posts.shown(session, post, post.wanted, reference)


def _kept(answer: Answer) -> dict[str, Any]:
    """What the database keeps of an answer: no form, and no secret."""
    shown = replace(answer, copy="") if answer.secret else answer
    return {name: value for name, value in answer_to_json(shown).items() if name != "form"}


def _id(channel: Channel) -> int:
    assert channel.id is not None, "a channel that is stored"
    return channel.id
