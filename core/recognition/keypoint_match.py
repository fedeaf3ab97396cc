"""Finds Assets of which a picture shows a part, or which stand somewhere in it: crops, screenshots of a page, collages.

The landmarks of the picture are looked up among those of all Assets. Where one Asset is truly seen, many of its landmarks come
at one scale and one place; those by chance come anywhere. What is found so is a candidate: laying over decides.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import structlog
from PIL import Image
from sqlmodel import Session

from core.desk import Desk
from core.errors import BadPicture
from core.files import previews
from core.pictures.keypoints import EDGE, Landmark, landmarks
from storage.blobs import BlobError
from storage.files import keypoints as index
from storage.files.keypoints import Noted
from storage.tables import Asset

log = structlog.get_logger(__name__)

FINDER = 1
"""Grows when landmarks are found otherwise, so that all are noted anew."""
ASKED = 150
CLOSER = 2
"""How many times closer a picture is looked at when nothing was seen in it: what it shows may be small on a page."""
_LEAST_VOTES = 2
_COMPARED = 90
"""Shared landmarks of one Asset that are compared; more tell nothing new."""
_APART, _TURNED, _GROWN, _MISSED = 0.03, 0.15, 0.6, 0.015
"""Two landmarks settle a scale if they are so far apart, hardly turned, and as much larger as they are further apart (in
octaves); others agree if they miss their place by no more than this. All but the octaves are parts of the longer edge."""
_LOOKED_INTO = 200
"""Assets that share most landmarks; only of those the places are compared."""
TOGETHER = 200
"""Assets looked at in one job; each takes some thirty milliseconds."""
_NARROWEST = 24
"""Pixels of what both show, below which nothing can be told."""
_PAGE = 50
_PART, _LOG = 1023, 64
_OFFSET = 12

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Sighting:
    """An Asset that may be seen: how many landmarks say so, and how its places come from the picture's (both in longer edges)."""

    asset_id: int
    votes: int
    scale: float
    right: float
    down: float

    def shared(self, picture: Image.Image, still: Image.Image) -> tuple[Box, Box] | None:
        """The part that both show, as boxes in pixels of the one and of the other; None where it is next to nothing."""
        edge, other = max(picture.size), max(still.size)
        left, right = _overlap(picture.width / edge, still.width / other, self.scale, self.right)
        top, bottom = _overlap(picture.height / edge, still.height / other, self.scale, self.down)
        there = (left * other, top * other, right * other, bottom * other)
        back = edge / self.scale
        here = ((left - self.right) * back, (top - self.down) * back, (right - self.right) * back, (bottom - self.down) * back)
        smallest = min(side for box in (here, there) for side in (box[2] - box[0], box[3] - box[1]))
        return (here, there) if smallest >= _NARROWEST else None


def _overlap(picture: float, still: float, scale: float, moved: float) -> tuple[float, float]:
    """From where to where both reach along one side, in longer edges of the still."""
    return max(0.0, moved), min(still, picture * scale + moved)


def note(desk: Desk, *, limit: int = 2**31) -> int:
    """Note the landmarks of Assets that have none noted yet; returns how many Assets were looked at."""
    done = 0
    while done < limit:
        with desk.reading() as session:
            waiting = index.unseen(session, FINDER, limit=min(_PAGE, limit - done))
        if not waiting:
            break
        found = {asset.id: places(_of(desk, asset)) for asset in waiting}
        with desk.writing() as session:
            index.note(session, found, FINDER)
        done += len(found)
    return done


def left(desk: Desk) -> bool:
    """Whether an Asset's landmarks are still to be noted."""
    with desk.reading() as session:
        return bool(index.unseen(session, FINDER, limit=1))


