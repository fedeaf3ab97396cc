"""Tells an output that is an unchanged input of its render: the server made nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.desk import Desk
from core.files.inspect import Examined
from core.provenance import origins
from core.provenance.disclosure import RETURNED, Disclosure, SourceType, known, says_ai
from core.provenance.statement import Made
from storage.files import assets
from storage.tables import Asset


@dataclass(frozen=True)
class GivenBack:
    """The input an output is the same as; `input` is the name it went in under."""

    code: str
    made_here: bool
    input: str
    sha256: str
    source_type: str

    @property
    def words(self) -> str:
        """What people are told."""
        same = f"The server gave the input {self.code} back unchanged"
        return f"{same}." if self.made_here else f"{same}, so nothing is claimed about its making."

    @property
    def carried(self) -> dict[str, str]:
        """That AI had a part in it, where that is known of the input."""
        told_by = f"what is known here of {self.code}"
        return {"source_type": self.source_type, "told_by": told_by} if says_ai(self.source_type) else {}


def find(desk: Desk, made: Made, came: Examined, pixels: str) -> GivenBack | None:
    """The input an output is the same as by its bytes or by its pixels; None for one that is new.

    `pixels` is their digest before anything was marked. Of what moves only the bytes count: its first frame may well be an input.
    Files that were no input are not looked at: one seed makes the same picture again, also one that was imported.
    Raises DatabaseUnavailable.
    """
    if not made.parents:
        return None
    with desk.reading() as session:
        return _input(session, made, came.sha256, pixels if came.frames == 1 else "")


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


def _same(asset: Asset, sha256: str, pixels: str) -> bool:
    return sha256 in (asset.sha256, asset.source_sha256) or bool(pixels and asset.frames == 1 and asset.pixel_sha256 == pixels)
