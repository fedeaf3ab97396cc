"""Reads MP4 and MOV files box by box (ISO/IEC 14496-12): size, playing time, and the words ComfyUI keeps in `moov/udta/meta`."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.formats.film import Film

_MAX_BOXES = 2_000
_CONTAINERS = (b"moov", b"trak", b"udta", b"meta", b"mdia", b"ilst")


def read(data: bytes, *, max_text: int) -> Film:
    """What can be read; a broken file gives what came before the break."""
    film, keys = Film(), list[str]()
    for path, body in _boxes(memoryview(data)):
        kind = path[-1]
        if kind == b"mvhd":
            film.seconds = _seconds(body)
        elif kind == b"tkhd" and len(body) >= 84 and not film.width:
            width, height = struct.unpack(">II", body[-8:])
            film.width, film.height = (width >> 16) or None, (height >> 16) or None
        elif kind == b"keys":
            keys = _keys(body)
        elif len(path) > 1 and path[-2] == b"ilst":
            number = int.from_bytes(kind, "big")
            if 1 <= number <= len(keys) and len(body) <= max_text and bytes(body[4:8]) == b"data":
                film.texts[keys[number - 1]] = bytes(body[16:]).decode("utf-8", "replace")
                max_text -= len(body)
    return film


def _boxes(data: memoryview) -> Iterator[tuple[tuple[bytes, ...], memoryview]]:
    """(path of types, body) of every box worth opening, outer ones first, at most _MAX_BOXES of them."""
    stack: list[tuple[tuple[bytes, ...], memoryview]] = [((), data)]
    seen = 0
    while stack:
        path, inside = stack.pop()
        at = 0
        while at + 8 <= len(inside) and seen < _MAX_BOXES:
            seen += 1
            size, kind, head = int.from_bytes(inside[at : at + 4], "big"), bytes(inside[at + 4 : at + 8]), 8
            if size == 1:
                size, head = int.from_bytes(inside[at + 8 : at + 16], "big"), 16
            size = len(inside) - at if size == 0 else size
            if size < head or at + size > len(inside):
                break
            body = inside[at + head : at + size]
            yield (*path, kind), body
            if kind in _CONTAINERS and len(path) < 8:
                stack.append(((*path, kind), body[4:] if kind == b"meta" and bytes(body[4:8]) != b"hdlr" else body))
            at += size


def _seconds(body: memoryview) -> float | None:
    try:
        if body[0] == 1:
            scale, duration = struct.unpack_from(">IQ", body, 20)
        else:
            scale, duration = struct.unpack_from(">II", body, 12)
    except (struct.error, IndexError):
        return None
    return round(duration / scale, 3) if scale and duration < 2**40 else None


def _keys(body: memoryview) -> list[str]:
    names, at = list[str](), 8
    while at + 8 <= len(body) and len(names) < 200:
        size = int.from_bytes(body[at : at + 4], "big")
        if size < 8:
            break
        names.append(bytes(body[at + 8 : at + size]).decode("utf-8", "replace"))
        at += size
    return names
