"""Finds the picture made here that an upload is a copy of, however it was encoded, scaled or cropped on the way."""

from __future__ import annotations

from core.desk import Desk
from core.errors import BadInput, StoreError
from core.files import stored
from core.pictures import phash
from core.recognition import identify
from core.recognition.identify import Certainty
from storage.files import assets
from storage.tables import Asset, Origin

_GENERATIONS = 4


def copied_from(desk: Desk, brought: Asset) -> Asset | None:
    """The earlier picture made here that a picture brought here shows; None where none does, or not surely enough.

    A picture that went into a render looks like what came out of it and is no copy of that. Raises SandboxBusy.
    """
    if not brought.phash:
        return None
    try:
        seen = identify.recognise(desk, stored.read(desk, brought.sha256), brought.filename, made_here=True)
    except (BadInput, StoreError):
        return None
    if seen.asset is None or seen.certainty not in (Certainty.CERTAIN, Certainty.PROBABLE):
        return None
    with desk.reading() as session:
        found = assets.by_id(session, seen.asset.copy_of) if seen.asset.copy_of is not None else seen.asset
        if found is None or (found.id or 0) > (brought.id or 0):
            return None
        inputs = [one.parent for one in assets.ancestry(session, found.id or 0, _GENERATIONS)]
    return None if any(_nearer(brought, one, found) for one in inputs) else found


def _nearer(brought: Asset, parent: Asset, found: Asset) -> bool:
    """Whether it looks more like a picture that was brought here, too, than like what was made from that."""
    if parent.origin is Origin.RENDER or not parent.phash or not found.phash:
        return False
    return phash.distance(brought.phash, parent.phash) <= phash.distance(brought.phash, found.phash)
