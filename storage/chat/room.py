"""The room's own messages, reactions and reading marks.

Every change of a channel's messages first raises `channel.revision` in the same transaction. The row lock which that takes
makes the changes of one channel visible in the order of their revisions, on PostgreSQL too: a reader that has seen revision 17
asks for what came after 17 and misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select

from storage.clock import now
from storage.tables import Channel, Json, Member, RoomMessage, RoomReaction, RoomRead


@dataclass(frozen=True)
class Reacted:
    """One emoji of one member on one message."""

    message_id: int
    emoji: str
    member_id: int
    name: str


@dataclass(frozen=True)
class Replies:
    """What hangs below the first message of a thread."""

    count: int
    last_at: datetime
    names: tuple[str, ...]
    """Who answered, newest last; Slate counts as `Slate`."""


# Revisions


def revisions(session: Session, channel_ids: Iterable[int]) -> dict[int, int]:
    """Channel row -> its newest revision."""
    asked = select(Channel.id, Channel.revision).where(col(Channel.id).in_(list(channel_ids)))
    return {int(row): revision for row, revision in session.exec(asked) if row is not None}


def _raise_revision(session: Session, channel_id: int) -> int:
    """Count one change of the channel, and hold its row until the transaction ends."""
    session.exec(update(Channel).where(col(Channel.id) == channel_id).values(revision=Channel.revision + 1))
    return session.exec(select(Channel.revision).where(Channel.id == channel_id)).one()


# Messages


def say(
    session: Session,
    channel_id: int,
    *,
    by: int | None = None,
    text: str = "",
    card: Json | None = None,
    answer: Json | None = None,
    attachments: Sequence[Json] = (),
    thread_id: int | None = None,
    only_for: int | None = None,
    key: str | None = None,
) -> RoomMessage:
    """Add a message (by None: Slate). The same `key` twice is one message: the first, as it stands."""
    revision = _raise_revision(session, channel_id)
    if key is not None and (there := by_key(session, key)) is not None:
        return there
    made = RoomMessage(
        key=key, channel_id=channel_id, thread_id=thread_id, member_id=by, only_for=only_for, text=text,
        card=card, answer=answer, attachments=list(attachments), revision=revision,
    )  # fmt: skip
    session.add(made)
    if thread_id is not None:
        session.exec(update(RoomMessage).where(col(RoomMessage.id) == thread_id).values(revision=revision))
    session.flush()
    return made


def edit(session: Session, message: RoomMessage, **changes: Any) -> RoomMessage:
    """Change `text`, `card`, `answer` or `only_for` of a message."""
    message.revision = _raise_revision(session, message.channel_id)
    message.edited_at = now()
    for name in changes:
        if name not in ("text", "card", "answer", "only_for"):
            raise TypeError(f"a message's {name} does not change")
        setattr(message, name, changes[name])
    session.add(message)
    session.flush()
    return message


def message(session: Session, message_id: int) -> RoomMessage | None:
    return session.get(RoomMessage, message_id)


def channel_of(session: Session, message: RoomMessage) -> Channel | None:
    return session.get(Channel, message.channel_id)


def by_key(session: Session, key: str) -> RoomMessage | None:
    return session.exec(select(RoomMessage).where(RoomMessage.key == key)).one_or_none()


def _seen_by(member_id: int) -> ColumnElement[bool]:
    return or_(col(RoomMessage.only_for).is_(None), col(RoomMessage.only_for) == member_id)


def changed_since(session: Session, channel_id: int, revision: int, *, seen_by: int, limit: int = 200) -> list[RoomMessage]:
    """Messages (of threads too) changed after `revision`, in the order of their changes."""
    newer = (RoomMessage.channel_id == channel_id, col(RoomMessage.revision) > revision, _seen_by(seen_by))
    asked = select(RoomMessage).where(*newer).order_by(col(RoomMessage.revision), col(RoomMessage.id)).limit(limit)
    return list(session.exec(asked))


def page(session: Session, channel_id: int, *, seen_by: int, before: int | None = None, limit: int = 50) -> list[RoomMessage]:
    """The newest `limit` messages outside threads (older than message `before`), oldest first."""
    conditions: list[ColumnElement[bool] | bool] = [
        RoomMessage.channel_id == channel_id,
        col(RoomMessage.thread_id).is_(None),
        _seen_by(seen_by),
    ]
    if before is not None:
        conditions.append(col(RoomMessage.id) < before)
    newest = select(RoomMessage).where(*conditions).order_by(col(RoomMessage.id).desc()).limit(limit)
    return list(reversed(session.exec(newest).all()))


def thread(session: Session, root_id: int, *, seen_by: int, limit: int = 500) -> list[RoomMessage]:
    """The newest `limit` answers below a message, oldest first."""
    below = (RoomMessage.thread_id == root_id, _seen_by(seen_by))
    asked = select(RoomMessage).where(*below).order_by(col(RoomMessage.id).desc()).limit(limit)
    return list(reversed(session.exec(asked).all()))


def replies(session: Session, root_ids: Sequence[int], *, seen_by: int) -> dict[int, Replies]:
    """First message of a thread -> what hangs below it."""
    asked = (
        select(RoomMessage.thread_id, RoomMessage.created_at, Member.name)
        .join(Member, col(Member.id) == RoomMessage.member_id, isouter=True)
        .where(col(RoomMessage.thread_id).in_(list(root_ids)), _seen_by(seen_by))
        .order_by(col(RoomMessage.id))
    )
    found: dict[int, list[tuple[datetime, str]]] = {}
    for root, at, name in session.exec(asked):
        found.setdefault(int(root or 0), []).append((at, name or "Slate"))
    return {root: Replies(len(all_), all_[-1][0], tuple(dict.fromkeys(name for _, name in all_))) for root, all_ in found.items()}


# Reactions


def react(session: Session, message: RoomMessage, emoji: str, *, by: int) -> bool:
    """Put an emoji on a message; False when it was there already."""
    revision = _raise_revision(session, message.channel_id)
    if session.get(RoomReaction, (message.id, by, emoji)) is not None:
        return False
    session.add(RoomReaction(message_id=message.id or 0, member_id=by, emoji=emoji))
    message.revision = revision
    session.add(message)
    return True


def unreact(session: Session, message: RoomMessage, emoji: str, *, by: int) -> bool:
    """Take an emoji off a message; False when it was not there."""
    revision = _raise_revision(session, message.channel_id)
    there = session.get(RoomReaction, (message.id, by, emoji))
    if there is None:
        return False
    session.delete(there)
    message.revision = revision
    session.add(message)
    return True


def reactions(session: Session, message_ids: Sequence[int]) -> list[Reacted]:
    """All reactions on the messages, oldest first."""
    asked = (
        select(RoomReaction.message_id, RoomReaction.emoji, RoomReaction.member_id, Member.name)
        .join(Member, col(Member.id) == RoomReaction.member_id)
        .where(col(RoomReaction.message_id).in_(list(message_ids)))
        .order_by(col(RoomReaction.created_at), col(RoomReaction.member_id))
    )
    return [Reacted(*row) for row in session.exec(asked)]


# Reading


def read_up_to(session: Session, member_id: int, channel_id: int) -> int:
    """The newest message the member has seen in the channel; 0 when never there."""
    mark = session.get(RoomRead, (member_id, channel_id))
    return mark.message_id if mark is not None else 0


def mark_read(session: Session, member_id: int, channel_id: int, message_id: int) -> None:
    """Remember how far the member has read; it never goes back."""
    mark = session.get(RoomRead, (member_id, channel_id)) or RoomRead(member_id=member_id, channel_id=channel_id)
    mark.message_id = max(mark.message_id, message_id)
    session.add(mark)


def unread(session: Session, member_id: int, channel_ids: Iterable[int]) -> dict[int, int]:
    """Channel row -> how many messages of others came after the member's reading mark; channels without news are left out."""
    mark = (RoomRead.member_id == member_id) & (RoomRead.channel_id == RoomMessage.channel_id)
    asked = (
        select(RoomMessage.channel_id, func.count(col(RoomMessage.id)))
        .join(RoomRead, mark, isouter=True)  # type: ignore[arg-type]
        .where(
            col(RoomMessage.channel_id).in_(list(channel_ids)),
            col(RoomMessage.thread_id).is_(None),
            _seen_by(member_id),
            or_(col(RoomMessage.member_id).is_(None), col(RoomMessage.member_id) != member_id),
            col(RoomMessage.id) > func.coalesce(RoomRead.message_id, 0),
        )
        .group_by(col(RoomMessage.channel_id))
    )
    return dict(session.exec(asked).all())


def people(session: Session, member_ids: Iterable[int]) -> dict[int, str]:
    """Member row -> name."""
    asked = select(Member.id, Member.name).where(col(Member.id).in_(list(member_ids)))
    return {int(row): name for row, name in session.exec(asked) if row is not None}
