"""Landmarks: the most striking spots of a picture, each with a word for what it looks like, to find crops of it by.

A spot is an extremum over place and size of the difference of Gaussians (Lindeberg 1998; Lowe 2004), so it is the same spot in a
crop or a smaller copy. Its word is the signs of the 24 lowest frequencies of the square around it, as wide as the spot is large:
what is around a spot that was compressed, scaled or cropped keeps most signs, and the few in doubt are asked both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
EDGE = 320
"""Pixels along the longer edge of the picture that is looked at."""
KEPT = 48
"""Spots of an Asset that are kept."""
_FINEST = 1.6
_STEPS = 3
"""Sizes an octave."""
_SIZES = 12
_PAD = 24
_AROUND = 6.0
"""Half the width of the square that a word describes, in sizes of its spot."""
_GRID = 16
_WAVES = 5
BITS = _WAVES * _WAVES - 1
_LEAST = 1.2
"""Shades that a spot must stand out by."""
_IN_DOUBT = 5
"""Bits nearest to their threshold that are asked both ways, one or two at a time."""


@dataclass(frozen=True)
class Landmark:
    """A spot: its word, and where it is and how large, in parts of the picture's longer edge."""

    word: int
    x: float
    y: float
    size: float
    likely: tuple[int, ...] = ()
    """The word as it may be in another copy, itself first."""


def landmarks(image: Image.Image, most: int = KEPT, *, edge: int = EDGE) -> list[Landmark]:
    """The most striking spots of a picture, strongest first; none for a plain one. `edge` is how closely it is looked at."""
    grey = _grey(image, edge)
    levels = _levels(grey)
    spots = _spots(levels, grey.shape, most)
    longer = max(grey.shape)
    return [one for level, row, column in spots if (one := _described(levels[level], row, column, _size(level), longer))]


def _grey(image: Image.Image, edge: int) -> Floats:
    """A small grey version; what is transparent counts as white, as chats show it."""
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image)
    factor = edge / max(image.size)
    size = (max(16, round(image.width * factor)), max(16, round(image.height * factor)))
    way = Image.Resampling.BOX if factor < 1 else Image.Resampling.BICUBIC
    return np.asarray(image.convert("L").resize(size, way), dtype=np.float32)


def _size(level: float) -> float:
    return float(_FINEST * 2 ** (level / _STEPS))


def _levels(grey: Floats) -> Floats:
    """The picture blurred to every size, with a margin around."""
    padded = np.pad(grey, _PAD, mode="reflect" if min(grey.shape) > _PAD else "edge")
    spectrum = np.fft.rfft2(padded)
    rows, columns = np.fft.fftfreq(padded.shape[0])[:, None], np.fft.rfftfreq(padded.shape[1])[None, :]
    squared = -2 * np.pi**2 * (rows**2 + columns**2)
    blurs = (np.exp(squared * _size(level) ** 2).astype(np.float32) for level in range(_SIZES))
    return np.stack([np.fft.irfft2(spectrum * blur, padded.shape) for blur in blurs]).astype(np.float32)


def _spots(levels: Floats, shape: tuple[int, ...], most: int) -> list[tuple[int, int, int]]:
    differences = np.abs(np.diff(levels, axis=0))
    peaks = differences.copy()
    for axis in (1, 2):
        peaks = np.maximum(peaks, np.maximum(np.roll(peaks, 1, axis), np.roll(peaks, -1, axis)))
    tops = peaks.copy()
    tops[1:] = np.maximum(tops[1:], peaks[:-1])
    tops[:-1] = np.maximum(tops[:-1], peaks[1:])
    found = (differences >= tops) & (differences > _LEAST)
    found[0] = found[-1] = False
    found[:, :_PAD] = found[:, _PAD + shape[0] :] = False
    found[:, :, :_PAD] = found[:, :, _PAD + shape[1] :] = False
    at = np.argwhere(found)
    strongest = np.argsort(-differences[found], kind="stable")[:most]
    return [(int(level), int(row), int(column)) for level, row, column in at[strongest]]


def _described(level: Floats, row: int, column: int, size: float, edge: int) -> Landmark | None:
    reach = _AROUND * size
    steps = (np.arange(_GRID) + 0.5) / _GRID * 2 - 1
    rows, columns = row + steps * reach, column + steps * reach
    if rows[0] < 0 or columns[0] < 0 or rows[-1] > level.shape[0] - 2 or columns[-1] > level.shape[1] - 2:
        return None
    patch = _between(level, rows, columns)
    waves = _waves()
    values = (waves @ patch @ waves.T).ravel()[1:]
    bits = values > 0
    word = int(np.packbits(bits).view(np.uint8) @ np.array([65536, 256, 1]))
    doubtful = np.argsort(np.abs(values))[:_IN_DOUBT]
    likely = tuple(_flipped(word, [int(one) for one in doubtful]))
    return Landmark(word, (column - _PAD) / edge, (row - _PAD) / edge, size / edge, likely)


def _between(level: Floats, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values between pixels, by straight lines."""
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[:, None], (columns - left)[None, :]
    part = level[top[0] : top[-1] + 2, left[0] : left[-1] + 2].astype(np.float64)
    r, c = top - top[0], left - left[0]
    upper = part[np.ix_(r, c)] * (1 - right) + part[np.ix_(r, c + 1)] * right
    lower = part[np.ix_(r + 1, c)] * (1 - right) + part[np.ix_(r + 1, c + 1)] * right
    found: NDArray[np.float64] = upper * (1 - down) + lower * down
    return found


def _flipped(word: int, doubtful: list[int]) -> Iterator[int]:
    masks = [1 << (BITS - 1 - bit) for bit in doubtful]
    yield word
    yield from (word ^ mask for mask in masks)
    yield from (word ^ one ^ other for one, other in combinations(masks[:4], 2))


@cache
def _waves() -> NDArray[np.float64]:
    row, at = np.arange(_WAVES)[:, None], np.arange(_GRID)[None, :]
    found: NDArray[np.float64] = np.cos(np.pi * row * (2 * at + 1) / (2 * _GRID))
    return found
