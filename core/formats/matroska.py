"""Reads WebM and Matroska files element by element (RFC 8794, RFC 9559): size, playing time, tags, title and attached texts."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.formats.decoding import UTF8
from core.formats.film import Film, edge

_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_TAGS, _TAG, _SIMPLE_TAG, _TAG_NAME, _TAG_STRING = 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
_SCALE, _DURATION, _WIDTH, _HEIGHT, _TITLE = 0x2AD7B1, 0x4489, 0xB0, 0xBA, 0x7BA9
_EBML, _DOC_TYPE = 0x1A45DFA3, 0x4282
_ATTACHMENTS, _ATTACHED, _FILE_NAME, _FILE_KIND, _FILE_DATA = 0x1941A469, 0x61A7, 0x466E, 0x4660, 0x465C
_OPENED = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO, _TAGS, _TAG, _SIMPLE_TAG, _ATTACHMENTS, _ATTACHED})
_TEXTUAL = ("text/", "application/json", "application/xml")
_MAX_ELEMENTS = 20_000
_DEEPEST = 8


def read(data: bytes, *, max_text: int) -> Film:
    """What can be read; a broken file gives what came before the break. Names of tags come back in lower case."""
    film, scale, length, name, kind_of_file = Film(left=max_text), 1_000_000, 0.0, "", ""
    for kind, body in _elements(memoryview(data)):
        if kind == _SCALE:
            scale = int.from_bytes(body[:8], "big")
        elif kind == _DURATION and len(body) in (4, 8):
            length = struct.unpack(">f" if len(body) == 4 else ">d", body)[0]
        elif kind == _WIDTH and not film.width:
            film.width = edge(int.from_bytes(body[:4], "big"))
        elif kind == _HEIGHT and not film.height:
            film.height = edge(int.from_bytes(body[:4], "big"))
        elif kind == _TITLE:
            film.raw.add("film title", "title", UTF8, body)
        elif kind in (_TAG_NAME, _FILE_NAME):
            name = bytes(body[:200]).decode("utf-8", "replace").lower()
        elif kind == _TAG_STRING:
            film.raw.add(f"film tag {name}", name, UTF8, body)
        elif kind == _FILE_KIND:
            kind_of_file = bytes(body[:100]).decode("latin-1").lower()
        elif kind == _FILE_DATA and kind_of_file.startswith(_TEXTUAL):
            film.raw.add(f"attached file {name}", name, UTF8, body)
    seconds = length * scale / 1e9
    film.seconds = round(seconds, 3) if 0 < seconds < 10**7 else None
    return film


def document_type(data: bytes) -> str:
    """`webm` or `matroska`, as the head of the file says; empty where it says neither."""
    view = memoryview(data)[:4_096]
    kind, size, at = head(view, 0)
    end = len(view) if size is None else min(at + size, len(view))
    while kind == _EBML and at < end:
        inner, length, body = head(view, at)
        if not inner or length is None:
            return ""
        if inner == _DOC_TYPE:
            return bytes(view[body : body + length]).decode("latin-1").rstrip("\0")
        at = body + length
    return ""


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
