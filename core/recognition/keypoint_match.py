"""Finds Assets of which a picture shows all or a part, however turned or scaled, by the keypoints they share.

The words of the picture's keypoints are looked up among those of all Assets. Each shared keypoint proposes a scale, a turn and a
place; where an Asset is truly seen, many propose the same. What is found so is a candidate: laying over decides.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlmodel import Session

from core.desk import Desk
from core.errors import BadPicture, StoreError
from core.files import previews, stored
from core.pictures.keypoints import KEPT, Keypoints, grey_of, keypoints
from core.recognition import films
from storage.files import film_frames
from storage.files import keypoints as storage_keypoints
from storage.tables import Asset

log = structlog.get_logger(__name__)

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
FINDER = 3
"""Grows when keypoints are found otherwise, so that all are noted anew: 1 were landmarks without angles, 2 kept 80 a picture."""
TOGETHER = 200
"""Assets looked at in one job; each takes some sixty milliseconds."""
_PAGE = 50
_LEAST_VOTES = 2
_COMPARED = 120
"""Shared keypoints of one Asset that are compared; more tell nothing new."""
_LOOKED_INTO = 60
"""Assets that share most keypoints in one way; only of those the places are compared."""
_GROWN, _TURNED = 0.6, 25.0
"""Two shared keypoints agree if their scales differ by no more than this in octaves, and their turns by no more degrees,"""
_MISSED, _DRIFT = 0.02, 0.12
"""and one misses its place by no more than this in longer edges of the still, and this for each edge that they lie apart."""
_PART, _LOG, _OFFSET, _TURN = 1023, 12, 10, 127
_FRAME = 34
"""Bits of a keypoint's place, behind which stands the number of the picture within its film."""
_FRAMES = 256
"""More than a film has pictures (film_frames.MOST)."""
_OF_A_FILM = 3
"""Pictures of one film that are looked into."""
_AS_LONG = 20
"""As many pictures are noted in the time that one film takes."""


@dataclass(frozen=True)
class Sighting:
    """An Asset that may be seen: how many keypoints say so, and how its places come from the picture's (both in longer edges)."""

    asset_id: int
    votes: int
    matrix: Doubles
    """Turns, scales and moves a place of the picture to that of the still (3 × 3)."""
    frame: int = 0
    """Which of a film's pictures; 0 for what is no film."""

    @property
    def scale(self) -> float:
        """How many longer edges of the still one of the picture spans."""
        return float(math.hypot(self.matrix[0, 0], self.matrix[1, 0]))


def note(desk: Desk, *, limit: int = 2**31) -> int:
    """Note the keypoints of Assets that have none noted yet, and the pictures of films; returns how many were looked at."""
    done, spent = 0, 0
    while spent < limit:
        with desk.reading() as session:
            waiting = storage_keypoints.unseen(session, FINDER, limit=min(_PAGE, limit - spent))
        if not waiting:
            break
        spots: dict[int, list[tuple[int, int]]] = {}
        shown: dict[int, list[tuple[int, str]]] = {}
        for asset in waiting[:1] if films.is_film(waiting[0]) else [one for one in waiting if not films.is_film(one)]:
            if films.is_film(asset):
                kept = films.pictures_of(desk, asset)
                spots[asset.id] = [row for number, one in enumerate(kept) for row in rows_of(one.keypoints, number)]
                shown[asset.id] = [(one.millisecond, one.phash) for one in kept]
            else:
                spots[asset.id] = rows_of(_of(desk, asset))
        with desk.writing() as session:
            taken = storage_keypoints.note(session, spots, FINDER)
            film_frames.note(session, {one: frames for one, frames in shown.items() if one in taken})
        done, spent = done + len(spots), spent + len(spots) + _AS_LONG * len(shown)
    return done


def left(desk: Desk) -> bool:
    """Whether an Asset's keypoints are still to be noted."""
    with desk.reading() as session:
        return bool(storage_keypoints.unseen(session, FINDER, limit=1))


