"""Recognises a picture that comes back, even when its metadata is gone, and says how sure that is and why.

Equal bytes or equal pixels are certain. Looks are at most probable: takes of one prompt differ in few bits of 256, so the
look-alikes that the index gives are laid over the picture, one by one, before one of them is named; where they carry a mark
in their pixels, it proves which one it is. A record in a file is a
claim: it decides between equals, never alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from PIL import Image, ImageOps
from sqlmodel import Session

from core import files
from core.desk import Desk
from core.files import Examined
from core.pictures.align import lay_over
from core.provenance import embed
from core.provenance.watermark import confirm
from core.provenance.watermark.interface import PROVES
from core.recognition import crops
from core.recognition.crops import still_of
from storage import ids
from storage.blobs import digest_of
from storage.files import assets, fingerprints
from storage.files.fingerprints import BITS
from storage.tables import Asset, Origin

SAME = 12
"""Up to so many of 256 bits, copies that were scaled or compressed; measured, with 3 % of other takes of the same prompt."""
ALIKE = 40
"""Up to so many bits, copies that were cropped, tilted or written on, and a quarter of the other takes of the same prompt."""
_CLEAR_SAME = 4
_CLEAR_ALIKE = 16
_NEAR_TIE = 6
WIDE = 64
"""Up to so many bits the index is asked; beyond ALIKE only what agrees when it is laid over counts."""
AGREES = 0.75
"""Laid over each other, copies agree at least so well (measured: 0.78 with a text bar, 0.89 with a quarter cropped away)."""
_SEEN_IN = 0.45
"""Screenshots and tilted copies agree so well; other takes of the same prompt less, other pictures at most 0.25."""
_CLEARLY = 0.08
_LAID = 6
"""Candidates that are laid over; each takes about a tenth of a second."""
_PLACED = 3
"""Candidates whose mark is looked for in a crop; each takes about a second."""


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
    agreement: float | None = None
    """How well the two agree where they overlap, from 0 to 1; None where they were not laid over each other."""

    mark_bits: int | None = None
    """In how many of 64 bits its mark was read in the picture; None where it has none or none could be read."""
    shown: float | None = None
    """How much of it the picture shows, where it was found by a part: from 0 to 1."""

    @property
    def proved(self) -> bool:
        """Whether the mark in the picture is that of this Asset and no other."""
        return (self.mark_bits or 0) >= PROVES

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
    mark_bits: int | None = None
    """In how many of 64 bits the picture carries the mark of `asset`, where that proves which take it comes from."""


def recognise(
    desk: Desk, data: bytes, filename: str = "", *, projects: Collection[int] | None = None, made_here: bool = False
) -> Recognition:
    """What these bytes are, among the Assets of `projects` (None: all). Raises BadPicture, TooManyPixels, TooLong.

    With `made_here` only what the desk made counts, and copies of that: nothing that was brought here.
    """
    count = _made_here if made_here else list
    with desk.reading() as session:
        same = count(assets.with_bytes(session, digest_of(data), projects))
    if any(asset.origin is Origin.RENDER for asset in same):
        return _certain("the very same file", same)
    if copies := [asset for asset in same if asset.copy_of is not None and asset.origin is Origin.EXPORT]:
        return _of_a_copy(desk, copies[0])
    examined, image = files.look(data, filename, files.limits_of(desk.settings))
    with desk.reading() as session:
        if same:
            near = [one for one in _lookalikes(session, examined, projects) if one.distance <= ALIKE]
            return _uploaded(_certain("the very same file", same), near)
        if examined.record and (same := count(assets.with_bytes(session, digest_of(embed.strip(data, examined.mime)), projects))):
            return _certain("the very same file but for Slate's record", same)
        if not examined.is_picture:
            return Recognition(Certainty.UNKNOWN, "the file is new here, and only pictures are recognised by their looks")
        claimed = _claimed(session, examined, projects)
        if same := count(assets.with_pixels(session, examined.pixel_sha256, projects)):
            return _same_pixels(same, claimed, plain=not examined.phash)
        near = _lookalikes(session, examined, projects)

    def wanted(found: list[Candidate]) -> list[Candidate]:
        return [one for one in found if one.asset.origin is Origin.RENDER] if made_here else found

    if image is None:
        return _alike(wanted(near), claimed)
    laid = _laid_over(desk, image, wanted(near))
    found = laid if _settled(laid) else wanted(_with_parts(desk, image, laid, projects))
    return _alike(_marked(desk, image, found), claimed)


def _made_here(found: Sequence[Asset]) -> list[Asset]:
    return [one for one in found if one.origin is Origin.RENDER or one.copy_of is not None]


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
    first = next((one for one in found if one.proved), first)
    rest = tuple(one for one in found if one is not first)
    if first.proved:
        how = (
            f"its watermark is that of {first.code} in {first.mark_bits} of 64 bits; its looks differ in {first.distance} of 256"
        )
        return Recognition(Certainty.PROBABLE, how, first.asset, first.distance, rest, first.mark_bits)
    runner_up = next((one for one in rest if one.asset.pixel_sha256 != first.asset.pixel_sha256), None)
    certainty, how = _judged(first, runner_up, named=_is(first, claimed))
    return Recognition(certainty, how, first.asset, first.distance, rest)


def _judged(first: Candidate, runner_up: Candidate | None, *, named: bool) -> tuple[Certainty, str]:
    margin = runner_up.distance - first.distance if runner_up else ALIKE
    if first.agreement is not None:
        return _judged_by_overlay(first, first.agreement, runner_up, named=named)
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


def _judged_by_overlay(first: Candidate, agreement: float, runner_up: Candidate | None, *, named: bool) -> tuple[Certainty, str]:
    """What it means how well a picture agrees with the one it may be, and with the next one."""
    flipped = "mirrored and " if first.mirrored else ""
    looks = f"{flipped}laid over it, it agrees to {agreement:.0%}, and its looks differ in {first.distance} of 256 bits"
    if first.shown is not None:
        looks = f"{flipped}it shows {first.shown:.0%} of it, and agrees there to {agreement:.0%}"
    if named:
        return Certainty.PROBABLE, f"{looks}, and the file carries its record; the picture was changed since"
    other = runner_up.agreement if runner_up is not None and runner_up.agreement is not None else 0.0
    if agreement >= AGREES and agreement - other >= _CLEARLY:
        return Certainty.PROBABLE, looks
    if agreement >= AGREES and runner_up is not None:
        if runner_up.distance - first.distance >= _CLEAR_SAME and first.distance <= SAME:
            return Certainty.PROBABLE, f"a re-encoded copy: {looks}"
        return Certainty.SIMILAR, f"{looks}; {runner_up.code} agrees nearly as well ({other:.0%})"
    if agreement >= _SEEN_IN:
        return Certainty.SIMILAR, f"{looks}: perhaps a tilted or framed copy"
    return Certainty.SIMILAR, f"{looks}: perhaps another take"


def _laid_over(desk: Desk, image: Image.Image, near: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with how well they agree, best first; what is far off and does not agree is none."""
    told = []
    for at, one in enumerate(near):
        still = still_of(desk, one.asset) if at < _LAID else None
        if still is None:
            told.append(one)
            continue
        over = lay_over(_facing(image, one), still)
        told.append(replace(one, agreement=over.agreement))
    kept = [one for one in told if one.distance <= ALIKE or (one.agreement or 0) >= _SEEN_IN]
    return sorted(kept, key=_by_agreement)


