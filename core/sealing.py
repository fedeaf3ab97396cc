"""Seals what is not sealed yet: files made while there was no key, and those whose time stamp is still due."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from core import audit
from core.desk import Desk
from core.errors import BlobMissing, Conflict, StoreError
from core.ingest import sealed as seals
from core.provenance.seal.sealing import SEALED, UNSEALED, UNSTAMPED
from storage import assets
from storage.blobs import BlobError, BlobNotFound
from storage.tables import Asset, Member, Origin

log = structlog.get_logger(__name__)


def due(desk: Desk, limit: int = 50) -> Sequence[Asset]:
    """Outputs that wait for a seal or for a time stamp, oldest first."""
    with desk.reading() as session:
        return assets.to_seal(session, {UNSEALED, UNSTAMPED}, limit)


def seal(desk: Desk, asset: Asset, *, by: Member | None = None) -> Asset:
    """The Asset with sealed bytes; its former bytes stay in the store under their digest.

    Raises Conflict for a file that cannot be sealed, with the reason; BlobMissing, StoreError.
    """
    if asset.origin is not Origin.RENDER:
        raise Conflict(
            f"{asset.code} was not made here, so Slate does not sign it.", hint="Its exports are signed, with it as parent."
        )
    data = _bytes(desk, asset)
    thumbnail = seals.small(data, desk.settings.max_pixels)
    made = seals.output(desk, data, asset.mime, asset.statement, thumbnail)
    if made.state == UNSEALED or (made.state == UNSTAMPED and asset.seal_state == UNSTAMPED):
        raise Conflict(f"{asset.code} cannot be sealed: {made.why}.", hint="`slate doctor` tells more.")
    try:
        digest, manifest = desk.blobs.put(made.data), desk.blobs.put(made.manifest)
        preview = _preview(desk, asset, digest)
    except BlobError as problem:
        raise StoreError("The sealed file could not be stored.", hint="Try again in a moment.") from problem
    note = {**made.facts, "manifest": manifest} | ({"why": made.why} if made.why else {})
    note |= {"unmarked": asset.seal["unmarked"]} if asset.seal.get("unmarked") else {}
    values = {"sha256": digest, "size": len(made.data), "seal_state": made.state, "seal": note, "preview": preview}
    with desk.writing() as session:
        if not assets.reseal(session, asset.id or 0, asset.sha256, values):
            raise Conflict(f"{asset.code} was sealed by somebody else meanwhile.")
        changes = {"sha256": asset.sha256, "state": asset.seal_state}, {"sha256": digest, "state": made.state}
        audit.record(session, audit.Action.ASSET_SEALED, asset.code, actor=by, before=changes[0], after=changes[1])
        kept = assets.by_id(session, asset.id or 0)
        assert kept is not None
        session.refresh(kept)
    return kept


def _preview(desk: Desk, asset: Asset, original_sha256: str) -> str:
    """The digest of the preview that names the sealed file as its original; empty where there is none. Raises BlobError."""
    if not asset.preview:
        return ""
    try:
        picture = desk.blobs.get(asset.preview)
    except BlobNotFound:
        return asset.preview
    edge = max(asset.width or 0, asset.height or 0)
    return desk.blobs.put(seals.preview(desk, picture, asset.statement, original_sha256, edge))


def seal_due(desk: Desk, limit: int = 5) -> int:
    """Try a few that wait; how many were sealed. One that still cannot be is left for the next round."""
    count = 0
    for asset in due(desk, limit):
        try:
            count += seal(desk, asset).seal_state == SEALED
        except (Conflict, BlobMissing, StoreError) as problem:
            log.debug("seal.still-due", asset=asset.code, why=problem.message)
    return count


def _bytes(desk: Desk, asset: Asset) -> bytes:
    try:
        return desk.blobs.get(asset.sha256)
    except BlobNotFound as problem:
        raise BlobMissing(hint="Restore the store from a backup.", sha256=asset.sha256) from problem
    except BlobError as problem:
        raise StoreError("The file store does not answer.", hint="Try again in a moment.") from problem
