"""Marks a finished picture: its pixels change unseen, and every byte of the file that is not pixels stays as it came.

It never costs a render: a picture that takes no mark comes back as it is, with the reason.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import structlog
from PIL import Image

from core.errors import BadPicture
from core.formats import png
from core.generators.novelai import STEALTH
from core.provenance.marks import ways
from core.provenance.marks.seam import PROVES, Mark, MarkError, agreeing
from core.settings import Settings

log = structlog.get_logger(__name__)
_BLOCK = 8
_FLAT_RANGE = 3
"""Shades of 256 within which a block of 8 × 8 pixels counts as flat."""
_FLAT_SHARE = 0.5
"""Line art, logos and drawings are flat in more than half of their blocks; a mark would be seen there."""
_SOURCE = b"\x08\x02\x00\x00\x00"
"""Eight bits, RGB, not interlaced: the end of the header of a PNG whose pixels can be exchanged alone."""


@dataclass(frozen=True)
class Marked:
    """A file after marking. `told` is `{alg, id}` for the statement, empty where it is not marked; then `why` says why not."""

    data: bytes = field(repr=False)
    image: Image.Image | None = field(repr=False)
    told: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


def mark(
    settings: Settings, data: bytes, image: Image.Image | None, about: str, *, words: Mapping[str, str], frames: int = 1
) -> Marked:
    """The file with its mark; `about` names the output it is. Never raises."""
    try:
        way = ways.wanted(settings)
        if way is None:
            return Marked(data, image)
        if image is None or frames > 1 or not png.is_png(data):
            raise MarkError("only still pictures in PNG are marked")
        return _marked(way, data, image, ways.identity(settings, about), words)
    except (MarkError, BadPicture, OSError, ValueError, MemoryError) as problem:
        why = (problem.strerror if isinstance(problem, OSError) else str(problem)) or type(problem).__name__
        log.info("mark.left-out", about=about, why=why)
        return Marked(data, image, why=why)


def _marked(way: Mark, data: bytes, image: Image.Image, ident: str, words: Mapping[str, str]) -> Marked:
    parts = png.chunks(data)
    if parts[0].body(data)[8:] != _SOURCE or image.mode != "RGB" or any(part.type == b"tRNS" for part in parts):
        raise MarkError("only opaque pictures of 8-bit RGB are marked")
    if STEALTH in words:
        raise MarkError("its pixels carry words of another program, which a mark would break")
    if is_flat(image):
        raise MarkError("it is line art or flat, where a mark would be seen")
    made = way.embed(image, ident)
    if agreeing(way.decode(made), ident) < PROVES:
        raise MarkError("the mark does not hold in it")
    return Marked(_exchanged(data, parts, made), made, {"alg": way.alg, "id": ident})


def is_flat(image: Image.Image) -> bool:
    """Whether most of it is one shade or another, as line art is."""
    grey = np.asarray(image.convert("L"))
    high, wide = grey.shape[0] // _BLOCK, grey.shape[1] // _BLOCK
    if not high or not wide:
        return True
    blocks = grey[: high * _BLOCK, : wide * _BLOCK].reshape(high, _BLOCK, wide, _BLOCK)
    spans = blocks.max((1, 3)).astype(int) - blocks.min((1, 3))
    return bool((spans <= _FLAT_RANGE).mean() > _FLAT_SHARE)


def _exchanged(data: bytes, parts: list[png.Chunk], image: Image.Image) -> bytes:
    """The same file with other pixels: only its IDAT chunks are others."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)
    fresh = file.getvalue()
    pixels = b"".join(fresh[part.start : part.end] for part in png.chunks(fresh) if part.type == b"IDAT")
    old = [part for part in parts if part.type == b"IDAT"]
    return data[: old[0].start] + pixels + data[old[-1].end :]