def _settled(laid: Sequence[Candidate]) -> bool:
    """Whether a whole copy was found, so that nobody need look for parts."""
    return bool(laid) and laid[0].distance <= SAME and (laid[0].agreement or 0) >= AGREES


def _with_parts(desk: Desk, image: Image.Image, laid: Sequence[Candidate], projects: Collection[int] | None) -> list[Candidate]:
    """The candidates, and those of which a part is seen."""
    best = {one.asset.id: one for one in laid}
    for part in crops.seen_in(desk, image, projects, least=_SEEN_IN, enough=AGREES):
        other = best.get(part.asset.id)
        if other is None or part.agreement > (other.agreement or 0):
            best[part.asset.id] = Candidate(part.asset, BITS, part.mirrored, part.agreement, shown=part.shown)
    return sorted(best.values(), key=_by_agreement)


def _by_agreement(one: Candidate) -> tuple[float, int, int]:
    return -round(one.agreement or 0, 2), one.distance, one.asset.id


def _marked(desk: Desk, image: Image.Image, near: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with what their marks say: read as the picture is, and only where none is found, laid over each original."""
    told = [replace(one, mark_bits=confirm.agreement(desk.settings, _facing(image, one), one.asset.statement)) for one in near]
    for at, one in enumerate(told[:_PLACED]):
        if any(other.proved for other in told):
            break
        still = still_of(desk, one.asset, large=True) if one.mark_bits is not None and one.agreement is not None else None
        if still is not None:
            bits = confirm.agreement_in_place(desk.settings, _facing(image, one), still, one.asset.statement)
            told[at] = replace(one, mark_bits=max(one.mark_bits or 0, bits or 0))
    return told


def _facing(image: Image.Image, one: Candidate) -> Image.Image:
    return ImageOps.mirror(image) if one.mirrored else image


def _lookalikes(session: Session, examined: Examined, projects: Collection[int] | None) -> list[Candidate]:
    if not examined.phash:
        return []
    near = fingerprints.near(session, examined.phash, mirrored=examined.phash_mirrored, within=WIDE, projects=projects, limit=12)
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
