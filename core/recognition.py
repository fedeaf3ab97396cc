"""Recognises a picture that comes back, even when its metadata is gone, and says how sure that is and why.

Equal bytes or equal pixels are certain. Looks are at most probable: takes of one prompt differ in few bits of 256, so a
look-alike is told from its runner-up before it is named. A record in a file is a claim: it decides between equals, never alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlmodel import Session

from core import ingest
from core.desk import Desk
from core.ingest import Examined
from core.provenance import embed
from storage import assets, fingerprints, ids
from storage.blobs import digest_of
from storage.tables import Asset, Origin

SAME = 12
"""Up to so many of 256 bits, copies that were scaled or compressed; measured, with 3 % of other takes of the same prompt."""
ALIKE = 40
"""Up to so many bits, copies that were cropped, tilted or written on, and a quarter of the other takes of the same prompt."""
_CLEAR_SAME = 4
_CLEAR_ALIKE = 16
_NEAR_TIE = 6


class Certainty(StrEnum):
    """How sure it is, surest first."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    SIMILAR = "similar"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Candidate:
    """An Asset that it may be, with the distance of its looks in bits of 256 (0 for equal pixels)."""

    asset: Asset
    distance: int
    mirrored: bool = False

    @property
    def code(self) -> str:
        return self.asset.code


@dataclass(frozen=True)
class Recognition:
    """What a picture was recognised as. `how` is the reason in words; `others` are the next best, nearest first."""

    certainty: Certainty
    how: str
    asset: Asset | None = None
    distance: int | None = None
    others: tuple[Candidate, ...] = ()


def recognise(desk: Desk, data: bytes, filename: str = "", *, projects: Collection[int] | None = None) -> Recognition:
    """What these bytes are, among the Assets of `projects` (None: all). Raises BadPicture, TooManyPixels, TooLong."""
    with desk.reading() as session:
        same = assets.with_bytes(session, digest_of(data), projects)
    if any(asset.origin is Origin.RENDER for asset in same):
        return _certain("the very same file", same)
    if copies := [asset for asset in same if asset.copy_of is not None and asset.origin is Origin.EXPORT]:
        return _of_a_copy(desk, copies[0])
    examined = ingest.examine(data, filename, limits=ingest.limits_of(desk.settings))
    with desk.reading() as session:
        if same:
            return _uploaded(_certain("the very same file", same), _lookalikes(session, examined, projects))
        if examined.record and (same := assets.with_bytes(session, digest_of(embed.strip(data, examined.mime)), projects)):
            return _certain("the very same file but for Slate's record", same)
        if not examined.is_picture:
            return Recognition(Certainty.UNKNOWN, "the file is new here, and only pictures are recognised by their looks")
        claimed = _claimed(session, examined, projects)
        if same := assets.with_pixels(session, examined.pixel_sha256, projects):
            return _same_pixels(same, claimed, plain=not examined.phash)
        return _alike(_lookalikes(session, examined, projects), claimed)


def _of_a_copy(desk: Desk, copied: Asset) -> Recognition:
    """A file that left this house: what it is a copy of."""
    with desk.reading() as session:
        original = assets.by_id(session, copied.copy_of or 0)
    return Recognition(Certainty.CERTAIN, f"the very copy {copied.code} that left this house", original or copied, 0)


def _certain(how: str, same: Sequence[Asset]) -> Recognition:
    first = next((asset for asset in same if asset.origin is Origin.RENDER), same[0])
    return Recognition(Certainty.CERTAIN, how, first, 0, _rest(same, first))


def _uploaded(seen: Recognition, near: Sequence[Candidate]) -> Recognition:
    """Whoever brought a copy back once has not made it: the render it was taken from is named as well."""
    earlier = [
        one for one in near if one.asset.origin is Origin.RENDER and seen.asset and (one.asset.id or 0) < (seen.asset.id or 0)
    ]
    made = _alike(earlier, None)
    if made.asset is None or made.certainty is not Certainty.PROBABLE:
        return seen
    how = f"{seen.how}, uploaded here, and most likely made from {made.asset.code} ({made.how})"
    return replace(seen, how=how, others=(*earlier, *seen.others))


