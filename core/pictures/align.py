"""Lays a picture over another one and says how well what both show agrees.

The place comes from keypoints that match (a homography by RANSAC, so that turned, squeezed and photographed copies are found), or
is assumed for whole copies. Agreement is normalised cross-correlation of edges and details in small windows, each weighed by how
much structure it shows: a flat or dark region agrees with anything and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.pictures.keypoints import Keypoints, resized
from core.pictures.opencv import cv

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Grey = NDArray[np.uint8]
Corners = tuple[tuple[float, float], ...]
_RATIO = 0.8
"""Lowe's: a match counts if its next best is so much further away."""
_MISSED = 0.006
"""How far from its place a match may be, in parts of the longer edge."""
_NEAR_GUESS = 0.1
"""How far from a guess a match may be, in longer edges of the still."""
_FEWEST = 6
_STEEPEST, _FURTHEST = 4.0, 12.0
"""How much more one side may be stretched than another, and how much larger or smaller all may be."""
_CANVAS = 224
_COARSE, _WINDOW, _FINE = 21, 17, 1.2
"""Pixels of the shades taken away, of a window, and of the blur that forgives half a pixel."""
_NOISE = 3.0
"""Shades that details must vary by to count as structure."""
_FULL = 12.0
"""Shades from which more structure counts no more."""
_STRIDE = 8
_STEPS = 15
_EXACT = 0.93
"""Agreement from which nothing is brought nearer."""
_CLOSE = 0.8
_AGREE = 0.6
_NARROWEST = 20


@dataclass(frozen=True)
class Placed:
    """How a picture lies over a still: a homography from its places to those of the still (in longer edges), and who says so."""

    matrix: Doubles
    inliers: int
    """Matches that agree on it; 0 where it is assumed."""


@dataclass(frozen=True)
class Overlay:
    """How well a picture agrees with a still where it lies over it, from 0 to 1, and how much that proves."""

    agreement: float
    close: float
    """In how much of the still's structure they agree closely: high also where a part was written over."""
    structure: int
    """Windows with structure that agree."""
    shown: float
    """How much of the still the picture shows, from 0 to 1."""
    seen: Corners
    """The still's corners in the picture, in parts of its longer edge."""
    fits: Floats
    """Correlation of each window of the still's canvas; nan where the picture does not reach or the still has no structure."""
    weights: Floats
    """How much structure the still has in each window."""
    matrix: Doubles
    """Where it lies over the still, brought as near as it goes."""


def matched(picture: Keypoints, still: Keypoints, guess: Doubles | None = None) -> Iterator[Placed]:
    """Where a picture may lie over a still, from their keypoints, likeliest first; only near to a `guess` where there is one."""
    if min(len(picture), len(still)) >= _FEWEST:
        likeness = picture.descriptors @ still.descriptors.T
        if guess is not None:
            likeness[_moved(guess, picture.places, still.places) > _NEAR_GUESS] = -1
        best = likeness.argmax(axis=1)
        rows = np.arange(len(best))
        first = likeness[rows, best]
        likeness[rows, best] = -1
        good = (first > 0) & (2 - 2 * first < _RATIO**2 * (2 - 2 * likeness.max(axis=1)))
        here, there = picture.places[good], still.places[best[good]]
        yield from _agreed(here, there)
    if guess is not None:
        yield Placed(guess, 0)


def _moved(guess: Doubles, here: Floats, there: Floats) -> Doubles:
    """How far each place lies from where the guess has each other one (n × m)."""
    expected = here @ guess[:2, :2].T + guess[:2, 2]
    found: Doubles = np.linalg.norm(expected[:, None] - there[None], axis=2)
    return found


def _agreed(here: Floats, there: Floats) -> Iterator[Placed]:
    """What most matches agree on: a camera's view, and a copy that was only scaled and turned, which fewer matches settle."""
    if len(here) < _FEWEST:
        return
    opencv = cv()
    opencv.setRNGSeed(1)
    view, kept = opencv.findHomography(here, there, opencv.USAC_MAGSAC, _MISSED, maxIters=2000, confidence=0.999)
    if view is not None and (placed := _supported(view, kept, here, there)) is not None:
        yield placed
    flat, kept = opencv.estimateAffinePartial2D(here, there, ransacReprojThreshold=_MISSED)
    if flat is not None and (placed := _supported(np.vstack([flat, (0, 0, 1)]), kept, here, there)) is not None:
        yield placed


