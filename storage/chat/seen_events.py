"""Named queries for Incoming: which events of a platform were taken in already, and which of them are yet to be carried out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, SQLModel, col, func, select

from storage.clock import now
from storage.tables import Incoming
from storage.upsert import insert

_TABLE = SQLModel.metadata.tables["incoming"]


@dataclass(frozen=True)
class TakenOver:
    """What somebody is to carry out now."""

    payload: dict[str, Any]
    attempts: int
    """How often it was begun, this time included."""


def first(
    session: Session, platform: str, key: str, *, payload: dict[str, Any] | None = None, at: datetime | None = None
) -> bool:
    """Whether this event comes for the first time; asked again, it does not. Two who ask at once get one yes.

    With a `payload` it is kept, to be carried out again should nobody say that it is done; it counts as old from `at` on.
    """
    done_at = None if payload is not None else now()
    asked = insert(session, _TABLE).values(
        platform=platform, key=key, at=at or now(), payload=payload, done_at=done_at, attempts=0
    )
    return session.execute(asked.on_conflict_do_nothing().returning(_TABLE.c.key)).first() is not None


def is_known(session: Session, platform: str, key: str) -> bool:
    """Whether it came before."""
    return session.exec(select(Incoming.key).where(*_one(platform, key))).first() is not None


def done(session: Session, platform: str, key: str) -> None:
    """It was carried out; what came in is forgotten."""
    session.execute(update(Incoming).where(*_one(platform, key)).values(payload=None, done_at=now()))


def done_by(session: Session, platform: str, key: str, attempts: int) -> bool:
    """As `done`, by whoever began it as the last; False when another has begun it since, or it was done."""
    mine = (*_one(platform, key), col(Incoming.done_at).is_(None), col(Incoming.attempts) == attempts)
    over = session.execute(update(Incoming).where(*mine).values(payload=None, done_at=now()))
    assert isinstance(over, CursorResult)
    return over.rowcount == 1


def open_ones(session: Session, platform: str) -> int:
    """How many are yet to be carried out."""
    where = (Incoming.platform == platform, col(Incoming.done_at).is_(None))
    return session.exec(select(func.count()).select_from(Incoming).where(*where)).one()


def abandoned(session: Session, platform: str, before: datetime, limit: int = 100) -> list[str]:
    """Keys of what is yet to be carried out and that nobody has kept young since `before`, oldest first."""
    where = (Incoming.platform == platform, col(Incoming.done_at).is_(None), col(Incoming.at) < before)
    return list(session.exec(select(Incoming.key).where(*where).order_by(col(Incoming.at)).limit(limit)))


def keep_young(session: Session, platform: str, keys: Collection[str], at: datetime) -> None:
    """Whoever carries these out is alive."""
    mine = (col(Incoming.platform) == platform, col(Incoming.done_at).is_(None), col(Incoming.key).in_(keys))
    session.execute(update(Incoming).where(*mine).values(at=at))


def take_over(session: Session, platform: str, key: str, before: datetime) -> TakenOver | None:
    """For one who carries it out again; None when another has it."""
    open_still = (*_one(platform, key), col(Incoming.done_at).is_(None), col(Incoming.at) < before)
    taken = session.execute(update(Incoming).where(*open_still).values(at=now(), attempts=Incoming.attempts + 1))
    assert isinstance(taken, CursorResult)
    if taken.rowcount != 1:
        return None
    row = session.exec(select(Incoming).where(*_one(platform, key))).one()
    session.refresh(row)
    return TakenOver(row.payload or {}, row.attempts)


def forget(session: Session, before: datetime) -> int:
    """Drop what came in before that time, when no platform delivers it again; returns how many."""
    gone = session.execute(delete(Incoming).where(col(Incoming.at) < before))
    assert isinstance(gone, CursorResult)
    return gone.rowcount


def _one(platform: str, key: str) -> tuple[Any, Any]:
    return col(Incoming.platform) == platform, col(Incoming.key) == key
