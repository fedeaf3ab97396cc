"""WebP: chunks behind the picture (https://developers.google.com/speed/webp/docs/riff_container), announced in a VP8X header.

A simple file has no such header; it gets one, and loses it again in `remove`.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.errors import BadPicture
from core.provenance.carriers import comment
from core.provenance.carriers.field_names import COMPLETE, CUT_OFF, PARAMETERS, RECORD, XMP

_NAMES = {RECORD: b"SLAT", PARAMETERS: b"EXIF", XMP: b"XMP "}
_FLAGS = {PARAMETERS: 0x08, XMP: 0x04}
_ALPHA, _HEADER, _SEAL = 0x10, b"VP8X", b"C2PA"
_HEADER_SIZE = 10
_MADE_HEADER = b"h"
"""The record's chunk begins with this when the header is ours."""


@dataclass(frozen=True)
class WebpChunk:
    """One chunk: its name and where its bytes, header and padding included, lie."""

    name: bytes
    start: int
    end: int
    size: int

    def body(self, data: bytes) -> bytes:
        return data[self.start + 8 : self.start + 8 + self.size]


def chunks(data: bytes) -> list[WebpChunk]:
    """The chunks of the RIFF form. Raises BadPicture."""
    return chunks_within(data[: min(len(data), 8 + int.from_bytes(data[4:8], "little"))], 12)


def chunks_within(data: bytes, at: int) -> list[WebpChunk]:
    """The chunks from `at` to the end, such as those of one frame of an animation. Raises BadPicture."""
    found, end = list[WebpChunk](), len(data)
    while at + 8 <= end and len(found) < 100_000:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > len(data):
            raise BadPicture(CUT_OFF, hint=COMPLETE)
        found.append(WebpChunk(data[at : at + 4], at, min(at + 8 + size + size % 2, len(data)), size))
        at += 8 + size + size % 2
    if not found:
        raise BadPicture(CUT_OFF, hint=COMPLETE)
    return found


def free(data: bytes) -> frozenset[str]:
    there = {part.name for part in chunks(data)}
    return frozenset(name for name, kind in _NAMES.items() if kind not in there)


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    parts = chunks(data)
    made = parts[0].name != _HEADER
    if not made and parts[0].size < _HEADER_SIZE:
        raise BadPicture(CUT_OFF, hint=COMPLETE)
    header = _made_header(data, parts[0]) if made else data[parts[0].start : parts[0].end]
    flags = header[8]
    for name in words:
        flags |= _FLAGS.get(name, 0)
    header = header[:8] + bytes((flags,)) + header[9:]
    new = b"".join(chunk(_NAMES[name], _body(name, words[name], made)) for name in (PARAMETERS, XMP, RECORD) if name in words)
    rest = data[parts[0].start if made else parts[0].end : parts[-1].end]
    return _form(header + rest + new) + data[parts[-1].end :]


def remove(data: bytes, added: Collection[str]) -> bytes:
    parts = chunks(data)
    ours = next((part for part in parts if part.name == _NAMES[RECORD]), None)
    if ours is None:
        return data
    gone = {_NAMES[RECORD], _SEAL} | {_NAMES[name] for name in added if name in _NAMES}
    made = ours.body(data).startswith(_MADE_HEADER)
    kept = [data[part.start : part.end] for part in parts if part.name not in gone and not (made and part.name == _HEADER)]
    if not made and parts[0].name == _HEADER and parts[0].size >= _HEADER_SIZE:
        flags = kept[0][8]
        for name in added:
            flags &= ~_FLAGS.get(name, 0)
        kept[0] = kept[0][:8] + bytes((flags,)) + kept[0][9:]
    return _form(b"".join(kept)) + data[parts[-1].end :]


def read(data: bytes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in chunks(data):
        body = part.body(data)
        if part.name == _NAMES[XMP]:
            found.setdefault(XMP, body.decode("utf-8", "replace"))
        elif part.name == _NAMES[PARAMETERS]:
            found |= comment.read(body)
        elif part.name == _NAMES[RECORD]:
            found.setdefault(RECORD, body[1:].decode("utf-8", "replace"))
    return found


def _body(name: str, text: str, made: bool) -> bytes:
    if name == PARAMETERS:
        return comment.block(text)
    return (text if name == XMP else (_MADE_HEADER.decode() if made else "-") + text).encode()


def _made_header(data: bytes, first: WebpChunk) -> bytes:
    """A VP8X chunk for a file of one VP8 or VP8L chunk, with its size and whether it is transparent."""
    body = first.body(data)
    if first.name == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        width, height, flags = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, _ALPHA if bits >> 28 & 1 else 0
    elif first.name == b"VP8 " and len(body) >= 10:
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", body, 6))
        flags = 0
    else:
        raise BadPicture("The WebP file does not begin with a picture.")
    if not width or not height:
        raise BadPicture("The WebP file says that its picture has no size.")
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(_HEADER, bytes((flags, 0, 0, 0)) + size)


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk, padded."""
    return name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _form(inside: bytes) -> bytes:
    return b"RIFF" + (len(inside) + 4).to_bytes(4, "little") + b"WEBP" + inside
