"""Reads and extends PNG files chunk by chunk (https://www.w3.org/TR/png-3/), without decoding a pixel.

Every length is checked against the bytes that are there, and compressed text is unpacked only up to a cap.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.errors import BadPicture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 100_000
_MAX_FRAMES = 2**31 - 1
"""More are claimed by no picture, and held by no column of whole numbers."""
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_MAX_PROFILE = 1 << 20
_CUT_OFF = "The PNG file is cut off."


@dataclass(frozen=True)
class Chunk:
    """One chunk: its type and where its bytes, header and checksum included, lie in the file."""

    type: bytes
    start: int
    end: int

    def body(self, data: bytes) -> bytes:
        return data[self.start + 8 : self.end - 4]


@dataclass(frozen=True)
class Header:
    """Size in pixels and number of frames (more than one for an animated PNG), as the file claims them."""

    width: int
    height: int
    frames: int = 1


@dataclass
class Texts:
    """Text by keyword, and what was wrong with the texts that were left out."""

    found: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def is_png(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def chunks(data: bytes) -> list[Chunk]:
    """The chunks from IHDR to IEND; what follows IEND is no part of the picture. Raises BadPicture for a broken file."""
    found: list[Chunk] = []
    at = len(SIGNATURE)
    while not found or found[-1].type != b"IEND":
        if at + 12 > len(data):
            raise BadPicture(_CUT_OFF, hint="Send the complete file.")
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(Chunk(data[at + 4 : at + 8], at, at + 12 + length))
        at += 12 + length
        if at > len(data):
            raise BadPicture(_CUT_OFF, hint="Send the complete file.")
        if len(found) > _MAX_CHUNKS:
            raise BadPicture("The PNG file has too many chunks.")
    if found[0].type != b"IHDR" or found[0].end - found[0].start != 25:
        raise BadPicture("The PNG file does not begin with a header.")
    return found


def header(data: bytes, parts: list[Chunk]) -> Header:
    """What the header claims, before anything is decoded."""
    width, height = struct.unpack(">II", parts[0].body(data)[:8])
    frames = next((int.from_bytes(part.body(data)[:4], "big") for part in parts if part.type == b"acTL"), 1)
    return Header(width, height, min(max(1, frames), _MAX_FRAMES))


def texts(data: bytes, parts: list[Chunk], *, max_text: int) -> Texts:
    """All text chunks and ComfyUI's `comf` chunks of animated PNGs, at most `max_text` bytes of text in all."""
    result, left = Texts(), max_text
    for part in parts:
        if part.type not in (*_TEXT, b"comf"):
            continue
        keyword, _, rest = part.body(data).partition(b"\0")
        name = keyword[:79].decode("latin-1")
        try:
            text = _text(part.type, rest, left)
        except (ValueError, zlib.error) as problem:
            result.problems.append(f"The text `{name}` in the file was left out: {problem}.")
            continue
        left -= len(text)
        result.found[name] = text
    return result


def _text(kind: bytes, rest: bytes, cap: int) -> str:
    if kind == b"tEXt":
        return _within(rest, cap).decode("latin-1")
    if kind == b"comf":
        return _within(rest, cap).decode("utf-8", "replace")
    if kind == b"zTXt":
        return inflate(rest[1:], cap).decode("latin-1")
    compressed = rest[:1] == b"\1"
    _, _, after_language = rest[2:].partition(b"\0")
    _, _, body = after_language.partition(b"\0")
    return (inflate(body, cap) if compressed else _within(body, cap)).decode("utf-8", "replace")


def _within(body: bytes, cap: int) -> bytes:
    if len(body) > cap:
        raise ValueError("it is too long")
    return body


def inflate(packed: bytes, cap: int) -> bytes:
    """The unpacked bytes, never more than `cap` of them. Raises ValueError for more, zlib.error for a broken stream."""
    unpacker = zlib.decompressobj()
    body = unpacker.decompress(packed, cap + 1)
    if len(body) > cap:
        raise ValueError("it unpacks to too much text")
    if not unpacker.eof:
        raise ValueError("its packed text is cut off")
    return body


def bare(data: bytes, parts: list[Chunk]) -> bytes:
    """The same picture with only what decoding the first frame needs, so that no decoder meets the rest."""
    kept = [part for part in parts if part.type in _NEEDED or (part.type == b"iCCP" and _modest(part.body(data)))]
    return SIGNATURE + b"".join(data[part.start : part.end] for part in kept)


def _modest(profile: bytes) -> bool:
    try:
        inflate(profile.partition(b"\0")[2][1:], _MAX_PROFILE)
    except (ValueError, zlib.error):
        return False
    return True


def text_chunk(keyword: str, text: str) -> bytes:
    """A text chunk: tEXt where Latin-1 is enough, else iTXt in UTF-8."""
    head = keyword.encode("latin-1")
    try:
        return _chunk(b"tEXt", head + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return international_chunk(keyword, text)


def international_chunk(keyword: str, text: str) -> bytes:
    """An iTXt chunk, uncompressed, in UTF-8."""
    return _chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def insert(data: bytes, parts: list[Chunk], new: Iterable[bytes]) -> bytes:
    """The file with new chunks right behind its header; every other byte stays as it is."""
    return data[: parts[0].end] + b"".join(new) + data[parts[0].end :]


def without(data: bytes, gone: Iterable[Chunk]) -> bytes:
    """The file without some of its chunks; every other byte stays as it is."""
    kept, at = [], 0
    for part in sorted(gone, key=lambda one: one.start):
        kept.append(data[at : part.start])
        at = part.end
    return b"".join((*kept, data[at:]))
