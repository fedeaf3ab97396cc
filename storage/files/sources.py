"""Named queries about what an Asset was made from where no Render of ours says so: known by the digest of its bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import insert, update
from sqlmodel import Session, col, or_, select

from storage.tables import Asset, AssetSource


def add(session: Session, made_from: Mapping[int, Mapping[str, str]]) -> None:
    """Note what Assets were made from: Asset -> name -> SHA-256. Those whose bytes are an Asset already are connected."""
    rows = [
        {"asset_id": number, "name": name[:200], "sha256": digest, "source_id": None}
        for number, names in made_from.items()
        for name, digest in names.items()
    ]
    if not rows:
        return
    here = _with_bytes(session, {str(row["sha256"]) for row in rows})
    for row in rows:
        source = here.get(str(row["sha256"]))
        row["source_id"] = source if source != row["asset_id"] else None
    session.connection().execute(insert(AssetSource), rows)


def connect(session: Session, added: Sequence[Asset]) -> None:
    """Connect what was waiting for the bytes of these new Assets."""
    fresh = {digest: one.id for one in added for digest in (one.sha256, one.source_sha256)}
    asked = select(AssetSource.sha256).where(col(AssetSource.sha256).in_(sorted(fresh)), col(AssetSource.source_id).is_(None))
    for digest in set(session.exec(asked)):
        waiting = (col(AssetSource.sha256) == digest) & col(AssetSource.source_id).is_(None)
        not_itself = col(AssetSource.asset_id) != fresh[digest]
        session.connection().execute(update(AssetSource).where(waiting, not_itself).values(source_id=fresh[digest]))


def link(session: Session, asset_id: int, name: str, source: Asset) -> None:
    """Note that one Asset was made from another that is here, as `name`; said twice, it is noted once."""
    if session.get(AssetSource, (asset_id, name[:200])) is None:
        session.add(AssetSource(asset_id=asset_id, name=name[:200], sha256=source.sha256, source_id=source.id))
        session.flush()


def links(session: Session, edge: Collection[int], *, upward: bool, limit: int) -> list[tuple[int, int, str]]:
    """(source, made from it, name) one step up or down: noted sources, and copies that left the house."""
    near = AssetSource.asset_id if upward else AssetSource.source_id
    asked = select(AssetSource.source_id, AssetSource.asset_id, AssetSource.name).where(
        col(near).in_(sorted(edge)), col(AssetSource.source_id).is_not(None)
    )
    found = session.exec(asked.order_by(col(AssetSource.asset_id), AssetSource.name).limit(limit))
    made_from = [(source, made, name) for source, made, name in found if source is not None]
    near_copy = Asset.id if upward else Asset.copy_of
    copied = select(Asset.copy_of, Asset.id, Asset.origin).where(
        col(near_copy).in_(sorted(edge)), col(Asset.copy_of).is_not(None)
    )
    copies = session.exec(copied.order_by(col(Asset.id)).limit(limit))
    return [*made_from, *((source, made, str(origin)) for source, made, origin in copies if source is not None)]


def missing(session: Session, asset_id: int) -> Sequence[AssetSource]:
    """What an Asset was made from that is not here."""
    asked = select(AssetSource).where(AssetSource.asset_id == asset_id, col(AssetSource.source_id).is_(None))
    return session.exec(asked.order_by(AssetSource.name)).all()


def _with_bytes(session: Session, digests: set[str]) -> dict[str, int]:
    """Digest -> the first Asset whose bytes it is."""
    wanted = sorted(digests)
    asked = select(Asset.id, Asset.sha256, Asset.source_sha256).where(
        or_(col(Asset.sha256).in_(wanted), col(Asset.source_sha256).in_(wanted))
    )
    found: dict[str, int] = {}
    for number, stored, came in session.exec(asked.order_by(col(Asset.id).desc())):
        found |= {digest: number for digest in (stored, came) if digest in digests and number is not None}
    return found
