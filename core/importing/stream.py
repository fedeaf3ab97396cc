"""Reads a file piece by piece to its end for its digest, and keeps only as much of it as is worth looking at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.formats import kinds, png

WHOLE = 64 << 20
"""Files up to here are kept whole; of larger ones the head, of a film the boxes around its pictures, of a PNG all but pixels."""
_HEAD = 16
_MOST_PARTS = 100_000
_ENDLESS = 1 << 62
_END = b"\0\0\0\0IEND\xaeB`\x82"


@dataclass(frozen=True)
class Sifted:
    """What was kept of a file, and its digest and length as a whole."""

    kept: bytes
    sha256: str
    size: int

    @property
    def whole(self) -> bool:
        return len(self.kept) == self.size


def sift(pieces: Iterable[bytes], *, whole: int = WHOLE, pictures: int = 0) -> Sifted:
    """Read everything; what is a picture is kept whole up to `pictures` bytes. Raises what the pieces raise."""
    digest, size, head = hashlib.sha256(), 0, list[bytes]()
    parts: _Parts | None = None
    for piece in pieces:
        if not size and kinds.mime_of(piece[:64], "") in kinds.PICTURES:
            whole = max(whole, pictures)
        digest.update(piece)
        size += len(piece)
        if parts is not None:
            parts.feed(piece)
        elif size <= whole:
            head.append(piece)
        elif (found := _parts_of(b"".join(head)[:64] or piece[:64], whole)) is not None:
            parts = found
            for one in [*head, piece]:
                parts.feed(one)
            head = []
        elif size - len(piece) < whole:
            head.append(piece[: whole - (size - len(piece))])
    kept = bytes(parts.kept) if parts is not None else b"".join(head)
    return Sifted(kept, digest.hexdigest(), size)


def _parts_of(start: bytes, most: int) -> _Parts | None:
    if start[4:8] == b"ftyp":
        return _Boxes(most)
    return _Chunks(most) if png.is_png(start) else None


@dataclass
class _Parts:
    """A file's parts as they pass by, each with its length before it; kept are those worth looking at that are not too long."""

    most: int
    kept: bytearray = field(default_factory=bytearray)
    seen: int = 0
    """Parts that were looked at; what follows the _MOST_PARTS first is passed over unread."""
    _head: bytes = b""
    _left: int = 0
    _keeping: bool = False

    def feed(self, piece: bytes) -> None:
        rest = memoryview(self._head + piece)  # slices of a view are no copies, however many small parts there are
        self._head = b""
        while rest:
            if not self._left:
                rest = self._begin(rest)
                continue
            taken, rest = rest[: self._left], rest[self._left :]
            self._left -= len(taken)
            if self._keeping:
                self.kept += taken

    def _begin(self, piece: memoryview) -> memoryview:
        """Take a part's length and type from the front; what is not enough for them waits for the next piece."""
        if len(piece) < self._needs():
            self._head = bytes(piece)
            return piece[:0]
        self.seen += 1
        self._left, worthy = self._told(piece) if self.seen <= _MOST_PARTS else (_ENDLESS, False)
        self._keeping = worthy and self._left <= self.most - len(self.kept)
        return piece

    def _needs(self) -> int:
        """Bytes that tell a part's length and type."""
        return _HEAD

    def _told(self, piece: memoryview) -> tuple[int, bool]:
        """(length, whether it is worth keeping) of the part that begins here."""
        raise NotImplementedError


class _Boxes(_Parts):
    """The outer boxes of an MP4, without its pictures (`mdat`)."""

    def _told(self, piece: memoryview) -> tuple[int, bool]:
        size = int.from_bytes(piece[:4], "big")
        size = int.from_bytes(piece[8:16], "big") if size == 1 else _ENDLESS if size == 0 else size
        return max(size, _HEAD), bytes(piece[4:8]) in (b"ftyp", b"moov")


class _Chunks(_Parts):
    """The chunks of a PNG, without its pixels; what follows the last is left out."""

    def _needs(self) -> int:
        return 8

    def _told(self, piece: memoryview) -> tuple[int, bool]:
        if not self.kept:
            return len(png.SIGNATURE), True
        if self.kept.endswith(_END, -12):
            return _ENDLESS, False
        return 12 + int.from_bytes(piece[:4], "big"), bytes(piece[4:8]) not in (b"IDAT", b"fdAT")
