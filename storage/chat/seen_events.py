"""Named queries for Incoming: which events of a platform were taken in already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, SQLModel, col

from storage.clock import now
from storage.tables import Incoming

_TABLE = SQLModel.metadata.tables["incoming"]


def first(session: Session, platform: str, key: str) -> bool:
    """Whether this event comes for the first time; asked again, it does not. Two who ask at once get one yes."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    asked = insert(_TABLE).values(platform=platform, key=key, at=now()).on_conflict_do_nothing()
    return session.execute(asked.returning(_TABLE.c.key)).first() is not None


def forget(session: Session, before: datetime) -> int:
    """Drop what came in before that time, when no platform delivers it again; returns how many."""
    done = session.execute(delete(Incoming).where(col(Incoming.at) < before))
    assert isinstance(done, CursorResult)
    return done.rowcount
