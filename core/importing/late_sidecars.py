"""Adds texts that came later, or beside a second copy of a file, to the Asset that the file already is."""

from __future__ import annotations

from collections.abc import Iterable

from core import files
from core.desk import Desk
from core.files import reparse
from core.formats.raw_text import RawText
from core.importing import sidecars
from storage.files import assets, imports, raw_metadata
from storage.tables import Asset

_MOST = 8
"""Texts of sidecars that an Asset keeps."""


def add(desk: Desk, asset_id: int, texts: Iterable[RawText], place: str) -> bool:
    """Keep the texts of sidecars that the Asset does not have yet, and read all of its texts again; False where none is new.

    A text that was changed takes the place of the earlier one if it lies beside the file that the Asset was first found as; a
    second copy elsewhere cannot change what is known. What Slate rendered itself is left alone.
    """
    beside = [one for one in texts if sidecars.stood_beside(one)]
    if not beside:
        return False
    with desk.reading() as session:
        asset = session.get(Asset, asset_id)
        kept = [RawText(*one) for one in raw_metadata.of(session, asset_id) or ()]
        first = next(iter(imports.copies(session, asset_id)), None)
    if asset is None or asset.render_id is not None or asset.statement.get("graph"):
        return False
    changed = {one.place: one for one in beside} if first is not None and first.place == place else {}
    merged = [*(changed.get(one.place, one) if sidecars.stood_beside(one) else one for one in kept), *_new(kept, beside)]
    if [one.kept() for one in merged] == [one.kept() for one in kept]:
        return False
    seen = files.said(merged, asset.filename, asset.mime, asset.frames)
    with desk.writing() as session:
        locked = assets.lock(session, [asset_id]).get(asset_id)
        if locked is None:
            return False
        raw_metadata.replace(session, asset_id, [one.kept() for one in merged])
        reparse.write(session, locked, seen)
    return True


def _new(kept: list[RawText], beside: list[RawText]) -> list[RawText]:
    before = [one for one in kept if sidecars.stood_beside(one)]
    places = {one.place for one in before}
    return [one for one in beside if one.place not in places][: max(0, _MOST - len(before))]