def _supported(matrix: Doubles, kept: NDArray[np.uint8], here: Floats, there: Floats) -> Placed | None:
    inliers = kept.ravel().astype(bool)
    count = len(np.unique((there[inliers] * 200).round(), axis=0))
    return Placed(matrix.astype(np.float64), count) if count >= _FEWEST and _possible(matrix, here[inliers]) else None


def _possible(matrix: Doubles, places: Floats) -> bool:
    """Whether a camera, a crop or a scaled copy may have done so: no fold, no mirror, not stretched or shrunk to nothing."""
    left, top = places.min(axis=0)
    right, bottom = places.max(axis=0)
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)):
        u, v, w = matrix @ (x, y, 1)
        if w <= 1e-6:
            return False
        part = (matrix[:2, :2] - np.outer((u / w, v / w), matrix[2, :2])) / w
        low, high = np.linalg.svd(part, compute_uv=False)[::-1]
        if np.linalg.det(part) <= 0 or high > _STEEPEST * low or high > _FURTHEST or low < 1 / _FURTHEST:
            return False
    return True


def whole(picture: Grey, still: Grey) -> Placed:
    """The place of a whole copy, stretched to the still's shape."""
    (height, width), (tall, broad) = picture.shape, still.shape
    longer, other = max(width, height), max(broad, tall)
    return Placed(np.diag([broad / other * longer / width, tall / other * longer / height, 1.0]), 0)


def lay_over(picture: Grey, still: Grey, placed: Placed) -> Overlay | None:
    """How well they agree where both show something; None where that is next to nothing."""
    matrix = placed.matrix
    box = _shared(picture, still, matrix)
    if box is None:
        return None
    left, top, right, bottom = box
    longer, edge = max(picture.shape), max(still.shape)
    scale = min(_CANVAS / max(right - left, bottom - top), float(edge), _sharpness(matrix, box) * longer * 1.25)
    width, height = round((right - left) * scale), round((bottom - top) * scale)
    if min(width, height) < _NARROWEST:
        return None
    fit = np.array([[scale, 0, -left * scale], [0, scale, -top * scale], [0, 0, 1]])
    there, _ = _warped(still, fit, scale / edge, (width, height))
    here, mask = _warped(picture, fit @ matrix, _shrinks(fit @ matrix, picture), (width, height))
    fits, weights, still_has = _compared(here, there, mask)
    if _agreement(fits, weights) < _EXACT and (better := _nearer(here, there, mask)) is not None:
        closer = np.linalg.inv(fit) @ better @ fit @ matrix
        here, mask = _warped(picture, fit @ closer, _shrinks(fit @ closer, picture), (width, height))
        again, weighed, has = _compared(here, there, mask)
        if _agreement(again, weighed) > _agreement(fits, weights):
            fits, weights, still_has, matrix = again, weighed, has, closer
    counted = ~np.isnan(fits)
    if not counted.any():
        return None
    agreement = _agreement(fits, weights)
    close = _agreement((fits > _CLOSE).astype(np.float32), still_has * counted)
    structure = int((fits[counted] > _AGREE).sum())
    area = still.shape[0] * still.shape[1] / edge**2
    shown = float(mask.mean()) * (right - left) * (bottom - top) / area
    return Overlay(max(0.0, agreement), close, structure, min(1.0, shown), _corners(still, matrix), fits, weights, matrix)


def _agreement(fits: Floats, weights: Floats) -> float:
    """The mean correlation, each window by its structure."""
    counted = ~np.isnan(fits)
    return float((fits[counted] * weights[counted]).sum()) / max(float(weights[counted].sum()), 1e-6)


def _nearer(here: Floats, there: Floats, mask: NDArray[np.bool_]) -> Doubles | None:
    """What brings the picture closer to the still (ECC: Evangelidis and Psarakis, 2008); None where nothing does."""
    opencv = cv()
    criteria = (opencv.TERM_CRITERIA_COUNT | opencv.TERM_CRITERIA_EPS, _STEPS, 1e-4)
    start, inside = np.eye(3, dtype=np.float32), mask.astype(np.uint8)
    try:
        _, found = opencv.findTransformECC(there, here, start, opencv.MOTION_HOMOGRAPHY, criteria, inside, 5)
    except opencv.error:
        return None
    nearer: Doubles = np.linalg.inv(found.astype(np.float64))
    return nearer


def _corners(still: Grey, matrix: Doubles) -> Corners:
    width, height = still.shape[1] / max(still.shape), still.shape[0] / max(still.shape)
    back = np.linalg.inv(matrix)
    found = [back @ (x, y, 1) for x, y in ((0, 0), (width, 0), (width, height), (0, height))]
    return tuple((float(x / w), float(y / w)) for x, y, w in found)


