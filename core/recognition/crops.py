"""Compares a picture with the Assets it may show: finds where they match and lays them over each other.

A `QueryPicture` is the picture as it is or mirrored, a `CropMatch` an Asset as far as the picture shows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.desk import Desk
from core.errors import BadPicture, StoreError
from core.files import previews, stored
from core.pictures import align, phash
from core.pictures.align import Overlay, Placed
from core.pictures.framed import Box, framed
from core.pictures.keypoints import EDGE, Keypoints, grey_of, keypoints
from core.recognition import films, keypoint_match
from core.recognition.films import Reel
from core.recognition.keypoint_match import Sighting
from storage.files import assets, film_frames, fingerprints
from storage.tables import Asset

Grey = NDArray[np.uint8]
Doubles = NDArray[np.float64]
_ASKED = 400
"""Keypoints of a picture that are looked up."""
_CLOSER, _ASKED_CLOSER = 1.6, 800
"""How many times closer a picture is looked at when nothing was seen in it: what it shows may be small on a page."""
_WORTH_CLOSER = 320
"""Pixels along the longer edge from which looking closer may show more."""
_ON_A_PAGE, _ON_A_PAGE_BITS = 3, 64
"""Look-alikes of a picture on a page that are laid over it there, and in how many bits they may differ."""
_SMALL = 0.45
"""How much of the picture's longer edge an Asset spans, below which that part of the picture is looked at by itself."""
_MARGIN = 0.2
_ZOOMED = 384
_SETTLED = 5
"""Votes from which the place of a sighting is tried as it is, before anything is looked at closely."""
_RIVALS, _RIVAL_BITS = 4, 64
"""What looks like the best, within so many bits, is laid over at the same place: a part they share must not name one."""
_PLAIN_WINS = 0.25
"""How much better one must fit in a window to win it."""
_LEAST_WON = 3
_OVERLAP = 0.1
"""How much of the smaller one two that are seen apart may share."""
_ENOUGH, _STRUCTURE = 0.8, 24
_CLOSE, _CLOSE_IN_PART, _SURE = 0.6, 0.35, 15
"""How much of the structure agrees closely in a copy that was written over; less is enough where keypoints say the same."""
_LARGEST_EDGE = 1280


@dataclass(frozen=True)
class CropMatch:
    """An Asset and how it lies over a picture."""

    asset: Asset
    overlay: Overlay
    placed: Placed
    mirrored: bool = False

    fills: float = 1.0
    """How much of the picture it takes, from 0 to 1."""
    second: float | None = None
    """When a film shows it; None for what is no film."""

    @property
    def inliers(self) -> int:
        return self.placed.inliers


@dataclass
class QueryPicture:
    """A picture that is asked about, grey, as it is or mirrored."""

    grey: Grey
    is_mirrored: bool = False
    _keypoints: Keypoints | None = field(default=None, repr=False)

    @classmethod
    def at(cls, image: Image.Image) -> QueryPicture:
        if max(image.size) > _LARGEST_EDGE:
            factor = _LARGEST_EDGE / max(image.size)
            size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
            image = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
        return cls(grey_of(image))

    @cached_property
    def keypoints(self) -> Keypoints:
        return self._keypoints if self._keypoints is not None else keypoints(self.grey, _ASKED)

    @cached_property
    def mirror(self) -> QueryPicture:
        return QueryPicture(np.ascontiguousarray(self.grey[:, ::-1]), not self.is_mirrored, self.keypoints.mirrored())

    @cached_property
    def closer(self) -> QueryPicture:
        return QueryPicture(self.grey, self.is_mirrored, keypoints(self.grey, _ASKED_CLOSER, edge=round(EDGE * _CLOSER)))

    @property
    def worth_closer(self) -> bool:
        return bool(max(self.grey.shape) > _WORTH_CLOSER)


