"""Reads the text in EXIF blocks: ComfyUI's `prompt:{…}` in animated WebP, and A1111's UserComment in JPEG and WebP.

The block is a TIFF file in little: a header, then directories of 12-byte entries (https://www.cipa.jp/std/documents/e/DC-X008-2023-E.pdf).
"""

from __future__ import annotations

import struct

_BYTE, _ASCII, _UNDEFINED = 1, 2, 7
_EXIF_DIRECTORY, _USER_COMMENT = 0x8769, 0x9286
_MAX_ENTRIES = 500


def texts(block: bytes, *, max_text: int) -> dict[str, str]:
    """Text by keyword: `key:value` strings under their key, a UserComment under `parameters`. Anything broken is left out."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        return {}
    found: dict[str, str] = {}
    first, left = struct.unpack_from(order + "I", block.ljust(8, b"\0"), 4)[0], max_text
    for tag, value in _entries(block, order, first) + _entries(block, order, _pointer(block, order, first)):
        if len(value) > left:
            continue
        left -= len(value)
        if tag == _USER_COMMENT:
            found["parameters"] = _comment(value, order)
        else:
            key, colon, text = value.rstrip(b"\0").decode("utf-8", "replace").partition(":")
            if colon and key.isidentifier():
                found.setdefault(key, text)
    return found


def _entries(block: bytes, order: str, at: int) -> list[tuple[int, bytes]]:
    """(tag, bytes) of the text entries of the directory at an offset; 0 is no directory."""
    if at <= 0 or at + 2 > len(block):
        return []
    count = min(struct.unpack_from(order + "H", block, at)[0], _MAX_ENTRIES)
    found = []
    for start in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, kind, length, offset = struct.unpack_from(order + "HHII", block, start)
        if kind == _ASCII or (tag == _USER_COMMENT and kind in (_BYTE, _UNDEFINED)):
            found.append((tag, block[start + 8 : start + 8 + length] if length <= 4 else block[offset : offset + length]))
    return found


def _pointer(block: bytes, order: str, at: int) -> int:
    """Where the EXIF directory lies, or 0."""
    if at <= 0 or at + 2 > len(block):
        return 0
    count = min(struct.unpack_from(order + "H", block, at)[0], _MAX_ENTRIES)
    for start in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, _, _, offset = struct.unpack_from(order + "HHII", block, start)
        if tag == _EXIF_DIRECTORY:
            return int(offset)
    return 0


def _comment(value: bytes, order: str) -> str:
    """A UserComment names its encoding in its first 8 bytes; UTF-16 is big-endian with A1111, whatever the block says."""
    code, body = value[:8], value[8:]
    if not code.startswith(b"UNICODE"):
        return body.decode("utf-8", "replace").strip("\0")
    big = body[:200:2].count(0) >= body[1:200:2].count(0)
    return body.decode("utf-16-be" if big else "utf-16-le", "replace").strip("\0")
