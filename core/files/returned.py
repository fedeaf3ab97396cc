"""Tells an output that a server only gave back: an input of the render, or another file that was brought here, unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.desk import Desk
from core.files.inspect import Examined
from core.provenance import origins
from core.provenance.disclosure import RETURNED, Disclosure, SourceType, known, says_ai
from core.provenance.statement import Made
from storage.files import assets
from storage.tables import Asset, Origin


@dataclass(frozen=True)
class GivenBack:
    """What an output is the same as. `input` is the name it went in under; empty for a file that was no input of the render."""

    code: str
    made_here: bool
    input: str = ""
    sha256: str = ""
    source_type: str = ""

    @property
    def words(self) -> str:
        """What people are told. A file that was no input may be of another client, so it is not named."""
        if self.made_here:
            return f"The server gave the input {self.code} back unchanged."
        what = f"the input {self.code} back unchanged" if self.input else "back a file that was brought here before"
        return f"The server gave {what}, so nothing is claimed about its making."

    @property
    def carried(self) -> dict[str, str]:
        """That AI had a part in it, where that is known of what it is the same as."""
        told_by = f"what is known here of {self.code}" if self.input else "what is known here of the same file"
        return {"source_type": self.source_type, "told_by": told_by} if says_ai(self.source_type) else {}


def find(desk: Desk, made: Made, came: Examined, pixels: str) -> GivenBack | None:
    """What an output is the same as by its bytes or by its pixels; None for one that is new, or that a run made before.

    `pixels` is their digest before anything was marked. Of what moves only the bytes count: its first frame may well be an input.
    """
    still = pixels if came.frames == 1 else ""
    with desk.reading() as session:
        return _input(session, made, came.sha256, still) or _other(session, came, still)


def stated(statement: Mapping[str, Any], was: GivenBack) -> dict[str, Any]:
    """The statement about an input made here that came back: it is what it was, whatever the graph would have made of it."""
    kind = known(was.source_type) or SourceType.ENHANCED
    parents = [dict(one) | ({"made_here": True} if one.get("input") == was.input else {}) for one in statement["parents"]]
    disclosure = Disclosure("altered", kind, was.input, RETURNED).as_json()
    return {**statement, "parents": parents, "disclosure": disclosure}


def _input(session: Session, made: Made, sha256: str, pixels: str) -> GivenBack | None:
    """The input it is the same as; one that was made here before one that was not."""
    found = []
    for parent in made.parents:
        asset = assets.by_code(session, str(parent.get("asset") or ""))
        if asset is not None and _same(asset, sha256, pixels):
            kind = next(filter(says_ai, (str(parent.get("source_type") or ""), origins.source_type(asset))), "")
            kind = kind or origins.source_type(asset)
            name = str(parent.get("input") or "")
            found.append(GivenBack(asset.code, origins.made_here(asset), name, asset.sha256, kind))
    return next((one for one in found if one.made_here), next(iter(found), None))


def _other(session: Session, came: Examined, pixels: str) -> GivenBack | None:
    """Another file that was brought here. What a run made once may be made again, and what is plain proves nothing."""
    pixels = pixels if came.phash else ""
    if assets.with_bytes(session, came.sha256, limit=1, made_here=True):
        return None
    if assets.with_pixels(session, pixels, limit=1, made_here=True):
        return None
    same = [*assets.with_bytes(session, came.sha256), *_stills(assets.with_pixels(session, pixels))]
    first = next((one for one in same if one.origin is not Origin.EXPORT), None)
    return GivenBack(first.code, False, source_type=origins.source_type(first)) if first is not None else None


def _same(asset: Asset, sha256: str, pixels: str) -> bool:
    return sha256 in (asset.sha256, asset.source_sha256) or bool(pixels and asset.frames == 1 and asset.pixel_sha256 == pixels)


def _stills(found: Iterable[Asset]) -> list[Asset]:
    return [one for one in found if one.frames == 1]
