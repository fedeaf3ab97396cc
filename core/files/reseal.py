"""Seals what is not sealed yet, and once more what soon turns invalid.

Not sealed are files made while there was no key; of others the time stamp is still due. A file without a time stamp turns invalid
the day its certificate runs out, and no new certificate helps it: it is renewed before, on demand, for that writes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from core import files
from core.desk import Desk
from core.errors import BlobMissing, Conflict, SlateError, StoreError
from core.events import Event, record
from core.events.actions import Action
from core.files import previews, sign, stored
from core.provenance.seal import signer
from core.provenance.seal.keys import WARN_DAYS
from core.provenance.seal.names import SEALABLE
from core.provenance.seal.sign import SEALED, UNSEALED, UNSTAMPED, Sealed
from storage.clock import now
from storage.files import assets
from storage.tables import Asset, Member, Origin

log = structlog.get_logger(__name__)


def due(desk: Desk, limit: int = 50, *, after: int = 0) -> Sequence[Asset]:
    """Outputs that wait for a seal or for a time stamp, oldest first; kinds of files that take no seal do not wait for one."""
    with desk.reading() as session:
        return assets.to_seal(session, {UNSEALED, UNSTAMPED}, SEALABLE, limit, after=after)


def ending(desk: Desk, limit: int = 50, *, after: int = 0) -> Sequence[Asset]:
    """Outputs whose seal turns invalid within six weeks, or has: they have no time stamp, and their certificate runs out."""
    moment = (now() + timedelta(days=WARN_DAYS)).astimezone(UTC).isoformat()
    with desk.reading() as session:
        return assets.seals_ending(session, moment, after=after, limit=limit)


def seal(desk: Desk, asset: Asset, *, by: Member | None = None) -> Asset:
    """The Asset with sealed bytes; its former bytes stay in the store under their digest.

    Raises Conflict for a file that cannot be sealed, with the reason; BlobMissing, StoreError, DiskFull.
    """
    data = _bytes(desk, _ours(asset))
    made = sign.output(desk, data, asset.mime, asset.statement, previews.small_for_manifest(data, desk.settings.max_pixels))
    if made.state == UNSEALED or (made.state == UNSTAMPED and asset.seal_state == UNSTAMPED):
        raise Conflict(f"{asset.code} cannot be sealed: {made.why}.", hint="`slate doctor` tells more.")
    return _kept(desk, asset, made, by)


def renew(desk: Desk, asset: Asset, *, by: Member | None = None) -> Asset:
    """The Asset with a seal that lasts longer: a time stamp where there is a service, a newer certificate where there is none.

    The former seal stays readable inside, as the parent. Where it has run out already, nothing could prove it any more: then the
    file is sealed afresh, as one that never was. Raises Conflict where nothing is gained, and what `seal` raises.
    """
    if _ours(asset).seal_state != SEALED:
        return seal(desk, asset, by=by)
    if asset.seal.get("stamped"):
        raise Conflict(f"{asset.code} has a time stamp: it outlives its certificate.", hint="There is nothing to renew.")
    held, ends = signer.hand(desk.settings).held, _end(asset)
    if ends is not None and ends < now():
        return seal(desk, asset, by=by)
    if not desk.settings.tsa_url and ends is not None and held.ends <= ends:
        hint = "Set SLATE_TSA_URL, or make a newer certificate first: `slate keys rotate`."
        raise Conflict(f"{asset.code} would be good no longer than it is, until {ends:%d %B %Y}.", hint=hint)
    made = sign.renewed(desk, _bytes(desk, asset), asset.mime, asset.statement, asset.code)
    if made.state != SEALED:
        raise Conflict(f"{asset.code} cannot be renewed now: {made.why}.", hint="Nothing was changed. Try again later.")
    return _kept(desk, asset, made, by, {"renews": asset.sha256})


def _kept(desk: Desk, asset: Asset, made: Sealed, by: Member | None, more: Mapping[str, str] | None = None) -> Asset:
    """The Asset, standing for the new bytes from now on; both files are in the store before the row says so."""
    digest, manifest = files.put_sealed(desk, made)
    try:
        preview = _preview(desk, asset, digest)
    except StoreError:
        files.take_back(desk, made, digest)
        raise
    note = {**made.facts, "manifest": manifest, **(more or {})} | ({"why": made.why} if made.why else {})
    note = {key: asset.seal[key] for key in ("unmarked", "broken", "returned") if asset.seal.get(key)} | note
    values = {"sha256": digest, "size": len(made.data), "seal_state": made.state, "seal": note, "preview": preview}
    with desk.writing() as session:
        if not assets.reseal(session, asset.id or 0, asset.sha256, values):
            raise Conflict(f"{asset.code} was sealed by somebody else meanwhile.")
        changes = {"sha256": asset.sha256, "state": asset.seal_state}, {"sha256": digest, "state": made.state, **(more or {})}
        record(session, Event(Action.ASSET_SEALED, asset.code, by=by, before=changes[0], after=changes[1], asset_id=asset.id))
        kept = assets.by_id(session, asset.id or 0)
        assert kept is not None
        session.refresh(kept)
    return kept


def _preview(desk: Desk, asset: Asset, original_sha256: str) -> str:
    """The digest of the preview that names the sealed file as its original; empty where there is none. Raises StoreError."""
    if not asset.preview:
        return ""
    try:
        picture = stored.read(desk, asset.preview)
    except BlobMissing:
        return asset.preview
    edge = max(asset.width or 0, asset.height or 0)
    return files.put(desk, sign.preview(desk, picture, asset.statement, original_sha256, edge))


def seal_due(desk: Desk, limit: int = 5) -> int:
    """Try the oldest that wait; how many were sealed."""
    return seal_some(desk, limit)[0]


def seal_some(desk: Desk, limit: int = 5, *, after: int = 0) -> tuple[int, int]:
    """Try a few that wait, from behind `after` on: (how many were sealed, where the next round goes on; 0 is from the start).

    One that cannot be sealed, whatever the reason, keeps none of the others from their turn.
    """
    count, waiting = 0, due(desk, limit, after=after)
    for asset in waiting:
        try:
            count += seal(desk, asset).seal_state == SEALED
        except SlateError as problem:
            log.debug("seal.still-due", asset=asset.code, why=problem.message)
    return count, (waiting[-1].id or 0) if len(waiting) == limit else 0


def _ours(asset: Asset) -> Asset:
    if asset.origin is not Origin.RENDER:
        raise Conflict(
            f"{asset.code} was not made here, so Slate does not sign it.", hint="Its exports are signed, with it as parent."
        )
    return asset


def _end(asset: Asset) -> datetime | None:
    """Until when the certificate it is sealed with is good; None where that was not noted."""
    try:
        return datetime.fromisoformat(str(asset.seal.get("expires") or ""))
    except ValueError:
        return None


def _bytes(desk: Desk, asset: Asset) -> bytes:
    return stored.read(desk, asset.sha256, name=asset.code)
