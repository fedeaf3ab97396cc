"""Reads the text in GIF files: comments, plain text and XMP (GIF89a specification, 24 to 26)."""

from __future__ import annotations

from core.formats.decoding import UTF8
from core.formats.raw_text import RawTexts

_EXTENSION, _PICTURE, _END = 0x21, 0x2C, 0x3B
_COMMENT, _PLAIN_TEXT, _APPLICATION = 0xFE, 0x01, 0xFF
_XMP, _TRAILER = b"XMP DataXMP", 257


def read(data: bytes, into: RawTexts) -> None:
    """Add every text; a broken file gives what came before the break."""
    at = 13 + _colours(data, 10)
    while at + 1 < len(data) and data[at] != _END:
        if data[at] == _PICTURE:
            at = _after(data, at + 11 + _colours(data, at + 9))
        elif data[at] == _EXTENSION:
            end = _after(data, at + 2)
            _add(data, at, end, into)
            at = end
        else:
            return


def _add(data: bytes, at: int, end: int, into: RawTexts) -> None:
    label, first = data[at + 1], data[at + 2] if at + 2 < len(data) else 0
    if label == _COMMENT:
        into.add("GIF comment", "comment", UTF8, _body(data, at + 2))
    elif label == _PLAIN_TEXT:
        into.add("GIF plain text", "text", UTF8, _body(data, at + 3 + first))
    elif label == _APPLICATION and data[at + 3 : at + 14] == _XMP:
        into.add("XMP", "xmp", UTF8, data[at + 14 : max(at + 14, end - _TRAILER - 1)])


def _body(data: bytes, at: int) -> bytes:
    """The sub-blocks' bytes put together."""
    pieces = []
    while at < len(data) and data[at]:
        pieces.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(pieces)


def _after(data: bytes, at: int) -> int:
    """Where the sub-blocks that begin here end."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _colours(data: bytes, at: int) -> int:
    """Bytes of the colour table that the flags at `at` announce."""
    return 3 << ((data[at] & 7) + 1) if at < len(data) and data[at] & 0x80 else 0
