"""Films and meshes without a word: what tells is made free space of the same length, or left out of the description."""

from __future__ import annotations

import re
import struct

from core.errors import BadPicture
from core.formats import gltf
from core.provenance.carriers import matroska
from core.provenance.carriers.matroska import Element

_MOVIE_WORDS = frozenset({b"udta", b"meta", b"uuid"})
MOVIE = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"pdin", b"prft", b"emsg", b"wide", b"pnot"}
    | {b"free", b"skip", *_MOVIE_WORDS}
)
"""Boxes that stand at the top of a film (ISO/IEC 14496-12; QuickTime); what begins with none of them is no part of it."""
TEXT_BEHIND = re.compile(rb"[\t\n\r\x20-\x7e\0]{12,}\Z")
"""What reads like text behind the data of a file that does not say where they end."""
_INSIDE = frozenset({b"moov", b"trak", b"mdia", b"moof", b"traf"})
_SEGMENT, _INFO, _TRACKS, _TRACK, _VOID, _CHECKSUM = (
    0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xEC, 0xBF,
)  # fmt: skip
_OPENED = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK})
_TELLING = frozenset(
    {0x1254C367, 0x1941A469, 0x1043A770, _VOID, _CHECKSUM}  # tags, attachments, chapters
    | {0x7BA9, 0x7384, 0x3C83AB, 0x3E83BB, 0x536E}  # title, names of this, the former and the next file, name of a track
)
"""Checksums go as well, for they are over what is changed here."""
_MESH_EXTENSIONS = frozenset({"KHR_xmp", "KHR_xmp_json_ld"})


def bare_movie(data: bytes) -> bytes:
    """Boxes of words become free space of the same length, so that no offset changes; what stood in them is zero."""
    out = bytearray(data[: end_of_boxes(data, MOVIE)])
    _blank(out, 0, len(out), 0)
    return bytes(out)


def end_of_boxes(data: bytes, known: frozenset[bytes]) -> int:
    """Where the last box at the top ends that is of a known kind; a file that is cut off inside one ends there."""
    at = 0
    while at + 8 <= len(data) and data[at + 4 : at + 8] in known:
        size = int.from_bytes(data[at : at + 4], "big")
        size = int.from_bytes(data[at + 8 : at + 16], "big") if size == 1 else size or len(data) - at
        if size < 8:
            break
        at += size
    return min(at, len(data)) or len(data)


def bare_webm(data: bytes) -> bytes:
    """Elements of words become void ones of the same length; what follows the film is cut off."""
    out = bytearray(data[: matroska.segment(data).end])
    _voided(data, out, 0, len(out))
    return bytes(out)


def bare_mesh(data: bytes) -> bytes:
    """Without extras, copyright and XMP, and without chunks that the standard does not know. Names of parts stay."""
    parts = gltf.parts(data)
    parts.described["asset"].pop("copyright", None)
    _untold(parts.described, 0)
    size = int.from_bytes(parts.rest[:4], "little")
    mesh = parts.rest[: 8 + size] if parts.rest[4:8] == b"BIN\0" else b""
    return gltf.Parts(parts.described, mesh, False).as_bytes()


def bare_exr(data: bytes) -> bytes:
    """Texts in the header become spaces of the same length, for the places of all lines stand behind it."""
    out, at = bytearray(data), 8
    while at < len(data):
        name, at = _word(data, at)
        if not name:
            if not data[5] & 0x10 or at >= len(data) or not data[at]:  # one part only, or the last of many
                return TEXT_BEHIND.sub(b"", bytes(out))
            continue
        kind, at = _word(data, at)
        size = struct.unpack_from("<i", data, at)[0] if at + 4 <= len(data) else -1
        if size < 0 or at + 4 + size > len(data):
            break
        if kind == b"string" and name not in (b"name", b"type", b"view"):
            out[at + 4 : at + 4 + size] = b" " * size
        at += 4 + size
    raise BadPicture("The header of the picture is damaged or cut off.", hint="Send the complete file.")


def _voided(data: bytes, out: bytearray, at: int, end: int) -> None:
    for one in matroska.elements(data, at, end):
        if one.kind in _TELLING:
            out[one.start : one.end] = _void(one)
        elif one.kind in _OPENED:
            _voided(data, out, one.body, one.end)


def _void(one: Element) -> bytes:
    """An element that says nothing, as long as the one it replaces."""
    size = one.end - one.start
    short = size < 129
    length = bytes((0x80 | size - 2,)) if short else (1 << 56 | size - 9).to_bytes(8, "big")
    return bytes((_VOID,)) + length + bytes(size - 2 if short else size - 9)


def _untold(value: object, depth: int) -> None:
    """Take the words out of a description, however deep they stand."""
    if depth > 40:
        return
    if isinstance(value, dict):
        for key in [*value]:
            if key == "extras":
                del value[key]
            elif key in ("extensions", "extensionsUsed") and value[key]:
                _without_extensions(value, key)
        for one in value.values():
            _untold(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _untold(one, depth + 1)


def _without_extensions(value: dict[str, object], key: str) -> None:
    told = value[key]
    if isinstance(told, dict):
        value[key] = {name: one for name, one in told.items() if name not in _MESH_EXTENSIONS}
    elif isinstance(told, list):
        value[key] = [name for name in told if name not in _MESH_EXTENSIONS]
    if not value[key]:
        del value[key]


def _blank(out: bytearray, at: int, end: int, depth: int) -> None:
    while at + 8 <= end:
        size, kind, head = int.from_bytes(out[at : at + 4], "big"), bytes(out[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(out[at + 8 : at + 16], "big"), 16
        size = end - at if size == 0 else size
        if size < head or at + size > end:
            return
        if kind in _MOVIE_WORDS:
            out[at + 4 : at + 8] = b"free"
            out[at + head : at + size] = bytes(size - head)
        elif kind in (b"free", b"skip"):
            out[at + head : at + size] = bytes(size - head)
        elif kind in _INSIDE and depth < 8:
            _blank(out, at + head, at + size, depth + 1)
        at += size


def _word(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\0", at, at + 256)
    return (b"", len(data)) if end < 0 else (data[at:end], end + 1)
