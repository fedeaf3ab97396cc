"""Named queries about keys for the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select, update

from storage.tables import ApiKey, Member


def save(session: Session, key: ApiKey) -> ApiKey:
    session.add(key)
    session.flush()
    return key


def for_change(session: Session, row: int) -> ApiKey | None:
    """The key, locked until the transaction ends."""
    return session.exec(select(ApiKey).where(ApiKey.id == row).with_for_update()).first()


def by_digest(session: Session, digest: str, at: datetime) -> tuple[ApiKey, Member] | None:
    """The key that holds at that moment, and whose it is."""
    old = and_(col(ApiKey.old_digest) == digest, col(ApiKey.old_until) > at)
    asked = select(ApiKey, Member).join(Member, col(Member.id) == col(ApiKey.member_id))
    good = (col(ApiKey.revoked_at).is_(None), col(ApiKey.expires_at) > at, col(Member.active))
    return session.exec(asked.where(or_(col(ApiKey.digest) == digest, old), *good)).first()


def listed(session: Session, member_id: int | None, limit: int) -> Sequence[ApiKey]:
    """Keys, newest first: of a Member, or everybody's."""
    asked = select(ApiKey) if member_id is None else select(ApiKey).where(ApiKey.member_id == member_id)
    return session.exec(asked.order_by(col(ApiKey.id).desc()).limit(limit)).all()


def note_use(session: Session, row: int, at: datetime) -> None:
    session.execute(update(ApiKey).where(col(ApiKey.id) == row).values(used_at=at))


def revoke_all(session: Session, member_id: int, at: datetime) -> None:
    """No key of this Member holds any more."""
    mine = (col(ApiKey.member_id) == member_id, col(ApiKey.revoked_at).is_(None))
    session.execute(update(ApiKey).where(*mine).values(revoked_at=at))
