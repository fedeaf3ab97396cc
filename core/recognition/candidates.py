"""Gathers the Assets that a picture may show, lays them over it, and puts the one that fits best first."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from PIL import Image
from sqlmodel import Session

from core.desk import Desk
from core.pictures import phash
from core.pictures.film_frames import ShownFrame
from core.provenance.watermark.interface import PROVES
from core.recognition import crops
from core.recognition.crops import CropMatch, QueryPicture, Stills
from core.recognition.keypoint_match import FINDER
from storage.files import assets, film_frames
from storage.files.fingerprints import BITS
from storage.tables import Asset

ALIKE = 40
"""Up to so many of 256 bits, copies that were cropped or written on, and a quarter of the other takes of the same prompt."""
_LAID = 6
"""Look-alikes that are laid over as a whole."""
_UNINDEXED = 2
"""Look-alikes whose keypoints are not noted yet that are matched one by one."""
_SIMILAR, _SIMILAR_INLIERS = 0.45, 12
"""What agrees so well, or by so many keypoints, is worth a look by a person."""
_SMALL, _MORE_INLIERS = 0.12, 20
"""Where a picture shows so little of an Asset, or shows it so small, more keypoints must agree,"""
_ALL_CLOSE, _NEARLY_ALL = 0.9, 0.8
"""or, where all of it is shown small, as much of its structure; less where some keypoints say the same."""
_WIDE = 64
"""Bits that a film's picture may differ by to be laid over at all."""
_PLAINLY_PART = 0.97
_EXACT = 0.9
"""Agreement with a picture from which no film is asked."""
_A_PICTURE_FIRST = 0.04
"""How much better a film's picture must agree than a picture, for films are made from pictures."""
_TURNED = 2.0
_AROUND, _CLOSELY, _IN_PART = 4.0, 48, 8
"""Seconds around a film's picture that are looked at for the very one, and pictures of them: by their hash, and laid over."""
_AT_ONCE = 4
"""Assets in one picture, as in a collage, that are told."""


@dataclass(frozen=True)
class Candidate:
    """An Asset that it may be, with the distance of its looks in bits of 256 (0 for equal pixels)."""

    asset: Asset
    distance: int
    mirrored: bool = False
    seen: CropMatch | None = None
    """How it lies over the picture; None where it was not laid over."""
    mark_bits: int | None = None
    """In how many of 64 bits its mark was read in the picture; None where it has none or none could be read."""
    second: float | None = None
    """When a film shows it; None for what is no film."""

    @property
    def agreement(self) -> float | None:
        """How well the two agree where they overlap, from 0 to 1; None where they were not laid over each other."""
        return self.seen.overlay.agreement if self.seen is not None else None

    @property
    def shown(self) -> float | None:
        """How much of it the picture shows, from 0 to 1; None where that is not known."""
        return self.seen.overlay.shown if self.seen is not None else None

    @property
    def proven(self) -> bool:
        """Whether enough structure agrees; a small part needs more keypoints that do."""
        if self.seen is None or not crops.proven(self.seen):
            return False
        over = self.seen.overlay
        if self.seen.inliers >= _MORE_INLIERS or min(over.shown, self.seen.fills) >= _SMALL:
            return True
        nearly = over.close >= _NEARLY_ALL and self.seen.inliers >= _SIMILAR_INLIERS
        return over.shown >= _SMALL and (over.close >= _ALL_CLOSE or nearly)

    @property
    def proved(self) -> bool:
        """Whether the mark in the picture is that of this Asset and no other."""
        return (self.mark_bits or 0) >= PROVES

    @property
    def code(self) -> str:
        return self.asset.code


@dataclass(frozen=True)
class Ranking:
    """Candidates, best first; those that fit as well in the same place, and those that are seen beside the first."""

    found: tuple[Candidate, ...] = ()
    ties: tuple[Candidate, ...] = ()
    beside: tuple[Candidate, ...] = ()


