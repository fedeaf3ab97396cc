"""Reads and extends PNG files chunk by chunk (https://www.w3.org/TR/png-3/), without decoding a pixel.

Every length is checked against the bytes that are there, and compressed text is unpacked only up to a cap.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.errors import BadPicture
from core.formats import claims, exif
from core.formats.decoding import LATIN1, UTF8
from core.formats.raw_text import RawTexts

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 100_000
_MAX_FRAMES = 2**31 - 1
"""More are claimed by no picture, and held by no column of whole numbers."""
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_FRAMES = (b"acTL", b"fcTL", b"fdAT")
_MAX_PROFILE = 1 << 20
_PROFILE = "Raw profile type "
XMP_KEYWORD = "XML:com.adobe.xmp"
_CUT_OFF = "The PNG file is cut off."


@dataclass(frozen=True)
class PngChunk:
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


def chunks(data: bytes) -> list[PngChunk]:
    """The chunks from IHDR to IEND; what follows IEND is no part of the picture. Raises BadPicture for a broken file."""
    found: list[PngChunk] = []
    at = len(SIGNATURE)
    while not found or found[-1].type != b"IEND":
        if at + 12 > len(data):
            raise BadPicture(_CUT_OFF, hint="Send the complete file.")
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(PngChunk(data[at + 4 : at + 8], at, at + 12 + length))
        at += 12 + length
        if at > len(data):
            raise BadPicture(_CUT_OFF, hint="Send the complete file.")
        if len(found) > _MAX_CHUNKS:
            raise BadPicture("The PNG file has too many chunks.")
    if found[0].type != b"IHDR" or found[0].end - found[0].start != 25:
        raise BadPicture("The PNG file does not begin with a header.")
    return found


def header(data: bytes, parts: list[PngChunk]) -> Header:
    """What the header claims, before anything is decoded. A first picture that its animation does not show counts as one more."""
    width, height = struct.unpack(">II", parts[0].body(data)[:8])
    frames = next((int.from_bytes(part.body(data)[:4], "big") for part in parts if part.type == b"acTL"), 1)
    order = [part.type for part in parts if part.type in (b"acTL", b"fcTL", b"IDAT")]
    apart = b"acTL" in order and b"IDAT" in order and b"fcTL" not in order[: order.index(b"IDAT")]
    return Header(width, height, min(max(1, frames) + apart, _MAX_FRAMES))


def read(data: bytes, parts: list[PngChunk], into: RawTexts) -> None:
    """Add all text chunks, ComfyUI's `comf` chunks of animated PNGs, the EXIF chunk and ImageMagick's profiles in hex."""
    for part in parts:
        if part.type == b"eXIf":
            exif.read(memoryview(data)[part.start + 8 : part.end - 4], into)
        if part.type == b"caBX":
            claims.read(memoryview(data)[part.start + 8 : part.end - 4], into)
        if part.type not in (*_TEXT, b"comf"):
            continue
        keyword, _, rest = part.body(data).partition(b"\0")
        name = keyword[:79].decode("latin-1")
        try:
            body = _text(part.type, rest, into.left)
        except (ValueError, zlib.error) as problem:
            into.left //= 2  # what was unpacked in vain counts, or a file of many such texts costs without end
            into.refuse(f"PNG text `{name}`", str(problem))
            continue
        if name.startswith(_PROFILE) and _profile(name.removeprefix(_PROFILE), body, into):
            continue
        place = "XMP" if name == XMP_KEYWORD else f"PNG text `{name}`"
        into.add(place, "xmp" if name == XMP_KEYWORD else name, UTF8 if part.type in (b"iTXt", b"comf") else LATIN1, body)


def texts(data: bytes, parts: list[PngChunk], *, max_text: int) -> Texts:
    """The text chunks by keyword, the last of each, at most `max_text` bytes in all."""
    raw = RawTexts(max_text)
    read(data, [part for part in parts if part.type not in (b"eXIf", b"caBX")], raw)
    named = ((XMP_KEYWORD if one.key == "xmp" else one.key, one) for one in raw.found)
    return Texts({key: one.body.decode(one.code, "replace") for key, one in named}, raw.problems)


def _profile(kind: str, body: bytes, into: RawTexts) -> bool:
    """A profile as ImageMagick writes it: its kind, its length and its bytes in hex. False for what is none."""
    try:
        whole = bytes.fromhex(b"".join(body.split()[2:]).decode("ascii"))
    except ValueError:
        return False
    if kind in ("exif", "APP1") and not whole.startswith(b"http"):
        exif.read(whole, into)
    elif kind in ("xmp", "APP1"):
        into.add("XMP", "xmp", UTF8, whole.partition(b"\0")[2] if whole.startswith(b"http") else whole)
    elif kind in ("iptc", "8bim"):
        exif.read_resources(whole, into)
    return True


def _text(kind: bytes, rest: bytes, cap: int) -> bytes:
    if kind in (b"tEXt", b"comf"):
        return _within(rest, cap)
    if kind == b"zTXt":
        return inflate(rest[1:], cap)
    compressed = rest[:1] == b"\1"
    _, _, after_language = rest[2:].partition(b"\0")
    _, _, body = after_language.partition(b"\0")
    return inflate(body, cap) if compressed else _within(body, cap)


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


def bare(data: bytes, parts: list[PngChunk], *, every_frame: bool = False) -> bytes:
    """The same picture with only what decoding needs, of the first frame or of all, so that no decoder meets the rest."""
    needed = (*_NEEDED, *_FRAMES) if every_frame else _NEEDED
    kept = [part for part in parts if part.type in needed or (part.type == b"iCCP" and _modest(part.body(data)))]
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
        return chunk(b"tEXt", head + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return international_chunk(keyword, text)


def international_chunk(keyword: str, text: str) -> bytes:
    """An iTXt chunk, uncompressed, in UTF-8."""
    return chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def insert(data: bytes, parts: list[PngChunk], new: Iterable[bytes]) -> bytes:
    """The file with new chunks right behind its header; every other byte stays as it is."""
    return data[: parts[0].end] + b"".join(new) + data[parts[0].end :]


def without(data: bytes, gone: Iterable[PngChunk]) -> bytes:
    """The file without some of its chunks; every other byte stays as it is."""
    kept, at = [], 0
    for part in sorted(gone, key=lambda one: one.start):
        kept.append(data[at : part.start])
        at = part.end
    return b"".join((*kept, data[at:]))
