"""Named queries about links to files for people without an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select, update

from storage.tables import SharedLink


def add(session: Session, link: SharedLink) -> SharedLink:
    session.add(link)
    session.flush()
    return link


def by_id(session: Session, row: int) -> SharedLink | None:
    return session.get(SharedLink, row)


def listed(
    session: Session, *, member_id: int | None = None, asset_id: int | None = None, limit: int = 100
) -> Sequence[SharedLink]:
    """Links, newest first: of one who made them, to one Asset, or all."""
    wanted = select(SharedLink)
    if member_id is not None:
        wanted = wanted.where(SharedLink.member_id == member_id)
    if asset_id is not None:
        wanted = wanted.where(SharedLink.asset_id == asset_id)
    return session.exec(wanted.order_by(col(SharedLink.id).desc()).limit(limit)).all()


def good_of(session: Session, member_id: int, at: datetime) -> Sequence[SharedLink]:
    """The links of one who made them that are good still, locked until the transaction ends."""
    good = (SharedLink.member_id == member_id, col(SharedLink.revoked_at).is_(None), col(SharedLink.ends_at) > at)
    return session.exec(select(SharedLink).where(*good).order_by(col(SharedLink.id)).with_for_update()).all()


def count_use(session: Session, row: int, at: datetime) -> bool:
    """Note one more download, if the link is good for one: two that come at the same moment never get the last one both."""
    good = (col(SharedLink.id) == row, col(SharedLink.revoked_at).is_(None), col(SharedLink.ends_at) > at)
    counted = update(SharedLink).where(*good, col(SharedLink.uses) < col(SharedLink.most_uses))
    return bool(session.exec(counted.values(uses=SharedLink.uses + 1)).rowcount)  # type: ignore[call-overload,attr-defined,unused-ignore]