def rank(
    desk: Desk, image: Image.Image, near: Sequence[Candidate], projects: Collection[int] | None, *, only: Collection[str] | None
) -> Ranking:
    """What a picture may show, out of its look-alikes and what the index of keypoints gives; `only` of these origins."""
    look, stills = QueryPicture.at(image), Stills(desk)
    found = _wholes(look, [one for one in near if one.second is None], stills)
    if not any(one.proven and (one.agreement or 0) >= _EXACT for one in found):
        shown = [one for one in near if one.second is not None][:_LAID]
        stills.reel.prepare([(one.asset, one.second) for one in shown if one.second is not None])
        found += _wholes(look, shown, stills)
    if not any(one.proven for one in found):
        parts = crops.seen_in(desk, look, stills, projects, only)
        parts += _not_indexed(look, found, stills) if not any(crops.proven(one) for one in parts) else []
        found = _joined(found, parts)
    return _ordered(desk, look, found, stills, projects, only)


def in_films(
    session: Session, look: str, mirrored: str, projects: Collection[int] | None, only: Collection[str] | None = None
) -> list[Candidate]:
    """The pictures of films that look like this hash, or like that of the mirror image, nearest first."""
    near = film_frames.near(session, look, mirrored=mirrored, within=_WIDE, projects=projects, only=only)
    known = assets.many(session, [one.asset_id for one in near])
    return [
        Candidate(known[one.asset_id], one.distance, one.mirrored, second=one.second) for one in near if one.asset_id in known
    ]