def sightings(
    session: Session, image: Image.Image, *, closer: bool = False, projects: Collection[int] | None = None, limit: int = 6
) -> list[Sighting]:
    """The Assets of `projects` (None: all) that are most likely seen in a picture, likeliest first."""
    times = CLOSER if closer else 1
    asked = landmarks(image, ASKED * times, edge=EDGE * times)
    spots: dict[int, list[int]] = defaultdict(list)
    for at, one in enumerate(asked):
        for word in one.likely:
            spots[word].append(at)
    pairs = defaultdict[int, list[tuple[int, Noted]]](list)
    for noted in index.sharing(session, spots):
        pairs[noted.asset_id] += [(at, noted) for at in spots[noted.word]]
    visible = index.visible(session, pairs, projects)
    often = sorted(visible, key=lambda one: -len({at for at, _ in pairs[one]}))[:_LOOKED_INTO]
    found = [seen for one in often if len(pairs[one]) > 1 and (seen := _placed(one, asked, pairs[one])) is not None]
    return sorted(found, key=lambda one: (-one.votes, one.asset_id))[:limit]


def _of(desk: Desk, asset: Asset) -> list[Landmark]:
    """The landmarks of an Asset that is recognised by its looks, from its preview; others have none."""
    if not asset.phash:
        return []
    for digest in filter(None, (asset.preview, asset.thumbnail)):
        try:
            return landmarks(previews.still(desk.blobs.get(digest), desk.settings.max_pixels))
        except (BlobError, BadPicture) as problem:
            log.warning("landmarks.unreadable", asset=asset.code, problem=str(problem)[:200])
    return []


def places(found: Iterable[Landmark]) -> list[tuple[int, int]]:
    """(word, place) as they are kept: ten bits each for the logarithm of the size, down and right."""
    return [(one.word, _scaled(one.size) << 20 | round(one.y * _PART) << 10 | round(one.x * _PART)) for one in found]


def _scaled(size: float) -> int:
    return min(_PART, max(0, round((math.log2(size) + _OFFSET) * _LOG)))


def _placed(asset_id: int, asked: Sequence[Landmark], pairs: Sequence[tuple[int, Noted]]) -> Sighting | None:
    """The scale and place that most of the shared landmarks agree on: every two of them propose one, the others vote."""
    pairs = pairs[:_COMPARED]
    here = np.array([(asked[at].x, asked[at].y) for at, _ in pairs])
    there = np.array([_spot(noted.place) for _, noted in pairs])
    grown = np.array([_size_of(noted.place) / asked[at].size for at, noted in pairs])
    one, other = np.triu_indices(len(pairs), 1)
    across, along = here[other] - here[one], there[other] - there[one]
    long = np.linalg.norm(across, axis=1)
    scale = np.linalg.norm(along, axis=1) / np.maximum(long, 1e-9)
    fits = (long > _APART) & (np.linalg.norm(along - scale[:, None] * across, axis=1) < _TURNED * scale * long)
    fits &= np.abs(np.log2(np.maximum(scale, 1e-9) / grown[one])) < _GROWN
    if not fits.any():
        return None
    one, scale = one[fits], scale[fits]
    moved = there[one] - scale[:, None] * here[one]
    missed = np.linalg.norm(there[None] - scale[:, None, None] * here[None] - moved[:, None], axis=2)
    agreeing = missed < _MISSED
    best = agreeing[int(agreeing.sum(axis=1).argmax())]
    votes = len({at for (at, _), agrees in zip(pairs, best, strict=True) if agrees})
    ours, theirs = here[best] - here[best].mean(axis=0), there[best] - there[best].mean(axis=0)
    fitted = float((ours * theirs).sum() / max(float((ours**2).sum()), 1e-9))
    right, down = there[best].mean(axis=0) - fitted * here[best].mean(axis=0)
    return Sighting(asset_id, votes, fitted, float(right), float(down)) if fitted > 0 and votes >= _LEAST_VOTES else None


def _spot(place: int) -> tuple[float, float]:
    return (place & _PART) / _PART, (place >> 10 & _PART) / _PART


def _size_of(place: int) -> float:
    return float(2 ** ((place >> 20) / _LOG - _OFFSET))
