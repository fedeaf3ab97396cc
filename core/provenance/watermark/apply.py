"""Marks a finished picture: its pixels change unseen, and every byte of the file that is not pixels stays as it came.

It never costs a render: a picture that takes no mark comes back as it is, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import structlog
from PIL import Image

from core.errors import BadPicture
from core.formats import kinds, pixels
from core.provenance.watermark import choice, pixel_swap
from core.provenance.watermark.interface import PROVES, MarkError, Watermark, agreeing
from core.settings import Settings

log = structlog.get_logger(__name__)
_BLOCK = 8
_FLAT_RANGE = 3
"""Shades of 256 within which a block of 8 × 8 pixels counts as flat."""
_FLAT_SHARE = 0.5
"""Line art, logos and drawings are flat in more than half of their blocks; a mark would be seen there."""


@dataclass(frozen=True)
class Marked:
    """A file after marking. `told` is `{alg, id}` for the statement, empty where it is not marked; then `why` says why not."""

    data: bytes = field(repr=False)
    image: Image.Image | None = field(repr=False)
    told: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


@dataclass(frozen=True)
class MarkOrder:
    """How one output is to be marked: what marking needs of settings and keys. No `way`: not at all; `why` where wanted."""

    way: Watermark | None
    ident: str = ""
    about: str = ""
    max_pixels: int = 0
    why: str = ""


def order(settings: Settings, about: str) -> MarkOrder:
    """How the output that `about` names is to be marked. Never raises."""
    try:
        way = choice.wanted(settings)
        return MarkOrder(way, choice.identity(settings, about) if way is not None else "", about, settings.max_pixels)
    except (MarkError, OSError) as problem:
        return MarkOrder(None, about=about, why=_words(problem))


def mark(
    settings: Settings, data: bytes, image: Image.Image | None, about: str, *, words: Mapping[str, str], frames: int = 1
) -> Marked:
    """The file with its mark; `about` names the output it is. Never raises."""
    return carry_out(order(settings, about), data, image, words=words, frames=frames)


def carry_out(asked: MarkOrder, data: bytes, image: Image.Image | None, *, words: Mapping[str, str], frames: int = 1) -> Marked:
    """The file with its mark, as ordered. Never raises."""
    if asked.way is None:
        return Marked(data, image, why=asked.why)
    try:
        if image is None or frames > 1:
            raise MarkError(
                "only still pictures are marked: films are not recognised by their looks, so nothing guides the reading"
            )
        mime = kinds.mime_of(data, "")
        pixel_swap.check(data, mime, image, words)
        return _marked(asked.way, data, mime, image, asked.ident, asked.max_pixels)
    except (MarkError, BadPicture, OSError, ValueError, MemoryError) as problem:
        why = _words(problem)
        log.info("mark.left-out", about=asked.about, why=why)
        return Marked(data, image, why=why)


def _words(problem: Exception) -> str:
    return (problem.strerror if isinstance(problem, OSError) else str(problem)) or type(problem).__name__


def _marked(way: Watermark, data: bytes, mime: str, image: Image.Image, ident: str, max_pixels: int) -> Marked:
    if is_flat(image):
        raise MarkError("it is line art or flat, where a mark would be seen")
    kept = pixel_swap.rewritten(data, mime, way.embed(image, ident))
    with pixels.opened(kept, max_pixels=max_pixels) as opened:
        made = pixels.upright(opened)
    if agreeing(way.decode(made), ident) < PROVES:
        raise MarkError("the mark does not hold in it")
    return Marked(kept, made, {"alg": way.alg, "id": ident})


def is_flat(image: Image.Image) -> bool:
    """Whether most of it is one shade or another, as line art is."""
    grey = np.asarray(image.convert("L"))
    high, wide = grey.shape[0] // _BLOCK, grey.shape[1] // _BLOCK
    if not high or not wide:
        return True
    blocks = grey[: high * _BLOCK, : wide * _BLOCK].reshape(high, _BLOCK, wide, _BLOCK)
    spans = blocks.max((1, 3)).astype(int) - blocks.min((1, 3))
    return bool((spans <= _FLAT_RANGE).mean() > _FLAT_SHARE)