def timed(desk: Desk, look: QueryPicture, first: Candidate, stills: Stills) -> Candidate:
    """The same, where it is a picture of a film, with the very second that it agrees with best."""
    if first.second is None or first.seen is None:
        return first
    second = first.second
    with desk.reading() as session:
        kept = film_frames.seconds_of(session, first.asset.id)
    low = max([second - _AROUND, *sorted(one for one in kept if one < second)[-2:][:1]])
    high = min([second + _AROUND, *sorted(one for one in kept if one > second)[:2][-1:]])
    frames = stills.reel.frames(first.asset, [max(0.0, low) + (high - low) * step / _CLOSELY for step in range(_CLOSELY + 1)])
    at = look.mirror if first.mirrored else look
    distance, nearest = _nearest(at, frames, second)
    if nearest is not None:
        again = crops.as_a_whole(at, first.asset, stills, nearest.second)
        seen = again if again is not None and crops.proven(again) else first.seen
        return replace(first, distance=distance, second=nearest.second, seen=seen)
    best = first.seen
    for one in frames[:: max(1, _CLOSELY // _IN_PART)]:
        part = crops.by_keypoints(at, first.asset, stills, second=one.second)
        if part is not None and crops.proven(part) and _fit(part) > _fit(best):
            best = part
    return replace(first, second=best.second, seen=best)


def _fit(part: CropMatch) -> float:
    return part.overlay.agreement * part.overlay.shown


def _nearest(at: QueryPicture, frames: Sequence[ShownFrame], second: float) -> tuple[int, ShownFrame | None]:
    """The picture that a whole copy looks like, with how many bits differ; None where it is no whole copy of any."""
    asked = phash.phash(Image.fromarray(at.grey))
    told = [(phash.distance(asked, found), abs(one.second - second), one) for one in frames if (found := phash.phash(one.image))]
    best = min(told, key=lambda one: one[:2], default=None) if asked else None
    return (best[0], best[2]) if best is not None and best[0] <= ALIKE else (BITS, None)


def _wholes(look: QueryPicture, near: Sequence[Candidate], stills: Stills) -> list[Candidate]:
    found = []
    for at, one in enumerate(near):
        turned = look.mirror if one.mirrored else look
        shown = crops.as_a_whole(turned, one.asset, stills, one.second) if at < _LAID else None
        found.append(replace(one, seen=shown))
    return found


def _not_indexed(look: QueryPicture, found: Sequence[Candidate], stills: Stills) -> list[CropMatch]:
    fresh = [one for one in found if one.second is None and one.distance <= ALIKE and one.asset.landmarks < FINDER][:_UNINDEXED]
    seen = [crops.by_keypoints(look.mirror if one.mirrored else look, one.asset, stills) for one in fresh]
    return [one for one in seen if one is not None]


def _joined(found: Sequence[Candidate], parts: Sequence[CropMatch]) -> list[Candidate]:
    best = {one.asset.id: one for one in sorted(found, key=_worth, reverse=True)}
    for part in parts:
        known = best.get(part.asset.id)
        distance = known.distance if known is not None and known.mirrored == part.mirrored else BITS
        seen = Candidate(part.asset, distance, part.mirrored, part, second=part.second)
        if known is None or (seen.proven, part.overlay.agreement) > (known.proven, known.agreement or 0):
            best[part.asset.id] = seen
    return list(best.values())


def _ordered(
    desk: Desk,
    look: QueryPicture,
    found: list[Candidate],
    stills: Stills,
    projects: Collection[int] | None,
    only: Collection[str] | None,
) -> Ranking:
    found = sorted((one for one in found if _worth_telling(one)), key=_worth)
    if not found or found[0].seen is None or not found[0].proven:
        return Ranking(tuple(found))
    first = timed(desk, look, found[0], stills)
    seen = first.seen or found[0].seen
    at = look.mirror if first.mirrored else look
    known = {one.asset.id: one for one in found}
    ties: list[Candidate] = []
    kept = found[0].seen
    films = kept.second is not None
    fitting = crops.rival_films(desk, kept, stills, projects) if films else crops.rivals(desk, first.asset, projects)
    for rival, second in fitting:
        if (only is not None and rival.origin not in only) or rival.id == first.asset.id:
            continue
        placed = crops.in_its_place(at, seen, rival, stills, second)
        if placed is None:
            continue
        other = known.get(rival.id) or Candidate(rival, BITS, first.mirrored)
        other = timed(desk, look, replace(other, seen=placed, mirrored=first.mirrored, second=second), stills)
        placed = other.seen or placed
        if _worth_telling(other):
            known[rival.id] = other
        outcome = crops.ahead(seen.overlay, placed.overlay)
        if outcome < 0 and other.proven:
            first, seen, ties = other, placed, []
        elif outcome == 0 and other.proven and not of_one_file(first.asset, rival):
            ties.append(other)
    if ties and min(one.distance for one in (first, *ties)) < first.distance:
        nearest = min(ties, key=lambda one: one.distance)
        first, ties = nearest, [first if one is nearest else one for one in ties]
    rest = sorted((one for one in known.values() if one.asset.id != first.asset.id), key=_worth)
    beside = [one for one in rest if one.proven and one.seen is not None and crops.apart(seen, one.seen)][: _AT_ONCE - 1]
    return Ranking((first, *rest), tuple(ties), tuple(beside))


def of_one_file(one: Asset, other: Asset) -> bool:
    """Whether one is a copy of the other, or both show the very same pixels."""
    equal = bool(one.pixel_sha256) and one.pixel_sha256 == other.pixel_sha256
    return equal or one.copy_of == other.id or other.copy_of == one.id


def _worth_telling(one: Candidate) -> bool:
    enough = (one.agreement or 0) >= _SIMILAR or (one.seen is not None and one.seen.inliers >= _SIMILAR_INLIERS)
    return one.distance <= ALIKE or enough or one.proven


def _worth(one: Candidate) -> tuple[bool, float, int, int]:
    fills = one.seen.fills if one.seen is not None and one.proven else 0.0
    agreement = max(0.0, (one.agreement or 0.0) - (_A_PICTURE_FIRST if one.second is not None else 0.0))
    return not one.proven, -round(agreement * (0.5 + min(fills, 0.5)), 2), one.distance, one.asset.id


def words_of(one: Candidate) -> str:
    """How a picture shows an Asset, as a person reads it: `mirrored, turned by 10°, a crop (48 % of it): 97 % match`."""
    when = [f"its picture at {clock(one.second)}"] if one.second is not None else []
    if one.seen is None:
        said = [*when, *(["mirrored"] if one.mirrored else [])]
        return f"{', '.join(said)}{': ' if said else ''}visual difference {one.distance / BITS:.0%}"
    said = [*when, *(["mirrored"] if one.mirrored else [])]
    matrix = one.seen.placed.matrix
    turn = math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
    said += [f"turned by {abs(turn):.0f}°"] if abs(turn) > _TURNED else []
    said += [f"a crop ({one.seen.overlay.shown:.0%} of it)"] if one.seen.overlay.shown < _PLAINLY_PART else []
    said += [f"in {one.seen.fills:.0%} of the picture"] if one.seen.fills < _PLAINLY_PART else []
    return f"{', '.join(said)}: {one.agreement:.0%} match" if said else f"{one.agreement:.0%} match"


def clock(seconds: float) -> str:
    """A moment of a film, as players show it: `0:02.5`, `1:02:03.0`."""
    tenths = round(seconds * 10)
    hours, minutes = tenths // 36_000, tenths // 600 % 60
    rest = f"{tenths // 10 % 60:02}.{tenths % 10}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"
