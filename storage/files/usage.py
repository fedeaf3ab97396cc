"""Named queries for looking after the store: which bytes rows need, and how much room each project takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.tables import Asset, AuditEvent, Client, FoundFile, FoundState, Project, RoomMessage

_PAGE = 1_000


class Needed(NamedTuple):
    """Bytes that an Asset needs, and what for: original, preview or thumbnail."""

    digest: str
    asset: str
    what: str


class Room(NamedTuple):
    """How many Assets a Project has, and how many bytes their originals are."""

    project: str
    client: str
    assets: int
    size: int


def needed(session: Session) -> Iterator[Needed]:
    """Everything Assets need, by Asset; not the originals of files that were found and are not finished yet."""
    last = 0
    while True:
        page = session.exec(select(Asset).where(col(Asset.id) > last).order_by(col(Asset.id)).limit(_PAGE)).all()
        if not page:
            return
        elsewhere = _elsewhere(session, page[0].id, page[-1].id)
        for asset in page:
            for what, digest in (("original", asset.sha256), ("preview", asset.preview), ("thumbnail", asset.thumbnail)):
                if digest and not (what == "original" and asset.id in elsewhere):
                    yield Needed(digest, asset.code, what)
        last = page[-1].id
        session.expunge_all()


def _elsewhere(session: Session, first: int, last: int) -> set[int]:
    """Assets whose bytes lie where they were found."""
    number = col(FoundFile.asset_id)
    asked = select(FoundFile.asset_id).where(FoundFile.state != FoundState.DONE, number >= first, number <= last)
    finished = select(FoundFile.asset_id).where(FoundFile.state == FoundState.DONE, number >= first, number <= last)
    return {one for one in session.exec(asked) if one} - {one for one in session.exec(finished) if one}


def room_by_project(session: Session) -> list[Room]:
    """Each Project with Assets, the largest first."""
    size = func.sum(Asset.size)
    asked = (
        select(Project.slug, Client.name, func.count(col(Asset.id)), size)
        .join(Project, col(Project.id) == col(Asset.project_id))
        .join(Client, col(Client.id) == col(Project.client_id))
        .group_by(Project.slug, Client.name)
        .order_by(size.desc(), Project.slug)
    )
    return [Room(slug, client, count, int(total or 0)) for slug, client, count, total in session.exec(asked)]


def other_digests(session: Session) -> set[str]:
    """Bytes that rows need beside an Asset's own: as they came, before a seal was added; manifests; what came with messages."""
    known = set(session.exec(select(Asset.source_sha256)))
    for seal in session.exec(select(Asset.seal).where(Asset.seal_state != "")):
        known.add(str((seal or {}).get("manifest", "")))
    for before in session.exec(select(AuditEvent.before).where(AuditEvent.action == "asset:sealed")):
        known.add(str((before or {}).get("sha256", "")))
    for files in session.exec(select(RoomMessage.attachments)):
        known |= {str(one.get("sha256", "")) for one in files or ()}
    return known
