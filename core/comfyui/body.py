"""Reads the body of an answer piece by piece, unpacked, and never more of it than is allowed."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import httpx2

_EITHER_HEAD = 47
"""Tells zlib to take gzip and zlib streams, whichever comes."""


class TooMuch(Exception):
    """The body is larger than it may be."""


class BadEncoding(Exception):
    """The body is packed in a way that was not asked for, or is broken."""


def read_body(answer: httpx2.Response, most: int, on_time: Callable[[int], None]) -> bytes:
    """The unpacked body. `on_time` is told how many bytes have come. Raises TooMuch, BadEncoding, and what `on_time` raises."""
    announced = answer.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > most:
        raise TooMuch
    encoding = answer.headers.get("content-encoding", "identity").strip().casefold()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise BadEncoding(encoding[:40])
    unpacker = zlib.decompressobj(_EITHER_HEAD) if encoding not in ("identity", "") else None
    pieces, size, received = list[bytes](), 0, 0
    for raw in answer.iter_raw():
        received += len(raw)
        on_time(received)
        piece = _unpacked(unpacker, raw, most - size) if unpacker else raw
        size += len(piece)
        if size > most:
            raise TooMuch
        pieces.append(piece)
    if unpacker is not None and received and not unpacker.eof:
        raise BadEncoding("cut off")
    return b"".join(pieces)


def _unpacked(unpacker: zlib._Decompress, raw: bytes, room: int) -> bytes:
    """The next piece, of which one byte more than there is room for shows that it is too much."""
    try:
        piece = unpacker.decompress(raw, room + 1)
    except zlib.error as problem:
        raise BadEncoding(str(problem)) from problem
    if unpacker.unused_data:
        raise BadEncoding("something behind its end")
    return piece