def _shared(picture: Grey, still: Grey, matrix: Doubles) -> tuple[float, float, float, float] | None:
    """The box of the still, in longer edges, that the picture may show."""
    width, height = picture.shape[1] / max(picture.shape), picture.shape[0] / max(picture.shape)
    steps = np.linspace(0, 1, 9)
    rim = [(x * width, y * height, 1.0) for x in steps for y in steps]
    moved = np.array(rim) @ matrix.T
    moved = moved[moved[:, 2] > 1e-6]
    if not len(moved):
        return None
    places = moved[:, :2] / moved[:, 2:]
    left, top = np.maximum(places.min(axis=0), 0)
    right, bottom = np.minimum(places.max(axis=0), (still.shape[1] / max(still.shape), still.shape[0] / max(still.shape)))
    return (float(left), float(top), float(right), float(bottom)) if right > left and bottom > top else None


def _sharpness(matrix: Doubles, box: tuple[float, float, float, float]) -> float:
    """How many of the picture's longer edges one of the still's spans there: how large the picture shows it."""
    back = np.linalg.inv(matrix)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    u, v, w = back @ (x, y, 1)
    part = (back[:2, :2] - np.outer((u / w, v / w), back[2, :2])) / w
    return float(np.sqrt(abs(np.linalg.det(part))))


def _shrinks(matrix: Doubles, picture: Grey) -> float:
    """How many pixels of the canvas one of the picture takes, in its middle."""
    longer = max(picture.shape)
    x, y = picture.shape[1] / longer / 2, picture.shape[0] / longer / 2
    u, v, w = matrix @ (x, y, 1)
    part = (matrix[:2, :2] - np.outer((u / w, v / w), matrix[2, :2])) / w
    return float(np.sqrt(abs(np.linalg.det(part)))) / float(longer)


def _warped(grey: Grey, matrix: Doubles, factor: float, size: tuple[int, int]) -> tuple[Floats, NDArray[np.bool_]]:
    """A picture as it lies on a canvas, and where it reaches; made smaller first, so that nothing flickers."""
    longer = max(grey.shape)
    small = resized(grey, max(_NARROWEST, round(longer * factor))) if factor < 0.7 else grey
    moved = matrix @ np.diag([1 / small.shape[1] * grey.shape[1] / longer, 1 / small.shape[0] * grey.shape[0] / longer, 1.0])
    moved = moved @ np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    moved = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]) @ moved
    opencv = cv()
    there = opencv.warpPerspective(small, moved, size, flags=opencv.INTER_LINEAR, borderMode=opencv.BORDER_REPLICATE)
    mask = opencv.warpPerspective(np.full(small.shape, 255, np.uint8), moved, size, flags=opencv.INTER_NEAREST) > 0
    return there.astype(np.float32), mask


def _compared(here: Floats, there: Floats, mask: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Correlation of every window, how much structure the pictures have in it, and how much the second one has.

    Where text was written over a plain part, only the first has some: that part of the second proves nothing, and is not missing.
    """
    opencv = cv()
    count = _mean(mask.astype(np.float32), _COARSE) + 1e-6
    details = []
    for one in (here, there):
        fine = opencv.GaussianBlur(one, (0, 0), _FINE)
        details.append((fine - _mean(fine * mask, _COARSE) / count) * mask)
    one, other = details
    share = _mean(mask.astype(np.float32), _WINDOW)
    inside = np.maximum(share, 1e-6)
    both, first, second = (_mean(product, _WINDOW) / inside for product in (one * other, one * one, other * other))
    strength = np.sqrt(np.maximum(np.maximum(first, second), 0))
    fits = both / np.sqrt(np.maximum(first, _NOISE**2 / 4) * np.maximum(second, _NOISE**2 / 4))
    fits = np.where((share > 0.6) & (strength > _NOISE), fits, np.nan)
    at = slice(_STRIDE // 2, None, _STRIDE)
    still_has = np.minimum(np.sqrt(np.maximum(second, 0)), _FULL)
    told = (fits, np.minimum(strength, _FULL), still_has)
    some, weights, has = (one[at, at].astype(np.float32) for one in told)
    return some, weights, has


def _mean(values: Floats, side: int) -> Floats:
    found: Floats = cv().boxFilter(values, -1, (side, side), borderType=cv().BORDER_REFLECT)
    return found
