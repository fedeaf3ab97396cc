"""Vorbis comments (https://xiph.org/vorbis/doc/v-comment.html), as FLAC and Ogg have them: a vendor and `KEY=value` entries."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.errors import BadPicture

_MOST = 10_000
_CUT_OFF = "The comments of the sound file are cut off."


@dataclass(frozen=True)
class Comments:
    """All of a comment block. `rest` is what follows the entries: padding, or the closing bit of Vorbis."""

    vendor: bytes = b""
    entries: tuple[bytes, ...] = ()
    rest: bytes = b""

    @classmethod
    def of(cls, body: bytes) -> Comments:
        """Raises BadPicture."""
        vendor, at = _piece(body, 0)
        if at + 4 > len(body):
            raise BadPicture(_CUT_OFF)
        entries = []
        count = struct.unpack_from("<I", body, at)[0]
        at += 4
        for _ in range(min(count, _MOST)):
            entry, at = _piece(body, at)
            entries.append(entry)
        return cls(vendor, tuple(entries), body[at:])

    def as_bytes(self) -> bytes:
        told = b"".join(struct.pack("<I", len(entry)) + entry for entry in self.entries)
        return struct.pack("<I", len(self.vendor)) + self.vendor + struct.pack("<I", len(self.entries)) + told + self.rest

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(_key(entry) for entry in self.entries)

    def value(self, key: str) -> str:
        """The first entry of that name; empty where there is none."""
        return next((entry.partition(b"=")[2].decode("utf-8", "replace") for entry in self.entries if _key(entry) == key), "")

    def with_entries(self, words: Mapping[str, str], order: Iterable[str]) -> Comments:
        new = tuple(f"{name.upper()}={words[name]}".encode() for name in order if name in words)
        return Comments(self.vendor, self.entries + new, self.rest)

    def without(self, names: Collection[str]) -> Comments:
        return Comments(self.vendor, tuple(entry for entry in self.entries if _key(entry) not in names), self.rest)


def _key(entry: bytes) -> str:
    return entry.partition(b"=")[0].decode("utf-8", "replace").lower()


def _piece(body: bytes, at: int) -> tuple[bytes, int]:
    if at + 4 > len(body):
        raise BadPicture(_CUT_OFF)
    size = struct.unpack_from("<I", body, at)[0]
    if at + 4 + size > len(body):
        raise BadPicture(_CUT_OFF)
    return body[at + 4 : at + 4 + size], at + 4 + size
