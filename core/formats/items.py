"""Reads the text items of HEIF and AVIF pictures: EXIF and XMP, by the item tables in `meta` (ISO/IEC 14496-12, 8.11)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from core.formats import exif
from core.formats.box_list import side_by_side
from core.formats.decoding import UTF8
from core.formats.film import Film, edge

_MOST = 2_000
_LONGEST = 16 << 20


@dataclass
class _Numbers:
    """Reads big-endian numbers one after the other; beyond the end they are 0."""

    body: memoryview
    at: int = 0

    def next(self, size: int) -> int:
        self.at += size
        return int.from_bytes(self.body[self.at - size : self.at], "big")


def read(data: memoryview, meta: memoryview, film: Film) -> None:
    """Add the texts of the items that `meta` lists, and the size of the largest picture."""
    inside = dict(reversed(list(side_by_side(meta[4:]))))
    kinds = dict(_kinds(inside.get(b"iinf", meta[:0])))
    for number, parts in _places(inside.get(b"iloc", meta[:0]), inside.get(b"idat", meta[:0]), data):
        kind = kinds.get(number, "")
        if kind in ("Exif", "application/rdf+xml"):
            body = b"".join(parts)[:_LONGEST]
            if kind == "Exif":
                exif.read(body[4 + int.from_bytes(body[:4], "big") :], film.raw)
            else:
                film.raw.add("XMP", "xmp", UTF8, body)
    _size(inside.get(b"iprp", meta[:0]), film)


def _kinds(body: memoryview) -> Iterator[tuple[int, str]]:
    """(number, kind) of each item: its type, or of a `mime` item what it says."""
    if len(body) < 8:
        return
    start = 6 if body[0] == 0 else 8
    for count, (kind, entry) in enumerate(side_by_side(body[start:])):
        if count >= _MOST or kind != b"infe" or len(entry) < 12 or entry[0] < 2:
            continue
        wide = 2 if entry[0] == 2 else 4
        number, told = int.from_bytes(entry[4 : 4 + wide], "big"), bytes(entry[6 + wide : 10 + wide])
        if told == b"mime":
            words = bytes(entry[10 + wide : 400]).split(b"\0")
            yield number, words[1].decode("latin-1") if len(words) > 1 else ""
        else:
            yield number, told.decode("latin-1")


def _places(body: memoryview, idat: memoryview, data: memoryview) -> Iterator[tuple[int, list[memoryview]]]:
    """(number, pieces) of each item."""
    numbers = _Numbers(body)
    version = numbers.next(1)
    numbers.next(3)
    sizes = numbers.next(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    for _ in range(min(numbers.next(2 if version < 2 else 4), _MOST)):
        number = numbers.next(2 if version < 2 else 4)
        method = numbers.next(2) & 15 if version > 0 else 0
        numbers.next(2)
        start, parts = numbers.next(base), list[memoryview]()
        for _ in range(min(numbers.next(2), 64)):
            if version > 0:
                numbers.next(index)
            at, size = start + numbers.next(offset), numbers.next(length)
            source = idat if method == 1 else data
            parts.append(source[at : at + min(size, _LONGEST)])
        if numbers.at > len(body):
            return
        if method in (0, 1):
            yield number, parts


def _size(body: memoryview, film: Film) -> None:
    """The largest size that a property tells."""
    largest = 0
    for kind, properties in side_by_side(body):
        if kind != b"ipco":
            continue
        for name, one in side_by_side(properties):
            if name == b"ispe" and len(one) >= 12:
                width, height = struct.unpack_from(">II", one, 4)
                if width * height > largest:
                    largest, film.width, film.height = width * height, edge(width), edge(height)