@dataclass
class Stills:
    """The small pictures of Assets, each read once; of films, the picture that is shown at a second."""

    desk: Desk
    _grey: dict[tuple[int, float | None], Grey | None] = field(default_factory=dict)
    _small: dict[int, Grey | None] = field(default_factory=dict)
    reel: Reel = field(init=False)

    def __post_init__(self) -> None:
        self.reel = Reel(self.desk)

    def large(self, asset: Asset, second: float | None = None) -> Grey | None:
        if (asset.id, second) not in self._grey:
            still = still_of(self.desk, asset, large=True) if second is None else self.reel.picture(asset, second)
            self._grey[asset.id, second] = grey_of(still) if still is not None else None
        return self._grey[asset.id, second]

    def small(self, asset: Asset, second: float | None = None) -> Grey | None:
        if second is not None:
            return self.large(asset, second)
        if asset.id not in self._small:
            still = still_of(self.desk, asset)
            self._small[asset.id] = grey_of(still) if still is not None else None
        return self._small[asset.id]


def still_of(desk: Desk, asset: Asset, *, large: bool = False) -> Image.Image | None:
    """The small picture of an Asset (the medium one if `large`), upright; None where it has none that can be read."""
    for digest in (asset.preview, asset.thumbnail) if large else (asset.thumbnail, asset.preview):
        try:
            if digest:
                return previews.still(stored.read(desk, digest), desk.settings.max_pixels)
        except (StoreError, BadPicture):
            continue
    return None


def as_a_whole(look: QueryPicture, asset: Asset, stills: Stills, second: float | None = None) -> CropMatch | None:
    """The Asset laid over the whole picture, as plain copies lie."""
    still = stills.small(asset, second)
    if still is None:
        return None
    placed = align.whole(look.grey, still)
    return _laid(look, asset, still, placed, second)


def by_keypoints(
    look: QueryPicture, asset: Asset, stills: Stills, sighting: Sighting | None = None, second: float | None = None
) -> CropMatch | None:
    """The Asset laid over the picture where their keypoints match; a sighting says where to look closely."""
    still = stills.large(asset, second)
    if still is None:
        return None
    best: CropMatch | None = None
    for placed in _places(look, still, sighting):
        shown = _laid(look, asset, still, placed, second)
        if shown is not None and (best is None or shown.overlay.close > best.overlay.close):
            best = replace(shown, placed=replace(shown.placed, inliers=max(shown.inliers, best.inliers if best else 0)))
        if best is not None and proven(best):
            break
    return best


def _laid(look: QueryPicture, asset: Asset, still: Grey, placed: Placed, second: float | None) -> CropMatch | None:
    over = align.lay_over(look.grey, still, placed)
    if over is None:
        return None
    return CropMatch(asset, over, replace(placed, matrix=over.matrix), look.is_mirrored, _fills(look.grey, over), second)


