"""Reads the header of OpenEXR files: size, and words in string attributes (https://openexr.com/en/latest/OpenEXRFileLayout.html)."""

from __future__ import annotations

import struct

from core.formats.decoding import UTF8
from core.formats.film import Film, edge

_MOST = 500


def read(data: bytes, *, max_text: int) -> Film:
    """What the first header says; a broken one gives what came before the break."""
    film, at = Film(left=max_text), 8
    for _ in range(_MOST):
        name, at = _word(data, at)
        kind, at = _word(data, at) if name else ("", at)
        if not name or not kind or at + 4 > len(data):
            break
        size = struct.unpack_from("<i", data, at)[0]
        if size < 0 or at + 4 + size > len(data):
            break
        body = data[at + 4 : at + 4 + size]
        at += 4 + size
        if kind == "string":
            film.raw.add(f"EXR attribute {name}", name, UTF8, body)
        elif name == "dataWindow" and size == 16:
            left, top, right, bottom = struct.unpack("<iiii", body)
            film.width, film.height = edge(right - left + 1), edge(bottom - top + 1)
    return film


def _word(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at, at + 256)
    return ("", at) if end < 0 else (data[at:end].decode("utf-8", "replace"), end + 1)
