"""Named queries for Askings: what each person asked last in each place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, SQLModel, col

from storage.clock import now
from storage.tables import Asking
from storage.upsert import insert

_TABLE = SQLModel.metadata.tables["asking"]


def last(session: Session, platform: str, place: str, member_id: int, since: datetime) -> str:
    """What they asked there last, if that was after `since`; else empty."""
    found = session.get(Asking, (platform, place, member_id))
    return found.text if found is not None and found.at >= since else ""


def remember(session: Session, platform: str, place: str, member_id: int, text: str) -> None:
    """Put this in place of what they asked there before."""
    row = {"platform": platform, "place": place, "member_id": member_id, "text": text, "at": now()}
    asked = insert(session, _TABLE).values(row)
    session.execute(
        asked.on_conflict_do_update(index_elements=["platform", "place", "member_id"], set_={"text": text, "at": row["at"]})
    )


def forget(session: Session, before: datetime) -> int:
    """Drop what was asked before that time; returns how many."""
    done = session.execute(delete(Asking).where(col(Asking.at) < before))
    assert isinstance(done, CursorResult)
    return done.rowcount
