"""Reads MP4, MOV, HEIF and JPEG XL files box by box (ISO/IEC 14496-12, 23008-12, 18181-2): size, playing time, texts.

Texts stand in `moov/udta/meta/ilst` by number (`keys`) or by name (`©cmt`), in QuickTime's `udta` boxes, in `uuid` boxes (XMP),
and in the items of a picture (EXIF, XMP).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.formats import claims, exif, items
from core.formats.box_list import side_by_side
from core.formats.decoding import UTF8
from core.formats.film import Film

_MAX_BOXES = 4_000
_CONTAINERS = (b"moov", b"trak", b"udta", b"meta", b"mdia", b"ilst", b"minf", b"stbl", b"----")
_XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_ID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_COPYRIGHT = 0xA9
_NAMED = {b"cmt": "comment", b"nam": "title", b"des": "description", b"inf": "information", b"ART": "artist", b"too": "encoder",
          b"swr": "software", b"cpy": "copyright", b"day": "date", b"alb": "album", b"gen": "genre", b"lyr": "lyrics",
          b"key": "keywords", b"req": "requirements", b"fmt": "format", b"src": "source", b"wrt": "writer", b"aut": "author",
          b"prd": "producer", b"PRD": "producer", b"dir": "director", b"url": "url", b"mak": "make", b"mod": "model"}  # fmt: skip
_PLAIN = {b"desc": "description", b"ldes": "description", b"cprt": "copyright", b"titl": "title", b"dscp": "description",
          b"auth": "author", b"perf": "performer", b"keyw": "keywords", b"name": "name", b"XMP_": "xmp"}  # fmt: skip
_THREE_GPP = (b"titl", b"dscp", b"auth", b"perf", b"keyw", b"cprt")
_TEXT_KINDS = (0, 1, 2, 3, 4, 5)
"""Kinds of data in an `ilst`: implicit, UTF-8, UTF-16, Shift-JIS, and both again for sorting."""


class _BoxReader:
    """What is known while the boxes go by."""

    def __init__(self, max_text: int) -> None:
        self.film = Film(left=max_text)
        self.keys: list[str] = []

    def take(self, path: tuple[bytes, ...], body: memoryview) -> None:
        kind, film = path[-1], self.film
        above = path[-2] if len(path) > 1 else b""
        if kind == b"mvhd":
            film.seconds = _seconds(body)
        elif kind == b"tkhd" and len(body) >= 84 and not film.width:
            width, height = struct.unpack(">II", body[-8:])
            film.width, film.height = (width >> 16) or None, (height >> 16) or None
        elif kind == b"keys":
            self.keys = _keys(body)
        elif above == b"ilst":
            self._listed(kind, body)
        elif above == b"udta":
            self._user(kind, body)
        elif kind == b"uuid" and bytes(body[:16]) == _XMP_ID:
            film.raw.add("XMP", "xmp", UTF8, body[16:])
        elif kind == b"uuid" and bytes(body[:16]) == _C2PA_ID:
            claims.read(body[16:], film.raw)
        elif kind == b"Exif" and len(path) == 1:
            exif.read(body if bytes(body[:2]) in (b"II", b"MM") else body[4:], film.raw)
        elif kind == b"xml " and len(path) == 1:
            film.raw.add("XMP", "xmp", UTF8, body)
        elif kind == b"brob" and bytes(body[:4]) == b"xml ":
            film.raw.refuse("a packed box of the JPEG XL file", "it is packed with Brotli, which is not read")

    def _listed(self, kind: bytes, body: memoryview) -> None:
        number = int.from_bytes(kind, "big")
        if kind == b"----":
            name, value = _freeform(body)
            self.film.raw.add(f"film tag {name}", name, UTF8, value)
            return
        if bytes(body[4:8]) != b"data" or int.from_bytes(body[8:12], "big") not in _TEXT_KINDS:
            return
        key = self.keys[number - 1] if 1 <= number <= len(self.keys) else _name(kind)
        size = int.from_bytes(body[:4], "big")
        self.film.raw.add(f"film tag {key}", key, UTF8, body[16 : max(16, size)])

    def _user(self, kind: bytes, body: memoryview) -> None:
        """QuickTime's texts have a length and a language before them, 3GPP's a version and a language."""
        if kind[:1] == b"\xa9" and len(body) > 4:
            size = int.from_bytes(body[:2], "big")
            key = _name(kind)
            self.film.raw.add(f"film tag {key}", key, UTF8, body[4 : 4 + size])
        elif kind in _PLAIN and kind in _THREE_GPP and len(body) > 6:
            self.film.raw.add(f"film tag {_PLAIN[kind]}", _PLAIN[kind], UTF8, bytes(body[6:]).rstrip(b"\0"))
        elif kind in (b"XMP_", b"name"):
            key = _PLAIN[kind]
            self.film.raw.add("XMP" if key == "xmp" else f"film tag {key}", key, UTF8, bytes(body).rstrip(b"\0"))


def read(data: bytes, *, max_text: int) -> Film:
    """What can be read; a broken file gives what came before the break."""
    reader = _BoxReader(max_text)
    for path, body in boxes(memoryview(data)):
        reader.take(path, body)
        if path == (b"meta",):
            items.read(memoryview(data), body, reader.film)
    return reader.film


def boxes(data: memoryview) -> Iterator[tuple[tuple[bytes, ...], memoryview]]:
    """(path of types, body) of every box worth opening, outer ones first, at most _MAX_BOXES of them."""
    stack: list[tuple[tuple[bytes, ...], memoryview]] = [((), data)]
    seen = 0
    while stack:
        path, inside = stack.pop()
        for kind, body in side_by_side(inside):
            seen += 1
            if seen > _MAX_BOXES:
                return
            yield (*path, kind), body
            if kind in _CONTAINERS and len(path) < 8 and path[-1:] != (b"ilst",):
                stack.append(((*path, kind), body[4:] if kind == b"meta" and bytes(body[4:8]) != b"hdlr" else body))


def _name(kind: bytes) -> str:
    if kind[0] == _COPYRIGHT:
        return _NAMED.get(kind[1:], kind[1:].decode("latin-1"))
    return _PLAIN.get(kind, kind.decode("latin-1").strip())


def _freeform(body: memoryview) -> tuple[str, memoryview]:
    """A tag that gives its own name: boxes `mean`, `name`, `data`."""
    name, value = "", body[:0]
    for kind, inside in side_by_side(body):
        if kind == b"name":
            name = bytes(inside[4:104]).decode("utf-8", "replace")
        elif kind == b"data":
            value = inside[8:]
    return name or "tag", value


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
        names.append(bytes(body[at + 8 : at + min(size, 300)]).decode("utf-8", "replace"))
        at += size
    return names