def sightings(
    session: Session,
    asked: Keypoints,
    *,
    projects: Collection[int] | None = None,
    only: Collection[str] | None = None,
    limit: int = 8,
) -> list[Sighting]:
    """The Assets of `projects` (None: all), `only` of these origins, that are most likely seen in a picture with these keypoints.

    Likeliest first.
    """
    if not len(asked):
        return []
    words = asked.words(likely=True)
    order = np.argsort(words, axis=None, kind="stable")
    flat, spots = words.ravel()[order], order // words.shape[1]
    rows = np.array(list(storage_keypoints.sharing(session, flat.tolist())), dtype=np.int64).reshape(-1, 3)
    if not len(rows):
        storage_keypoints.visible(session, (), projects, only)  # as for rows of others: a stranger can tell no difference
        return []
    first, last = np.searchsorted(flat, rows[:, 0]), np.searchsorted(flat, rows[:, 0], side="right")
    times = last - first
    at = spots[np.repeat(first, times) + np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)]
    pairs = _Pairs.of(asked, at, np.repeat(rows[:, 1], times), np.repeat(rows[:, 2], times))
    some = pairs.likeliest(_LOOKED_INTO * 4)
    seen = storage_keypoints.visible(session, {one // _FRAMES for one in some}, projects, only)
    wanted = [one for one in some if one // _FRAMES in seen][:_LOOKED_INTO]
    found = [one for picture in wanted if (one := pairs.placed(picture)) is not None]
    return _few_of_each(sorted(found, key=lambda one: (-one.votes, one.asset_id)))[:limit]


def _few_of_each(found: list[Sighting]) -> list[Sighting]:
    """Of the pictures of one film only the first few."""
    count: dict[int, int] = {}
    chosen = []
    for one in found:
        count[one.asset_id] = count.get(one.asset_id, 0) + 1
        chosen += [one] if count[one.asset_id] <= _OF_A_FILM else []
    return chosen


def rows_of(found: Keypoints, frame: int = 0) -> list[tuple[int, int]]:
    """(word, place) of each keypoint: the number of its picture in a film, seven bits each for its angle and the logarithm of
    its size, ten each for y and x."""
    places = (found.places * _PART).round().astype(np.int64).clip(0, _PART)
    sizes = ((np.log2(np.maximum(found.sizes, 1e-6)) + _OFFSET) * _LOG).round().astype(np.int64).clip(0, 127)
    angles = (found.angles / 360 * (_TURN + 1)).astype(np.int64).clip(0, _TURN)
    kept = frame << _FRAME | angles << 27 | sizes << 20 | places[:, 1] << 10 | places[:, 0]
    return list(zip(found.words()[:, 0].tolist(), kept.tolist(), strict=True))


def _of(desk: Desk, asset: Asset) -> Keypoints:
    """The keypoints of an Asset that is recognised by its looks, from its preview; others have none."""
    for digest in filter(None, (asset.preview, asset.thumbnail)) if asset.phash else ():
        try:
            return keypoints(grey_of(previews.still(stored.read(desk, digest), desk.settings.max_pixels)), KEPT)
        except (StoreError, BadPicture) as problem:
            log.warning("keypoints.unreadable", asset=asset.code, problem=str(problem)[:200])
    return Keypoints.none()


@dataclass(frozen=True)
class _Pairs:
    """Keypoints of the picture (`at`) beside those of Assets with the same word, with the scale and turn each pair proposes."""

    asked: Keypoints
    at: Ints
    pictures: Ints
    """The Asset of each pair, times 256, and the number of the picture in its film."""
    there: Doubles
    octaves: Doubles
    turns: Doubles

    @classmethod
    def of(cls, asked: Keypoints, at: Ints, assets: Ints, places: Ints) -> _Pairs:
        there = np.stack([places & _PART, places >> 10 & _PART], axis=1) / _PART
        sizes = (places >> 20 & 127) / _LOG - _OFFSET
        angles = ((places >> 27 & _TURN) + 0.5) * 360 / (_TURN + 1)
        return cls(
            asked,
            at,
            assets * _FRAMES + (places >> _FRAME),
            there,
            sizes - np.log2(asked.sizes[at]),
            (angles - asked.angles[at]) % 360,
        )

    def likeliest(self, most: int) -> list[int]:
        """The pictures that most keypoints say the same scale and turn of, roughly."""
        best: dict[int, int] = {}
        for shift in (0.0, 0.5):
            bins = np.floor(self.octaves + shift).astype(np.int64) + 40
            turns = np.floor(self.turns / 45 + shift).astype(np.int64) % 8
            kinds = np.unique(((self.pictures * 100 + bins) * 8 + turns) * 4096 + self.at)
            some, counts = np.unique(kinds >> 12, return_counts=True)
            for picture, count in zip((some // 800).tolist(), counts.tolist(), strict=True):
                if count >= _LEAST_VOTES and count > best.get(picture, 0):
                    best[picture] = count
        return sorted(best, key=lambda one: (-best[one], one))[:most]

    def placed(self, picture: int) -> Sighting | None:
        """The scale, turn and place that most of the shared keypoints agree on."""
        mine = np.flatnonzero(self.pictures == picture)[:_COMPARED]
        here, there = self.asked.places[self.at[mine]].astype(np.float64), self.there[mine]
        octaves, turns = self.octaves[mine], self.turns[mine]
        parts = _turning(2**octaves, np.deg2rad(turns))
        across = here[None] - here[:, None]
        missed = np.linalg.norm(np.einsum("nij,nmj->nmi", parts, across) + there[:, None] - there[None], axis=2)
        apart = np.linalg.norm(across, axis=2) * (2**octaves)[:, None]
        agreeing = missed < _MISSED + _DRIFT * apart
        agreeing &= np.abs(octaves[:, None] - octaves[None]) < _GROWN
        agreeing &= np.abs((turns[:, None] - turns[None] + 180) % 360 - 180) < _TURNED
        best = agreeing[int(agreeing.sum(axis=1).argmax())]
        votes = min(len(set(self.at[mine][best].tolist())), len(np.unique(there[best].round(2), axis=0)))
        if votes < _LEAST_VOTES:
            return None
        matrix = _fitted(here[best], there[best], parts[int(agreeing.sum(axis=1).argmax())])
        return Sighting(picture // _FRAMES, votes, matrix, picture % _FRAMES)


def _turning(scales: Doubles, turns: Doubles) -> Doubles:
    cos, sin = scales * np.cos(turns), scales * np.sin(turns)
    return np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=-2)


def _fitted(here: Doubles, there: Doubles, part: Doubles) -> Doubles:
    """The similarity that takes the ones to the others with the least squared error; `part` where they lie too close to tell."""
    ours, theirs = here - here.mean(axis=0), there - there.mean(axis=0)
    spread = float((ours**2).sum())
    if spread > 1e-3:
        along = float((ours * theirs).sum()) / spread
        around = float((ours[:, 0] * theirs[:, 1] - ours[:, 1] * theirs[:, 0]).sum()) / spread
        part = np.array([[along, -around], [around, along]])
    matrix = np.eye(3)
    matrix[:2, :2] = part
    matrix[:2, 2] = there.mean(axis=0) - part @ here.mean(axis=0)
    return matrix
