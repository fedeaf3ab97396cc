"""Recognises a picture that comes back, even when its metadata is gone, and says how sure that is and why.

Equal bytes or equal pixels are certain. Looks are at most probable: takes of one prompt look alike, so whatever may be shown is
laid over the picture before it is named; a claim needs structure that agrees, and no other Asset that fits as well. A mark in the
pixels proves which one it is. A record in a file is a claim: it decides between equals, never alone.
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
from core.provenance import embed
from core.provenance.watermark import confirm
from core.recognition import candidates, clips
from core.recognition.candidates import ALIKE, Candidate, Ranking, words_of
from core.recognition.clips import Cut
from core.recognition.crops import still_of
from storage import ids
from storage.blobs import digest_of
from storage.files import assets, exports, fingerprints
from storage.tables import Asset, Origin

__all__ = ["ALIKE", "Candidate", "Certainty", "Recognition", "recognise"]

SAME = 12
"""Up to so many of 256 bits, copies that were scaled or compressed; measured, with 3 % of other takes of the same prompt."""
_CLEAR_SAME = 4
_CLEAR_ALIKE = 16
_NEAR_TIE = 6
WIDE = 64
"""Up to so many bits the index is asked; beyond ALIKE only what agrees when it is laid over counts."""
_SIMILAR = 0.45
_PLACED = 3
"""Candidates whose mark is looked for in a crop; each takes about a second."""


class Certainty(StrEnum):
    """How sure it is, surest first."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    SIMILAR = "similar"
    UNKNOWN = "unknown"


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
    seconds: tuple[float, float] | None = None
    """From which second of the film `asset` to which; the same twice for a picture out of it."""


def recognise(
    desk: Desk,
    data: bytes,
    filename: str = "",
    *,
    projects: Collection[int] | None = None,
    made_here: bool = False,
    looked: tuple[Examined, Image.Image | None] | None = None,
) -> Recognition:
    """What these bytes are, among the Assets of `projects` (None: all). Raises BadPicture, TooManyPixels, TooLong.

    With `made_here` only what the desk made counts, and copies of that: nothing that was brought here. `looked` is what
    `files.look` gave, where the caller has looked already.
    """
    count = _made_here if made_here else _all
    only = {Origin.RENDER} if made_here else None
    with desk.reading() as session:
        same = count(session, assets.with_bytes(session, digest_of(data), projects, made_here=made_here))
        restored = [one for one in same if was_restored_in(session, one)]
        back = _of_a_restored(session, restored[0]) if restored and len(restored) == len(same) else None
    if back is not None:
        return back
    if any(asset.origin is Origin.RENDER for asset in same):
        return _certain("the very same file", same)
    if copies := [asset for asset in same if asset.copy_of is not None and asset.origin is Origin.EXPORT]:
        return _of_a_copy(desk, copies[0])
    examined, image = looked or files.look(data, filename, files.limits_of(desk.settings))
    with desk.reading() as session:
        if same:
            near = [one for one in _lookalikes(session, examined, projects, only) if one.distance <= ALIKE and one.second is None]
            return _uploaded(_certain("the very same file", same), near)
        bare = digest_of(embed.strip(data, examined.mime)) if examined.record else ""
        if bare and (same := count(session, assets.with_bytes(session, bare, projects, made_here=made_here))):
            return _certain("the very same file but for Slate's record", same)
        claimed = _claimed(session, examined, projects)
        pixels = examined.pixel_sha256 if examined.is_picture else ""
        equal = count(session, assets.with_pixels(session, pixels, projects, made_here=made_here))
        if same := [one for one in equal if not was_restored_in(session, one)]:
            return _same_pixels(same, claimed, plain=not examined.phash)
        near = _lookalikes(session, examined, projects, only)
    if examined.mime.startswith("video/") or examined.frames > 1:
        return _of_a_clip(clips.recognise_clip(desk, data, examined.mime, projects, only=only), claimed)
    if not examined.is_picture:
        return Recognition(Certainty.UNKNOWN, "the file is new here, and only pictures and films are recognised by their looks")
    if image is None:
        return _alike(Ranking(tuple(near)), claimed)
    ranking = candidates.rank(desk, image, near, projects, only=only)
    return _alike(replace(ranking, found=tuple(_marked(desk, image, ranking.found))), claimed)


def _made_here(session: Session, found: Sequence[Asset]) -> list[Asset]:
    """Those that the desk made, and copies of such that left the house."""
    originals = assets.many(session, [one.copy_of for one in found if one.copy_of is not None])
    return [
        one
        for one in found
        if one.origin is Origin.RENDER
        or (one.copy_of in originals and originals[one.copy_of].origin is Origin.RENDER and not was_restored_in(session, one))
    ]


def _all(_session: Session, found: Sequence[Asset]) -> list[Asset]:
    return list(found)


def was_restored(desk: Desk, asset: Asset) -> bool:
    """Whether it is a copy that was recognised and given credentials: it is not identical to what it is a copy of."""
    with desk.reading() as session:
        return was_restored_in(session, asset)


def was_restored_in(session: Session, asset: Asset) -> bool:
    if asset.copy_of is None or asset.origin is not Origin.EXPORT:
        return False
    left = exports.of_copy(session, asset.id or 0)
    return left is not None and left.profile == exports.RESTORED


def _of_a_restored(session: Session, copied: Asset) -> Recognition:
    """A file that was recognised once, and given credentials that say so."""
    original = assets.by_id(session, copied.copy_of or 0)
    how = f"the very copy {copied.code} that was recognised before, not identical to it"
    return Recognition(Certainty.PROBABLE, how, original or copied)


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
    made = _alike(Ranking(tuple(earlier)), None)
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


