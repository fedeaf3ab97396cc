"""Reads the text in RIFF and IFF files: WebP, WAV, AVI, AIFF; also size and playing time.

Chunks: https://developers.google.com/speed/webp/docs/riff_container, EBU Tech 3285 (`bext`), Apple's AIFF-C draft of 1991.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.formats import claims, exif, id3
from core.formats.decoding import UTF8
from core.formats.film import Film, edge
from core.formats.raw_text import RawTexts

_MOST = 20_000
_TEXTS = {b"iXML": "iXML", b"axml": "axml", b"XMP ": "xmp", b"_PMX": "xmp", b"IDIT": "IDIT"}
_INFO = {b"ICMT": "comment", b"INAM": "title", b"IART": "artist", b"ISFT": "software", b"ICOP": "copyright", b"IKEY": "keywords",
         b"ISBJ": "subject", b"IPRD": "album", b"IGNR": "genre", b"ICRD": "date", b"ISRC": "source"}  # fmt: skip
_AIFF = {b"NAME": "title", b"AUTH": "author", b"(c) ": "copyright", b"ANNO": "comment"}
_DEEPEST = 4


def read_webp(data: bytes, into: RawTexts) -> None:
    """Add the texts of a WebP file."""
    for name, body in chunks(data, "little"):
        if name == b"EXIF":
            exif.read(body, into)
        elif name == b"XMP ":
            into.add("XMP", "xmp", UTF8, body)
        elif name == b"C2PA":
            claims.read(body, into)


def read(data: bytes, *, max_text: int) -> Film:
    """A WAV or AVI file."""
    film, rate = Film(left=max_text), 0
    for name, body in _all(memoryview(data), "little"):
        if name == b"fmt " and len(body) >= 12:
            rate = int.from_bytes(body[8:12], "little")
        elif name == b"data" and rate and film.seconds is None:
            film.seconds = round(len(body) / rate, 3) or None
        elif name == b"avih" and len(body) >= 40:
            spacing, frames = int.from_bytes(body[:4], "little"), int.from_bytes(body[16:20], "little")
            film.seconds = round(spacing * frames / 1e6, 3) or None
            film.width, film.height = (edge(one) for one in struct.unpack_from("<II", body, 32))
        elif name == b"bext":
            film.raw.add("WAV bext description", "description", UTF8, bytes(body[:256]).rstrip(b"\0"))
            film.raw.add("WAV bext coding history", "coding history", UTF8, bytes(body[602:]).rstrip(b"\0 \r\n"))
        elif name.lower() == b"id3 ":
            id3.read(bytes(body), film.raw)
        elif name in _TEXTS or name in _INFO:
            key = _TEXTS.get(name) or _INFO[name]
            film.raw.add("XMP" if key == "xmp" else f"RIFF {name.decode().strip()}", key, UTF8, bytes(body).rstrip(b"\0"))
    return film


def read_aiff(data: bytes, *, max_text: int) -> Film:
    """An AIFF or AIFF-C file."""
    film = Film(left=max_text)
    for name, body in chunks(data, "big"):
        if name == b"COMM" and len(body) >= 18:
            film.seconds = _aiff_seconds(body)
        elif name == b"COMT":
            _aiff_comments(body, film)
        elif name == b"ID3 ":
            id3.read(bytes(body), film.raw)
        elif name in _AIFF:
            film.raw.add(f"AIFF {name.decode().strip()}", _AIFF[name], UTF8, bytes(body).rstrip(b"\0"))
    return film


def chunks(data: bytes | memoryview, order: str, at: int = 12) -> Iterator[tuple[bytes, memoryview]]:
    """(name, body) of the chunks of a form; the last may be cut off."""
    view = memoryview(data)
    for _ in range(_MOST):
        if at + 8 > len(view):
            return
        size = int.from_bytes(view[at + 4 : at + 8], "little" if order == "little" else "big")
        yield bytes(view[at : at + 4]), view[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _all(data: memoryview, order: str, depth: int = 0, at: int = 12) -> Iterator[tuple[bytes, memoryview]]:
    """The same, with those inside of lists."""
    for name, body in chunks(data, order, at):
        if name == b"LIST" and depth < _DEEPEST and bytes(body[:4]) != b"movi":
            yield from _all(body, order, depth + 1, 4)
        else:
            yield name, body


def _aiff_seconds(body: memoryview) -> float | None:
    """Frames and rate; the rate is an 80-bit number."""
    frames, exponent = int.from_bytes(body[2:6], "big"), int.from_bytes(body[8:10], "big") & 0x7FFF
    shift = 16383 + 63 - exponent
    rate = int.from_bytes(body[10:18], "big") >> shift if 0 <= shift < 64 else 0
    return round(frames / rate, 3) if rate and frames else None


def _aiff_comments(body: memoryview, film: Film) -> None:
    """Comments with a time and a marker before each."""
    at = 2
    for _ in range(min(int.from_bytes(body[:2], "big"), 100)):
        size = int.from_bytes(body[at + 6 : at + 8], "big")
        film.raw.add("AIFF COMT", "comment", UTF8, body[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
