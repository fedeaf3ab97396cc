"""Rows of the room -> what its templates show: one value per message, written for one reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup
from pydantic import TypeAdapter
from sqlmodel import Session

from bot.cards import Answer, Card, from_json
from bot.request import Attachment
from bot.web.markup import folded
from storage.chat import room
from storage.clock import now
from storage.tables import Member, RoomMessage

SLATE = "Slate"
_HUES = 12
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


@dataclass(frozen=True)
class ReactionCount:
    """One emoji on a message: how many, who, and whether the reader is one of them."""

    emoji: str
    names: tuple[str, ...]
    mine: bool

    @property
    def who(self) -> str:
        """`Ana and Mia`."""
        return listed(self.names)


@dataclass(frozen=True)
class MemberFace:
    """How a member is shown."""

    name: str
    initials: str
    hue: int
    """0 to 11: which of the stylesheet's colours."""


@dataclass(frozen=True)
class MessageView:
    """One message as one reader sees it."""

    id: int
    revision: int
    thread_id: int | None
    author: MemberFace | None
    """None is Slate."""
    mine: bool
    private: bool
    at: datetime
    """In the reader's time zone."""
    text: Markup
    more: Markup
    card: Card | None
    answer: Answer | None
    attachments: tuple[Attachment, ...]
    marks: tuple[ReactionCount, ...]
    replies: room.Replies | None
    seconds_left: float | None

    @property
    def cards(self) -> tuple[Card, ...]:
        own = (self.card,) if self.card else ()
        return own + (self.answer.cards if self.answer else ())


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: `Ana, Mia and 2 others`."""
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} others"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1] if names else "") if part)


def face(name: str) -> MemberFace:
    words = name.split()
    letters = "".join(word[0] for word in (words if len(words) < 3 else [words[0], words[-1]]))
    return MemberFace(name, letters.upper()[:2], sum(name.casefold().encode()) % _HUES)


def zone_of(member: Member) -> ZoneInfo:
    return _zone(member.time_zone)


@cache
def _zone(name: str) -> ZoneInfo:
    """The time zone by its IANA name; UTC for one that is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def message_views(session: Session, messages: Sequence[RoomMessage], reader: Member) -> list[MessageView]:
    """The messages as `reader` sees them, in the same order."""
    rows = [one.id for one in messages if one.id is not None]
    names = room.people(session, {one.member_id for one in messages if one.member_id is not None})
    marks = _marks(room.reactions(session, rows), reader)
    replies = room.replies(session, rows, seen_by=reader.id or 0)
    return [_view(one, reader, names, marks.get(one.id or 0, ()), replies.get(one.id or 0)) for one in messages]


def _marks(reacted: list[room.Reacted], reader: Member) -> dict[int, tuple[ReactionCount, ...]]:
    found: dict[int, dict[str, list[room.Reacted]]] = {}
    for one in reacted:
        found.setdefault(one.message_id, {}).setdefault(one.emoji, []).append(one)
    return {row: tuple(_mark(emoji, ones, reader) for emoji, ones in each.items()) for row, each in found.items()}


def _mark(emoji: str, ones: list[room.Reacted], reader: Member) -> ReactionCount:
    return ReactionCount(emoji, tuple(one.name for one in ones), any(one.member_id == reader.id for one in ones))


def _above(answer: Answer) -> str:
    """What is said above the cards of an Answer; what a card says itself is not said twice."""
    return "" if any(answer.text in one.text for one in answer.cards) else answer.text


def _view(
    message: RoomMessage, reader: Member, names: dict[int, str], marks: tuple[ReactionCount, ...], replies: room.Replies | None
) -> MessageView:
    card = from_json(message.card) if message.card else None
    answer = _ANSWER.validate_python(message.answer) if message.answer else None
    said = message.text if message.member_id is not None else (_above(answer) if answer else "" if card else message.text)
    text, more = folded(said)
    return MessageView(
        id=message.id or 0,
        revision=message.revision,
        thread_id=message.thread_id,
        author=face(names.get(message.member_id, "Somebody")) if message.member_id is not None else None,
        mine=message.member_id == reader.id,
        private=message.only_for is not None,
        at=message.created_at.astimezone(zone_of(reader)),
        text=text,
        more=more,
        card=card,
        answer=answer,
        attachments=tuple(Attachment(**one) for one in message.attachments),
        marks=marks,
        replies=replies,
        seconds_left=_seconds_left(card, message),
    )


def _seconds_left(card: Card | None, message: RoomMessage) -> float | None:
    """What is left of the estimate, which was made when the message was last changed."""
    if card is None or card.progress is None or card.progress.seconds_left is None:
        return None
    return max(0.0, card.progress.seconds_left - (now() - (message.edited_at or message.created_at)).total_seconds())
