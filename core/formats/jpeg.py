"""Reads the text in JPEG files: comments, EXIF, XMP (its extension too) and IPTC, segment by segment (ITU-T T.81, B.2.4.6)."""

from __future__ import annotations

from collections.abc import Iterator

from core.formats import claims, exif
from core.formats.decoding import UTF8
from core.formats.raw_text import RawTexts

_SCAN, _COMMENT, _APP1, _APP11, _APP13 = 0xDA, 0xFE, 0xE1, 0xEB, 0xED
_ALONE = (*range(0xD0, 0xD8), 0x01)
_EXIF, _XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP, _PHOTOSHOP = b"http://ns.adobe.com/xmp/extension/\0", b"Photoshop 3.0\0"
_MORE_HEAD = len(_MORE_XMP) + 32 + 8
"""What stands before a piece of extended XMP: its name, a digest, the whole length, where the piece belongs."""
_MOST = 10_000
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def read(data: bytes | memoryview, into: RawTexts) -> tuple[int, int] | None:
    """Add every text before the picture; returns (width, height) where the file says them. A cut file gives what came before."""
    size: tuple[int, int] | None = None
    pieces: dict[int, memoryview] = {}
    stores: list[memoryview] = []
    for marker, body in segments(data):
        if marker in _FRAMES and len(body) >= 5 and size is None:
            size = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
        elif marker == _COMMENT:
            into.add("JPEG comment", "comment", UTF8, body)
        elif marker == _APP13 and bytes(body[: len(_PHOTOSHOP)]) == _PHOTOSHOP:
            exif.read_resources(body[len(_PHOTOSHOP) :], into)
        elif marker == _APP1:
            _app1(body, into, pieces)
        elif marker == _APP11 and bytes(body[:2]) == b"JP":
            stores.append(body[8:])
    if stores:
        claims.read(b"".join(stores), into)
    if pieces:
        into.add("XMP extension", "xmp", UTF8, b"".join(pieces[at] for at in sorted(pieces)))
    return size


def segments(data: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """(marker, body) up to the first scan or the first break."""
    view, at = memoryview(data), 2
    for _ in range(_MOST):
        while at + 1 < len(view) and view[at] == 0xFF and view[at + 1] == 0xFF:
            at += 1
        if at + 4 > len(view) or view[at] != 0xFF:
            return
        marker = view[at + 1]
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(view[at + 2 : at + 4], "big")
        if marker == _SCAN or length < 2 or at + 2 + length > len(view):
            return
        yield marker, view[at + 4 : at + 2 + length]
        at += 2 + length


def _app1(body: memoryview, into: RawTexts, pieces: dict[int, memoryview]) -> None:
    head = bytes(body[:40])
    if head.startswith(_EXIF):
        exif.read(body[6:], into)
    elif head.startswith(_XMP):
        into.add("XMP", "xmp", UTF8, body[len(_XMP) :])
    elif head.startswith(_MORE_XMP) and len(body) > _MORE_HEAD:
        pieces.setdefault(int.from_bytes(body[_MORE_HEAD - 4 : _MORE_HEAD], "big"), body[_MORE_HEAD:])
