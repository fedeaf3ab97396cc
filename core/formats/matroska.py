"""Reads WebM and Matroska files element by element (RFC 8794, RFC 9559): size, playing time, and ComfyUI's words in the tags."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.formats.film import Film, edge

_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_TAGS, _TAG, _SIMPLE_TAG, _TAG_NAME, _TAG_STRING = 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
_SCALE, _DURATION, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0xB0, 0xBA
_OPENED = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO, _TAGS, _TAG, _SIMPLE_TAG})
_MAX_ELEMENTS = 20_000
_DEEPEST = 8


def read(data: bytes, *, max_text: int) -> Film:
    """What can be read; a broken file gives what came before the break. Names of tags come back in lower case."""
    film, scale, length, name = Film(), 1_000_000, 0.0, ""
    for kind, body in _elements(memoryview(data)):
        if kind == _SCALE:
            scale = int.from_bytes(body[:8], "big")
        elif kind == _DURATION and len(body) in (4, 8):
            length = struct.unpack(">f" if len(body) == 4 else ">d", body)[0]
        elif kind == _WIDTH and not film.width:
            film.width = edge(int.from_bytes(body[:4], "big"))
        elif kind == _HEIGHT and not film.height:
            film.height = edge(int.from_bytes(body[:4], "big"))
        elif kind == _TAG_NAME:
            name = bytes(body[:200]).decode("utf-8", "replace").lower()
        elif kind == _TAG_STRING and len(body) <= max_text:
            max_text = film.keep(name, bytes(body).decode("utf-8", "replace"), max_text)
    seconds = length * scale / 1e9
    film.seconds = round(seconds, 3) if 0 < seconds < 10**7 else None
    return film


def _elements(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(id, body) in the order they stand, those inside others included. A length of "unknown" ends with what holds it."""
    stack, seen = [(data, 0)], 0
    while stack:
        inside, at = stack.pop()
        while at < len(inside) and seen < _MAX_ELEMENTS:
            seen += 1
            kind, size, body = head(inside, at)
            if kind == 0 or body > len(inside):
                break
            end = len(inside) if size is None else min(body + size, len(inside))
            yield kind, inside[body:end]
            if kind in _OPENED and len(stack) < _DEEPEST:
                stack.append((inside, end))
                inside, at = inside[body:end], 0
            else:
                at = end


def head(data: memoryview, at: int) -> tuple[int, int | None, int]:
    """(id, size, where the body begins) of an element; an id of 0 where there is none, a size of None where it is unknown."""
    length = _length(data, at)
    if not 1 <= length <= 4:
        return 0, 0, at
    kind = int.from_bytes(data[at : at + length], "big")
    at += length
    length = _length(data, at)
    if length == 0:
        return 0, 0, at
    size = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
    return kind, None if size == (1 << 7 * length) - 1 else size, at + length


def _length(data: memoryview, at: int) -> int:
    """How many bytes a number has, told by the zero bits it begins with; 0 at the end of the file."""
    return 9 - data[at].bit_length() if at < len(data) and data[at] else 0
