"""Lays a picture over another one, whatever was cropped from either, and says how well what they show agrees.

A hash compares whole pictures, so a crop moves it as far as another take of the same prompt does. Laid over each other at
the right scale and place, a crop agrees with its original in every edge, and another take does not. This is normalised
cross-correlation over scales and places, by Fourier transforms (Lewis, "Fast Normalized Cross-Correlation", 1995), on small
grey versions without their coarse shades; numpy is enough for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[np.float32]
_EDGE = 160
"""Pixels along the longer edge: few enough to be quick, enough to tell two takes apart."""
_SCALES = (1.0, 0.975, 0.95, 0.925, 0.9, 0.875, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
"""How much of one picture's width the other shows."""
_COARSE = 6
"""Radius of the blur that is taken away: what remains are edges and details."""
_LEAST = 24


@dataclass(frozen=True)
class Overlay:
    """How a picture lies over another: how well they agree there (1: the same, 0: nothing in common), and how much is shared."""

    agreement: float
    share: float
    """Of the larger picture's area."""
    inside: bool = True
    """Whether the first lies within the second; else the second within the first."""
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    """Where the one lies within the other: left, top, right and bottom in parts of the larger one."""


def lay_over(one: Image.Image, other: Image.Image) -> Overlay:
    """The best way to lay one over the other, at every scale down to a half, either within the other."""
    best = Overlay(0.0, 0.0)
    for whole, part, inside in ((one, other, False), (other, one, True)):
        canvas = _grey(whole, _EDGE / max(whole.size))
        detail = _details(canvas)
        size = _room(canvas)
        spectrum, squares = np.fft.rfft2(detail, size), _sums(detail**2)
        for scale in _SCALES:
            placed = _placed(canvas, part, scale)
            if placed is None:
                continue
            agreement, top, left = _agreement(detail, spectrum, squares, placed, size)
            if agreement > best.agreement:
                (high, wide), (tall, broad) = placed.shape, detail.shape
                box = (left / broad, top / tall, (left + wide) / broad, (top + high) / tall)
                best = Overlay(agreement, round(placed.size / detail.size, 3), inside, box)
    return best


def _room(canvas: Image.Image) -> tuple[int, int]:
    """A size whose Fourier transform is quick and in which nothing wraps around."""
    return 2 * canvas.height, 2 * canvas.width


def _placed(canvas: Image.Image, part: Image.Image, scale: float) -> Floats | None:
    """The part at a scale at which it fits into the canvas, or None where it does not."""
    factor = scale * min(canvas.width / part.width, canvas.height / part.height)
    width, height = round(part.width * factor), round(part.height * factor)
    if min(width, height) < _LEAST or width > canvas.width or height > canvas.height:
        return None
    return _details(part.convert("L").resize((width, height), Image.Resampling.BOX))


def _agreement(
    detail: Floats, spectrum: NDArray[np.complex128], squares: Floats, part: Floats, size: tuple[int, int]
) -> tuple[float, int, int]:
    """The highest normalised correlation over all places where the part lies within, and its row and column."""
    height, width = part.shape
    energy = float((part**2).sum())
    if energy < 1e-3:
        return 0.0, 0, 0
    matched = np.fft.irfft2(spectrum * np.conj(np.fft.rfft2(part, size)), size)
    rows, columns = detail.shape[0] - height + 1, detail.shape[1] - width + 1
    beneath = squares[height:, width:] - squares[:-height, width:] - squares[height:, :-width] + squares[:-height, :-width]
    score = matched[:rows, :columns] / np.sqrt(np.maximum(beneath[:rows, :columns], 1e-3) * energy)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    return float(min(1.0, score[row, column])), int(row), int(column)


def _sums(values: Floats) -> Floats:
    """Sums over every rectangle from the corner, with a row and a column of zeros before."""
    return np.pad(values.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0))).astype(np.float64)


def _grey(image: Image.Image, factor: float) -> Image.Image:
    size = (max(_LEAST, round(image.width * factor)), max(_LEAST, round(image.height * factor)))
    return image.convert("L").resize(size, Image.Resampling.BOX)


def _details(grey: Image.Image) -> Floats:
    """A grey picture without its coarse shades."""
    coarse = grey.filter(ImageFilter.BoxBlur(_COARSE))
    found: Floats = np.asarray(grey, dtype=np.float32) - np.asarray(coarse, dtype=np.float32)
    found -= found.mean()
    return found
