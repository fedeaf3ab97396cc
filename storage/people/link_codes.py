"""Named queries for LinkCodes: one-time codes that join a Handle to a Member."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from storage.tables import LinkCode


def add(session: Session, digest: str, member_id: int, expires_at: datetime) -> None:
    """Keep a new code; older ones of the same Member are void."""
    forget(session, member_id)
    session.add(LinkCode(digest=digest, member_id=member_id, expires_at=expires_at))
    session.flush()


def forget(session: Session, member_id: int) -> None:
    """Every code of this Member is void."""
    session.execute(delete(LinkCode).where(col(LinkCode.member_id) == member_id))


def redeem(session: Session, digest: str, now: datetime) -> int | None:
    """The Member row of a code that still holds, which is spent by this; None for any other."""
    kept = session.exec(select(LinkCode).where(LinkCode.digest == digest).with_for_update()).first()
    if kept is None:
        return None
    session.delete(kept)
    session.flush()
    return kept.member_id if kept.expires_at > now else None
