"""How well a picture agrees with its original, part by part: what a copy must reach before it is given any credentials.

Both are brought to one small size and cut into cells; a cell agrees when it has the same light and the same details. Compression
and scaling leave all cells as they are; a face that was exchanged, a word that was written in, a crop or a tilt do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.formats import pixels
from core.security.sandbox import sandboxed

ENOUGH = 0.98
"""Share of cells that must agree. Measured: JPEG 30 to 95, WebP 80, a tenth of the size 0.99 to 1; an exchanged face 0.95."""
_SIDE, _CELL = 192, 12
_LIGHT = 14.0
"""Shades of 256 by which a cell may be lighter or darker in any channel."""
_DETAILS = 0.7
"""Correlation of the details of a cell."""
_FLAT = 4.0
"""Spread of shades below which a cell has no details to compare."""
_NOISE = 6.0
"""Shades by which flat cells may differ from point to point."""
_SHAPE = 0.02

Floats = NDArray[np.float32]


def agreement(image: Image.Image, original: Image.Image) -> float:
    """From 0 to 1; 0 where they have not the same shape. Both upright, RGB or RGBA, of any size."""
    shape = (image.width / image.height) / (original.width / original.height)
    if not 1 - _SHAPE <= shape <= 1 + _SHAPE:
        return 0.0
    mine, theirs = _cells(image), _cells(original)
    light = np.abs(mine.mean(axis=1) - theirs.mean(axis=1)).max(axis=-1) <= _LIGHT
    return float((light & _same_details(mine, theirs)).mean())


@sandboxed
def agreement_of(data: bytes, original: bytes, *, max_pixels: int) -> float:
    """The same of two files. Raises BadPicture, TooManyPixels."""
    with pixels.opened(data, max_pixels=max_pixels) as image:
        mine = pixels.upright(image)
    with pixels.opened(original, max_pixels=max_pixels) as image:
        return agreement(mine, pixels.upright(image))


def _cells(image: Image.Image) -> Floats:
    """(cells, points of a cell, channels)."""
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128, 255)), image)
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    values = np.asarray(small, dtype=np.float32)
    count = _SIDE // _CELL
    cells: Floats = (
        values.reshape(count, _CELL, count, _CELL, 3).transpose(0, 2, 1, 3, 4).reshape(count * count, _CELL * _CELL, 3)
    )
    return cells


def _same_details(mine: Floats, theirs: Floats) -> NDArray[np.bool_]:
    a, b = (one.mean(axis=-1) for one in (mine, theirs))
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    spread = np.maximum(a.std(axis=1), b.std(axis=1))
    correlation = (a * b).mean(axis=1) / np.maximum(a.std(axis=1) * b.std(axis=1), 1e-6)
    near = np.abs(a - b).max(axis=1) <= _NOISE
    found: NDArray[np.bool_] = np.where(spread < _FLAT, near, correlation >= _DETAILS)
    return found
