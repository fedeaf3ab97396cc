"""Finds the keypoints of a picture (SIFT), spread over all of it, and words by which an index finds them again.

SIFT (Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", 2004) gives each spot a place, size, angle and 128
numbers for what is around it; they are used as RootSIFT (Arandjelović and Zisserman, 2012). A word is the signs of their 28 main
components (keypoint_basis.npy, made by benchmarks/keypoint_basis.py); components near zero are asked both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.pictures.opencv import cv

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
EDGE = 512
"""Pixels along the longer edge of the picture that is looked at."""
KEPT = 120
"""Keypoints of an Asset that are indexed."""
BITS = 28
_CONTRAST = 0.004
"""The least contrast of a keypoint; OpenCV's 0.04 leaves soft pictures without any."""
_STRONG = 0.004
"""The response from which a keypoint counts as strong: weak ones, which noise makes too, come after all strong ones."""
_MOST = 4_000
_LARGE = 6.0
"""Pixels from which a keypoint counts as large: those are still seen in a small copy."""
_SHARE_OF_LARGE = 0.4
_GRID = 5
_IN_DOUBT = 5
_SHORTEST = 16
_BASIS = Path(__file__).with_name("keypoint_basis.npy")


@dataclass(frozen=True)
class Keypoints:
    """Keypoints of a picture: places (n × 2) and sizes in parts of its longer edge, angles in degrees, descriptors (n × 128)."""

    places: Floats
    sizes: Floats
    angles: Floats
    descriptors: Floats
    width: float = 1.0
    """Of the picture, in parts of its longer edge."""
    height: float = 1.0

    def __len__(self) -> int:
        return len(self.places)

    @classmethod
    def none(cls) -> Keypoints:
        """Those of a picture that has none."""
        empty = np.zeros(0, dtype=np.float32)
        return cls(empty.reshape(0, 2), empty, empty, empty.reshape(0, 128))

    def mirrored(self) -> Keypoints:
        """Those of the mirror image: a descriptor's rows and its directions change sides."""
        places = self.places.copy()
        places[:, 0] = self.width - places[:, 0]
        turned = self.descriptors.reshape(-1, 4, 4, 8)[:, ::-1][..., [0, 7, 6, 5, 4, 3, 2, 1]].reshape(-1, 128)
        angles = ((180 - self.angles) % 360).astype(np.float32)
        return Keypoints(places, self.sizes, angles, np.ascontiguousarray(turned), self.width, self.height)

    def best(self, most: int) -> Keypoints:
        """The first `most`; they stand in the order of their worth."""
        cut = slice(most)
        parts = (self.places[cut], self.sizes[cut], self.angles[cut], self.descriptors[cut])
        return Keypoints(*parts, self.width, self.height)

    def words(self, *, likely: bool = False) -> Ints:
        """A word of 28 bits for each (n × 1); with `likely` also those it may have in another copy (n × 12)."""
        mean, basis = _basis()
        values = (self.descriptors - mean) @ basis
        word = (values > 0) @ (1 << np.arange(BITS, dtype=np.int64))
        if not likely:
            return word[:, None]
        doubtful = 1 << np.argsort(np.abs(values), axis=1)[:, :_IN_DOUBT].astype(np.int64)
        return np.stack([word, *_flipped(word, doubtful)], axis=1)


def grey_of(image: Image.Image) -> NDArray[np.uint8]:
    """A grey version; what is transparent counts as white, as chats show it."""
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image)
    return np.asarray(image.convert("L"))


def keypoints(grey: NDArray[np.uint8], most: int = KEPT, *, edge: int = EDGE) -> Keypoints:
    """At most so many keypoints of a grey picture, spread over it, most striking first; `edge` is how closely it is looked at."""
    small = resized(grey, edge)
    longer = max(small.shape)
    found, descriptors = _sift().detectAndCompute(small, None)
    if descriptors is None:
        found, descriptors = (), np.zeros((0, 128), dtype=np.float32)
    chosen = _spread(cv().KeyPoint.convert(found), found, small.shape, most) if found else []
    some = [found[at] for at in chosen]
    places = np.array([one.pt for one in some], dtype=np.float32).reshape(-1, 2) / longer
    sizes = np.array([one.size for one in some], dtype=np.float32) / longer
    angles = np.array([one.angle for one in some], dtype=np.float32)
    rooted = np.sqrt(descriptors[chosen] / np.maximum(descriptors[chosen].sum(axis=1, keepdims=True), 1e-6))
    height, width = (side / longer for side in small.shape)
    return Keypoints(places, sizes, angles, rooted.astype(np.float32), width, height)


def resized(grey: NDArray[np.uint8], edge: int) -> NDArray[np.uint8]:
    """With so many pixels along its longer edge, and never next to none along the other."""
    factor = edge / max(grey.shape)
    size = (max(_SHORTEST, round(grey.shape[1] * factor)), max(_SHORTEST, round(grey.shape[0] * factor)))
    small: NDArray[np.uint8] = cv().resize(grey, size, interpolation=cv().INTER_AREA if factor < 1 else cv().INTER_CUBIC)
    return small


def _spread(places: Floats, found: Any, shape: tuple[int, ...], most: int) -> list[int]:
    """Which to take: from every part of the picture its strongest in turn, the large ones apart from the small ones."""
    strength = np.array([one.response for one in found])
    sizes = np.array([one.size for one in found])
    cells = np.minimum(_GRID - 1, (places / (shape[1], shape[0]) * _GRID).astype(int)) @ (1, _GRID)
    large = _in_turn(np.flatnonzero(sizes >= _LARGE), cells, strength)
    small = _in_turn(np.flatnonzero(sizes < _LARGE), cells, strength)
    wanted = round(most * _SHARE_OF_LARGE)
    first = max(wanted, most - len(small))
    chosen = large[:first] + small[: most - min(first, len(large))]
    share = len(chosen) / max(1, min(first, len(large)))
    order = sorted(
        range(len(chosen)), key=lambda at: at * share if at < min(first, len(large)) else (at - min(first, len(large)))
    )
    return [chosen[at] for at in order]


def _in_turn(some: Ints, cells: Ints, strength: NDArray[np.float64]) -> list[int]:
    """These keypoints in the order of their rank within their cell, equals by their strength."""
    strongest = some[np.argsort(-strength[some], kind="stable")]
    seen: dict[int, int] = {}
    ranked = []
    for at in strongest.tolist():
        rank = seen[int(cells[at])] = seen.get(int(cells[at]), -1) + 1
        ranked.append((bool(strength[at] < _STRONG), rank, -float(strength[at]), at))
    return [one[-1] for one in sorted(ranked)]


def _flipped(word: Ints, doubtful: Ints) -> Iterator[Ints]:
    for one in range(_IN_DOUBT):
        yield word ^ doubtful[:, one]
    for one, other in combinations(range(4), 2):
        yield word ^ doubtful[:, one] ^ doubtful[:, other]


@cache
def _basis() -> tuple[Floats, Floats]:
    """The mean of descriptors, and their main components as columns (128 × 28)."""
    kept = np.load(_BASIS, allow_pickle=False).astype(np.float32)
    return kept[0], np.ascontiguousarray(kept[1:].T)


def _sift() -> Any:
    return cv().SIFT_create(nfeatures=_MOST, contrastThreshold=_CONTRAST)
