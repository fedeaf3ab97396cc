"""Brings a cropped, framed or slightly tilted copy back to the place it had in its original, so that its mark can be read.

The coarse place comes from laying one over the other (core/pictures/align.py), turned copies included. It is then refined to a
fraction of a pixel by following the gradients of both pictures (Lucas and Kanade, 1981, with six parameters).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.provenance.watermark.interface import SIDE

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
_ROUNDS = ((3.0, 6), (1.0, 4))
"""Blur in pixels, and how many steps: first to come near, then to be exact."""
_COARSE = 6
"""Pixels along each edge of what fills the parts that a crop lost: too few to hold any of the mark."""
_LEAST_SHARE = 0.2
_WIDE = 16
"""Radius of the shades that are taken away before pictures are compared."""
_RIM = 20
"""Pixels along the edges that do not count, for there the shades of a crop are not those of the whole."""


def aligned(image: Image.Image, still: Image.Image, matrix: Doubles) -> Image.Image | None:
    """The copy as it lay in the original that `still` shows, in the square marks are read from; None where it does not fit.

    `matrix` takes places of the copy to those of the still, both in longer edges.
    """
    broad, tall = still.width / max(still.size), still.height / max(still.size)
    back = np.linalg.inv(matrix)
    u, v, w = back @ (broad / 2, tall / 2, 1)
    part = (back[:2, :2] - np.outer((u / w, v / w), back[2, :2])) / w  # a perspective counts by its middle
    copy_edge = max(image.size)
    across, down = (np.linalg.norm(part[:, axis]) * copy_edge * side for axis, side in ((0, broad), (1, tall)))
    if min(across, down) < 1:
        return None
    factors = (SIDE / across, SIDE / down) if abs(part[0, 1]) < abs(part[0, 0]) else (SIDE / down, SIDE / across)
    size = (max(1, round(image.width * factors[0])), max(1, round(image.height * factors[1])))
    if max(size) > 4 * SIDE:
        return None
    copy = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    original = still.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    into = np.diag([copy_edge * size[0] / image.width, copy_edge * size[1] / image.height])
    place = np.eye(3)
    place[:2, :2] = into @ part @ np.diag([broad / SIDE, tall / SIDE])
    place[:2, 2] = into @ (np.array([u / w, v / w]) - part @ (broad / 2, tall / 2))
    for blur, rounds in _ROUNDS:
        target, detail = _details(original, blur), Image.fromarray(_details(copy, blur))
        for _ in range(rounds):
            moved = _step(target, detail, place)
            if moved is None:
                return None
            place = moved
    return _filled(copy, original, place)


def _step(target: Floats, detail: Image.Image, place: Doubles) -> Doubles | None:
    """A better place, or None where too little lies over the original."""
    whole = Image.new("L", detail.size)
    whole.paste(255, (_RIM, _RIM, max(_RIM, detail.width - _RIM), max(_RIM, detail.height - _RIM)))
    inner = np.asarray(_warped(whole, place)) > 250
    inner[:_RIM] = inner[-_RIM:] = inner[:, :_RIM] = inner[:, -_RIM:] = False
    if inner.mean() < _LEAST_SHARE:
        return None
    here = np.asarray(_warped(detail, place), dtype=np.float64)
    rows, columns = np.nonzero(inner)
    every = slice(None, None, max(1, len(rows) // 60_000))
    rows, columns = rows[every], columns[every]
    slope_y, slope_x = (np.asarray(np.gradient(here, axis=axis)) for axis in (0, 1))
    now, wanted = here[rows, columns], target[rows, columns]
    gain = float(now @ wanted) / max(float(now @ now), 1e-6)
    if gain <= 0:
        return None
    x, y = (columns + 0.5) / SIDE, (rows + 0.5) / SIDE
    gx, gy = gain * slope_x[rows, columns], gain * slope_y[rows, columns]
    system = np.stack([gx * x, gx * y, gx, gy * x, gy * y, gy], axis=1)
    a, b, c, d, e, f = (float(one) for one in np.linalg.lstsq(system.T @ system, system.T @ (wanted - gain * now), rcond=None)[0])
    shift = np.array([[1 + a / SIDE, b / SIDE, c], [d / SIDE, 1 + e / SIDE, f], [0, 0, 1]])
    moved: Doubles = place @ shift
    return moved


def _warped(image: Image.Image, place: Doubles) -> Image.Image:
    terms = tuple(float(one) for one in place[:2].ravel())
    return image.transform((SIDE, SIDE), Image.Transform.AFFINE, terms, Image.Resampling.BICUBIC)


def _details(image: Image.Image, blur: float) -> Floats:
    """A grey picture without its coarse shades and without what is finer than the blur."""
    grey = image.convert("L").filter(ImageFilter.GaussianBlur(blur))
    coarse = grey.filter(ImageFilter.BoxBlur(_WIDE))
    found: Floats = np.asarray(grey, dtype=np.float32) - np.asarray(coarse, dtype=np.float32)
    return found


def _filled(copy: Image.Image, original: Image.Image, place: Doubles) -> Image.Image:
    """The copy in its place; around it only the coarsest shades of the original, which say nothing of its mark."""
    ground = original.resize((_COARSE, _COARSE), Image.Resampling.BOX).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    shown = _warped(Image.new("L", copy.size, 255), place)
    ground.paste(_warped(copy, place), mask=shown.point([0] * 255 + [255]))
    return ground