def _same_pixels(same: Sequence[Asset], claimed: Asset | None, *, plain: bool) -> Recognition:
    """Several Assets may show the same pixels: one seed rendered twice gives them, and who made this file is then open."""
    rendered = [asset for asset in same if asset.origin is Origin.RENDER]
    named = next((asset for asset in same if claimed is not None and asset.id == claimed.id), None)
    first = named or (rendered or list(same))[0]
    if plain:
        return Recognition(
            Certainty.PROBABLE, "the same pixels, but so plain that it proves little", first, 0, _rest(same, first)
        )
    if named is None and len(rendered or same) > 1:
        how = f"{len(same)} assets show exactly these pixels; this is the first of them"
        return Recognition(Certainty.PROBABLE, how, first, 0, _rest(same, first))
    return Recognition(Certainty.CERTAIN, "the same pixels in another file", first, 0, _rest(same, first))


def _alike(found: Sequence[Candidate], claimed: Asset | None) -> Recognition:
    if not found:
        if claimed is None:
            return Recognition(Certainty.UNKNOWN, "nothing here looks like it")
        return Recognition(Certainty.SIMILAR, "the file carries its record, but shows another picture", claimed)
    first = next((one for one in found if _is(one, claimed) and one.distance <= found[0].distance + _NEAR_TIE), found[0])
    rest = tuple(one for one in found if one is not first)
    runner_up = next((one for one in rest if one.asset.pixel_sha256 != first.asset.pixel_sha256), None)
    certainty, how = _judged(first, runner_up, named=_is(first, claimed))
    return Recognition(certainty, how, first.asset, first.distance, rest)


def _judged(first: Candidate, runner_up: Candidate | None, *, named: bool) -> tuple[Certainty, str]:
    margin = runner_up.distance - first.distance if runner_up else ALIKE
    flipped = "a mirrored copy: " if first.mirrored else ""
    looks = f"{flipped}its looks differ in {first.distance} of 256 bits"
    if named:
        return Certainty.PROBABLE, f"{looks}, and the file carries its record; the picture was changed since"
    if first.distance <= SAME and margin >= _CLEAR_SAME:
        return Certainty.PROBABLE, f"a re-encoded copy: {looks}"
    if first.distance <= ALIKE and margin >= _CLEAR_ALIKE:
        return Certainty.PROBABLE, f"a changed copy: {looks}, and nothing else comes near"
    if runner_up is not None:
        return Certainty.SIMILAR, f"{looks}, and {runner_up.code} is nearly as close ({runner_up.distance})"
    return Certainty.SIMILAR, looks


def _lookalikes(session: Session, examined: Examined, projects: Collection[int] | None) -> list[Candidate]:
    if not examined.phash:
        return []
    near = fingerprints.near(session, examined.phash, mirrored=examined.phash_mirrored, within=ALIKE, projects=projects, limit=12)
    known = assets.many(session, [one.asset_id for one in near])
    return [Candidate(known[one.asset_id], one.distance, one.mirrored) for one in near if one.asset_id in known]


def _claimed(session: Session, examined: Examined, projects: Collection[int] | None) -> Asset | None:
    """The Asset that the file's record names, if there is one that may be seen."""
    stated = (examined.record or {}).get("statement", {})
    render, output = ids.number("R", str(stated.get("render", ""))), stated.get("output")
    if render is None or render >= 2**31 or not isinstance(output, int) or not 0 <= output < 2**31:
        return None
    asset = assets.output(session, render, output)
    return asset if asset is not None and (projects is None or asset.project_id in projects) else None


def _is(candidate: Candidate, claimed: Asset | None) -> bool:
    return claimed is not None and candidate.asset.id == claimed.id


def _rest(same: Sequence[Asset], first: Asset) -> tuple[Candidate, ...]:
    return tuple(Candidate(asset, 0) for asset in same if asset.id != first.id)