def _alike(ranking: Ranking, claimed: Asset | None) -> Recognition:
    found = ranking.found
    if not found:
        if claimed is None:
            return Recognition(Certainty.UNKNOWN, "nothing here looks like it")
        return Recognition(Certainty.SIMILAR, "the file carries its record, but shows another picture", claimed)
    first = next((one for one in found if _is(one, claimed) and _as_good(one, found[0], ranking)), found[0])
    first = next((one for one in found if one.proved), first)
    rest = tuple(one for one in found if one is not first)
    if first.proved:
        how = f"its watermark is that of {first.code} in {first.mark_bits} of 64 bits; {words_of(first)}"
        return Recognition(Certainty.PROBABLE, how, first.asset, first.distance, rest, first.mark_bits)
    certainty, how = _judged(first, rest, ranking, named=_is(first, claimed))
    seconds = (first.second, first.second) if first.second is not None else None
    return Recognition(certainty, how, first.asset, first.distance, rest, seconds=seconds)


def _of_a_clip(found: Sequence[Cut], claimed: Asset | None) -> Recognition:
    """What a film was cut from: the one that most of its pictures are found in, if no other has as many."""
    if not found:
        return Recognition(Certainty.UNKNOWN, "nothing here looks like it")
    best = [one for one in found if one.seen == found[0].seen and one.asset.copy_of is None] or [found[0]]
    first = next((one for one in best if claimed is not None and one.asset.id == claimed.id), best[0])
    others = tuple(Candidate(one.asset, 0, one.mirrored, second=one.start) for one in found if one is not first)
    rival = next((one for one in best if one is not first and not candidates.of_one_file(one.asset, first.asset)), None)
    how, certainty = clips.words_of(first), Certainty.PROBABLE if first.is_most else Certainty.SIMILAR
    if rival is not None and not _named(first, claimed):
        how, certainty = f"{how}; {rival.asset.code} fits it as well", Certainty.SIMILAR
    return Recognition(certainty, how, first.asset, None, others, seconds=(first.start, first.end))


def _named(one: Cut, claimed: Asset | None) -> bool:
    return claimed is not None and one.asset.id == claimed.id


def _as_good(one: Candidate, best: Candidate, ranking: Ranking) -> bool:
    """Whether a claim may decide for one instead of the best: they look as alike, or fit the picture as well."""
    if one in (best, *ranking.ties):
        return True
    return not best.proven and one.distance <= best.distance + _NEAR_TIE


def _judged(first: Candidate, rest: Sequence[Candidate], ranking: Ranking, *, named: bool) -> tuple[Certainty, str]:
    looks = words_of(first)
    if named and (first.proven or first.distance <= ALIKE):
        return Certainty.PROBABLE, f"{looks}, and the file carries its record; the picture was changed since"
    other = next((one for one in rest if not candidates.of_one_file(one.asset, first.asset)), None)
    margin = other.distance - first.distance if other else ALIKE
    if first.proven:
        beside = "".join(f", {one.code}" for one in ranking.beside)
        looks = f"{looks}; it also shows {beside[2:]}" if beside else looks
        if not ranking.ties or (first.distance <= SAME and margin >= _CLEAR_SAME):
            return Certainty.PROBABLE, looks
        return Certainty.SIMILAR, f"{looks}; {ranking.ties[0].code} fits it as well"
    if first.seen is None:
        return _judged_by_hash(first, other, margin)
    if (first.agreement or 0) >= _SIMILAR:
        return Certainty.SIMILAR, f"{looks}: perhaps a changed copy"
    return Certainty.SIMILAR, f"{looks}: perhaps another take"


def _judged_by_hash(first: Candidate, other: Candidate | None, margin: int) -> tuple[Certainty, str]:
    """What could not be laid over, because it shows no structure or its small pictures are gone."""
    looks = words_of(first)
    if first.distance <= SAME and margin >= _CLEAR_SAME:
        return Certainty.PROBABLE, f"a re-encoded copy: {looks}"
    if first.distance <= ALIKE and margin >= _CLEAR_ALIKE:
        return Certainty.PROBABLE, f"a changed copy: {looks}, and nothing else comes near"
    if other is not None:
        return Certainty.SIMILAR, f"{looks}, and {other.code} is nearly as close"
    return Certainty.SIMILAR, looks


def _marked(desk: Desk, image: Image.Image, near: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with what their marks say: read as the picture is, and only where none is found, laid over each original."""
    told = [replace(one, mark_bits=confirm.agreement(desk.settings, _facing(image, one), one.asset.statement)) for one in near]
    for at, one in enumerate(told[:_PLACED]):
        if any(other.proved for other in told):
            break
        still = still_of(desk, one.asset, large=True) if one.mark_bits is not None and one.seen is not None else None
        if still is not None and one.seen is not None:
            matrix = one.seen.placed.matrix
            bits = confirm.agreement_in_place(desk.settings, _facing(image, one), still, matrix, one.asset.statement)
            told[at] = replace(one, mark_bits=max(one.mark_bits or 0, bits or 0))
    return told


def _facing(image: Image.Image, one: Candidate) -> Image.Image:
    return ImageOps.mirror(image) if one.mirrored else image


def _lookalikes(
    session: Session, examined: Examined, projects: Collection[int] | None, only: Collection[str] | None
) -> list[Candidate]:
    if not examined.phash:
        return []
    near = fingerprints.near(
        session, examined.phash, mirrored=examined.phash_mirrored, within=WIDE, projects=projects, only=only, limit=12
    )
    known = assets.many(session, [one.asset_id for one in near])
    found = [Candidate(known[one.asset_id], one.distance, one.mirrored) for one in near if one.asset_id in known]
    return found + candidates.in_films(session, examined.phash, examined.phash_mirrored, projects, only)


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
