"""Finds the pictures on a page: rectangles that stand out from its plain grounds, as in a screenshot of a chat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.pictures.opencv import cv

Grey = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""
MOST = 3
_SAME = 3
"""Shades by which a ground may vary, for JPEG leaves traces around text."""
_GROUND = 0.06
"""Share of the page that one plain shade covers at least where it is a ground."""
_GROUNDS = 4
_CLOSED, _OPENED = 7, 31
"""Pixels of gaps that are closed, and of the thinnest thing that is kept: lines of text are thinner."""
_SHORTEST = 64
_LEAST, _ALMOST_ALL = 0.01, 0.95
_FILLED = 0.85
"""How much of its box a picture fills; writing and icons leave more of it free."""


def framed(page: Grey) -> list[Box]:
    """The boxes of the largest pictures on a page, largest first; none where the page is itself one picture."""
    shades = _grounds(page)
    if not shades:
        return []
    opencv = cv()
    stands_out = np.ones(page.shape, dtype=np.uint8)
    for shade in shades:
        stands_out[np.abs(page.astype(np.int16) - shade) <= _SAME] = 0
    closed = opencv.morphologyEx(stands_out, opencv.MORPH_CLOSE, np.ones((_CLOSED, _CLOSED), np.uint8))
    opened = opencv.morphologyEx(closed, opencv.MORPH_OPEN, np.ones((_OPENED, _OPENED), np.uint8))
    _, _, found, _ = opencv.connectedComponentsWithStats(opened)
    boxes = [(left, top, width, height) for left, top, width, height, area in found[1:].tolist() if _is_picture(
        width, height, area, page.size
    )]  # fmt: skip
    largest = sorted(boxes, key=lambda box: -box[2] * box[3])[:MOST]
    return [(left, top, left + width, top + height) for left, top, width, height in largest]


def _is_picture(width: int, height: int, area: int, page: int) -> bool:
    big_enough = min(width, height) >= _SHORTEST and _LEAST * page <= width * height <= _ALMOST_ALL * page
    return big_enough and area >= _FILLED * width * height


def _grounds(page: Grey) -> list[int]:
    """The shades of plain grounds, most common first."""
    opencv = cv()
    around = np.ones((5, 5), np.uint8)
    plain = page[(opencv.dilate(page, around) - opencv.erode(page, around)) <= _SAME]
    counts = np.bincount(plain, minlength=256)
    shades: list[int] = []
    while len(shades) < _GROUNDS:
        shade = int(counts.argmax())
        low, high = max(0, shade - _SAME), shade + _SAME + 1
        if counts[low:high].sum() < _GROUND * page.size:
            break
        shades.append(shade)
        counts[low:high] = 0
    return shades
