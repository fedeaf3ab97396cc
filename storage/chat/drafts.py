"""Named queries for Drafts: forms that are being filled in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, col

from storage.tables import Draft


def add(session: Session, member_id: int, form: dict[str, Any], values: dict[str, Any]) -> Draft:
    kept = Draft(member_id=member_id, form=form, values=values)
    session.add(kept)
    session.flush()
    return kept


def by_id(session: Session, draft_id: int) -> Draft | None:
    return session.get(Draft, draft_id)


def change(session: Session, draft_id: int, values: dict[str, Any]) -> Draft | None:
    """Keep these answers beside those given before; None when the draft is gone."""
    kept = session.get(Draft, draft_id, with_for_update=True)
    if kept is not None:
        kept.values = {**kept.values, **values}
        session.add(kept)
        session.flush()
    return kept


def forget(session: Session, before: datetime) -> int:
    """Drop what nobody has sent since; returns how many."""
    done = session.execute(delete(Draft).where(col(Draft.at) < before))
    assert isinstance(done, CursorResult)
    return done.rowcount
