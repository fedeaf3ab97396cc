"""Named queries about files that members put into the room and have not sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from storage.tables import Asset, SharedLink, WaitingUpload


def add(session: Session, sha256: str, size: int, member_id: int) -> None:
    session.add(WaitingUpload(sha256=sha256, size=size, member_id=member_id))


def size_of(session: Session, member_id: int) -> int:
    """Bytes of all that a member has waiting."""
    total = session.exec(select(func.sum(WaitingUpload.size)).where(WaitingUpload.member_id == member_id)).one()
    return int(total or 0)


def sent(session: Session, member_id: int, digests: Collection[str]) -> None:
    """These files of a member wait no more."""
    mine = (col(WaitingUpload.member_id) == member_id, col(WaitingUpload.sha256).in_(digests))
    session.exec(delete(WaitingUpload).where(*mine))  # type: ignore[call-overload,unused-ignore]


def before(session: Session, moment: datetime, limit: int) -> Sequence[WaitingUpload]:
    """What has waited since before a moment, oldest first."""
    return session.exec(select(WaitingUpload).where(WaitingUpload.at < moment).order_by(col(WaitingUpload.id)).limit(limit)).all()


def forget(session: Session, rows: Sequence[WaitingUpload]) -> None:
    session.exec(delete(WaitingUpload).where(col(WaitingUpload.id).in_([one.id for one in rows])))  # type: ignore[call-overload,unused-ignore]


def used_elsewhere(session: Session, digests: Collection[str]) -> set[str]:
    """Of these bytes, those that an Asset, a link or another upload needs."""
    known: set[str] = set()
    for column in (Asset.sha256, Asset.source_sha256, Asset.preview, Asset.thumbnail, SharedLink.sha256, WaitingUpload.sha256):
        known |= set(session.exec(select(column).where(col(column).in_(digests))))
    return known