def _fills(grey: Grey, over: Overlay) -> float:
    """How much of a picture lies within the corners of what is seen in it."""
    size = (grey.shape[1] / max(grey.shape), grey.shape[0] / max(grey.shape))
    x, y = np.clip(np.array(over.seen), 0, size).T
    area = abs(float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 2
    return min(1.0, area / float(size[0] * size[1]))


def _places(look: QueryPicture, still: Grey, sighting: Sighting | None) -> Iterator[Placed]:
    if sighting is None:
        yield from align.matched(look.keypoints, keypoints(still, _ASKED))
        return
    if sighting.votes >= _SETTLED:
        yield Placed(sighting.matrix, sighting.votes)
    spans = 1 / sighting.scale
    back = np.linalg.inv(sighting.matrix).astype(np.float64)
    there = _region(still, look.grey, sighting.matrix)
    theirs = _within(still, there, min(EDGE, max(160.0, 1.3 * EDGE * spans * _share(there, still))))
    if spans > _SMALL:
        yield from align.matched(look.keypoints, theirs, sighting.matrix)
        return
    here = _region(look.grey, still, back)
    yield from align.matched(_within(look.grey, here, _ZOOMED), theirs, sighting.matrix)


def _share(box: tuple[int, int, int, int], grey: Grey) -> float:
    return max(box[2] - box[0], box[3] - box[1]) / float(max(grey.shape))


def _region(grey: Grey, other: Grey, matrix: Doubles) -> tuple[int, int, int, int]:
    """The box of a picture, in pixels, where the other one lies, with a margin around it."""
    longer = max(other.shape)
    width, height = other.shape[1] / longer, other.shape[0] / longer
    corners = np.array([(0, 0, 1), (width, 0, 1), (width, height, 1), (0, height, 1)]) @ matrix.T
    low, high = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    margin = (high - low).max() * _MARGIN
    edge, most = max(grey.shape), (grey.shape[1], grey.shape[0])
    left, top = (int(max(0, min(most[axis] - 16, (low[axis] - margin) * edge))) for axis in (0, 1))
    right, bottom = (int(min(most[axis], max(((left, top)[axis]) + 16, (high[axis] + margin) * edge))) for axis in (0, 1))
    return left, top, right, bottom


def _within(grey: Grey, box: tuple[int, int, int, int], edge: float) -> Keypoints:
    """Keypoints of a part of a picture, in places of the whole."""
    left, top, right, bottom = box
    part = np.ascontiguousarray(grey[top:bottom, left:right])
    found = keypoints(part, _ASKED, edge=round(edge))
    longer = max(grey.shape)
    factor = max(part.shape) / longer
    places = found.places * np.float32(factor) + np.array([left / longer, top / longer], dtype=np.float32)
    return Keypoints(places, found.sizes * np.float32(factor), found.angles, found.descriptors)


def seen_in(
    desk: Desk, look: QueryPicture, stills: Stills, projects: Collection[int] | None, only: Collection[str] | None = None
) -> list[CropMatch]:
    """The Assets of `projects` (None: all) that a picture shows, wholly or in part: as it is, mirrored, then looked at closer.

    `only` of these origins.
    """
    found: list[CropMatch] = []
    for turn in (look, look.mirror):
        found += _seen(desk, turn, stills, projects, only)
        if any(proven(one) for one in found):
            return found
    found += _on_a_page(desk, look, stills, projects, only)
    if look.worth_closer and not any(proven(one) for one in found):
        found += _seen(desk, look.closer, stills, projects, only)
    return found


def _on_a_page(
    desk: Desk, look: QueryPicture, stills: Stills, projects: Collection[int] | None, only: Collection[str] | None
) -> list[CropMatch]:
    """The Assets that are shown as a whole on a page, such as a chat: each picture there is looked up by its own hash."""
    found: list[CropMatch] = []
    for box in framed(look.grey):
        left, top, right, bottom = box
        part = np.ascontiguousarray(look.grey[top:bottom, left:right])
        hashed = phash.phash(Image.fromarray(part))
        if not hashed:
            continue
        with desk.reading() as session:
            near = fingerprints.near(session, hashed, within=_ON_A_PAGE_BITS, projects=projects, only=only, limit=_ON_A_PAGE)
            known = assets.many(session, [one.asset_id for one in near])
        for asset in (known[one.asset_id] for one in near if one.asset_id in known):
            still = stills.large(asset)
            shown = _laid(look, asset, still, _whole_in(look.grey, box, part, still), None) if still is not None else None
            found += [shown] if shown is not None else []
    return found


def _whole_in(page: Grey, box: Box, part: Grey, still: Grey) -> Placed:
    """The place of a whole copy that fills a box of a page."""
    longer, own = max(page.shape), max(part.shape)
    into = np.array([[longer / own, 0, -box[0] / own], [0, longer / own, -box[1] / own], [0, 0, 1]])
    return Placed(align.whole(part, still).matrix @ into, 0)


def proven(one: CropMatch) -> bool:
    """Whether a picture shows this Asset, by how well they agree and how much structure says so."""
    over = one.overlay
    if over.structure < _STRUCTURE:
        return False
    return over.agreement >= _ENOUGH or over.close >= _CLOSE or (over.close >= _CLOSE_IN_PART and one.inliers >= _SURE)


def _seen(
    desk: Desk, look: QueryPicture, stills: Stills, projects: Collection[int] | None, only: Collection[str] | None
) -> list[CropMatch]:
    with desk.reading() as session:
        seen = keypoint_match.sightings(session, look.keypoints, projects=projects, only=only)
        known = assets.many(session, [one.asset_id for one in seen])
        of_films = {one: film_frames.seconds_of(session, one) for one, asset in known.items() if films.is_film(asset)}
    found: list[CropMatch] = []
    for one in seen:
        if one.asset_id not in known or any(proven(other) and _covers(other, look, one) for other in found):
            continue
        if any(proven(other) for other in found) and one.votes < 4:
            break
        if one.asset_id in of_films and one.frame >= len(of_films[one.asset_id]):
            continue  # its pictures were noted anew a moment ago
        second = of_films[one.asset_id][one.frame] if one.asset_id in of_films else None
        shown = by_keypoints(look, known[one.asset_id], stills, one, second)
        found += [shown] if shown is not None else []
    return found


def _covers(shown: CropMatch, look: QueryPicture, sighting: Sighting) -> bool:
    """Whether a sighting lies where an Asset was found already."""
    middle = np.linalg.inv(sighting.matrix) @ (0.5, 0.5 * min(look.grey.shape) / max(look.grey.shape), 1)
    (left, top), (right, bottom) = np.min(shown.overlay.seen, axis=0), np.max(shown.overlay.seen, axis=0)
    return bool(left < middle[0] < right and top < middle[1] < bottom)


def apart(one: CropMatch, other: CropMatch) -> bool:
    """Whether two Assets are seen in different parts of a picture, as in a collage."""
    boxes = [(*np.min(shown.overlay.seen, axis=0), *np.max(shown.overlay.seen, axis=0)) for shown in (one, other)]
    (left, top, right, bottom), (x, y, far, low) = boxes
    shared = max(0.0, min(right, far) - max(left, x)) * max(0.0, min(bottom, low) - max(top, y))
    return bool(shared < _OVERLAP * min((right - left) * (bottom - top), (far - x) * (low - y)) + 1e-9)


def rivals(desk: Desk, asset: Asset, projects: Collection[int] | None) -> Sequence[tuple[Asset, float | None]]:
    """Assets that look like this one as a whole: other takes, edits and copies."""
    if not asset.phash:
        return []
    with desk.reading() as session:
        near = fingerprints.near(session, asset.phash, within=_RIVAL_BITS, projects=projects, limit=_RIVALS + 1)
        known = assets.many(session, [one.asset_id for one in near if one.asset_id != asset.id])
    return [(known[one.asset_id], None) for one in near if one.asset_id in known]


def rival_films(
    desk: Desk, shown: CropMatch, stills: Stills, projects: Collection[int] | None
) -> Sequence[tuple[Asset, float | None]]:
    """Other films that show a picture like this one of a film, each with its second."""
    still = stills.large(shown.asset, shown.second)
    look = phash.phash(Image.fromarray(still)) if still is not None else ""
    with desk.reading() as session:
        near = film_frames.near(session, look, within=_RIVAL_BITS, projects=projects, limit=3 * _RIVALS, a_film=1)
        known = assets.many(session, [one.asset_id for one in near if one.asset_id != shown.asset.id])
    return [(known[one.asset_id], one.second) for one in near if one.asset_id in known][:_RIVALS]


def in_its_place(
    look: QueryPicture, shown: CropMatch, rival: Asset, stills: Stills, second: float | None = None
) -> CropMatch | None:
    """A rival laid over the picture where another Asset lies."""
    still = stills.large(rival, second)
    if still is None:
        return None
    return _laid(look, rival, still, shown.placed, second)


def ahead(one: Overlay, other: Overlay) -> int:
    """1 where the first fits the picture plainly better than the second, -1 where worse, 0 where nothing tells them apart."""
    if one.fits.shape != other.fits.shape:
        difference = one.agreement - other.agreement
        return int(np.sign(difference)) if abs(difference) > 0.08 else 0
    gain = (np.nan_to_num(one.fits) - np.nan_to_num(other.fits))[~(np.isnan(one.fits) & np.isnan(other.fits))]
    won, lost = int((gain > _PLAIN_WINS).sum()), int((gain < -_PLAIN_WINS).sum())
    plain = max(_LEAST_WON, gain.size // 100)
    if won - lost >= plain and won > 2 * lost:
        return 1
    return -1 if lost - won >= plain and lost > 2 * won else 0
