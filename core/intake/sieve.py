"""Reads a file piece by piece to its end for its digest, and keeps only as much of it as is worth looking at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

WHOLE = 64 << 20
"""Files up to here are kept whole; of larger ones the head, and of a film the boxes around its pictures."""
_HEAD = 16
_ENDLESS = 1 << 62


@dataclass(frozen=True)
class Sifted:
    """What was kept of a file, and its digest and length as a whole."""

    kept: bytes
    sha256: str
    size: int

    @property
    def whole(self) -> bool:
        return len(self.kept) == self.size


def sift(pieces: Iterable[bytes], *, whole: int = WHOLE) -> Sifted:
    """Read everything; raises what the pieces raise."""
    digest, size, head = hashlib.sha256(), 0, list[bytes]()
    film: _Boxes | None = None
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        if film is not None:
            film.feed(piece)
        elif size <= whole:
            head.append(piece)
        elif b"".join(head)[4:8] == b"ftyp":
            film = _Boxes(whole)
            film.feed(b"".join([*head, piece]))
            head = []
        elif size - len(piece) < whole:
            head.append(piece[: whole - (size - len(piece))])
    kept = bytes(film.kept) if film is not None else b"".join(head)
    return Sifted(kept, digest.hexdigest(), size)


@dataclass
class _Boxes:
    """The outer boxes of an MP4 as they pass by, without the pictures (`mdat`) and whatever is too long."""

    most: int
    kept: bytearray = field(default_factory=bytearray)
    _head: bytes = b""
    _left: int = 0
    _keeping: bool = False

    def feed(self, piece: bytes) -> None:
        while piece:
            if not self._left:
                piece = self._begin(self._head + piece)
                continue
            taken, piece = piece[: self._left], piece[self._left :]
            self._left -= len(taken)
            if self._keeping:
                self.kept += taken

    def _begin(self, piece: bytes) -> bytes:
        """Take a box's length and type from the front; what is not enough for them waits for the next piece."""
        if len(piece) < _HEAD:
            self._head = piece
            return b""
        size = int.from_bytes(piece[:4], "big")
        size = int.from_bytes(piece[8:16], "big") if size == 1 else _ENDLESS if size == 0 else size
        self._head, self._left = b"", max(size, _HEAD)
        self._keeping = piece[4:8] in (b"ftyp", b"moov") and size <= self.most - len(self.kept)
        return piece
