"""MP4, MOV and AVIF: `uuid` boxes at the end of the file (ISO/IEC 14496-12), so that no offset in it changes.

XMP has the id that Adobe's XMP specification part 3 gives it. A file whose last box runs to the end of the file takes none.
Signing moves offsets, so `remove` gives a sealed file back without our words, not byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from core.errors import BadPicture
from core.provenance.carriers.field_names import COMPLETE, CUT_OFF, RECORD, XMP

_IDS = {
    XMP: UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes,
    RECORD: UUID("5c1a7e00-0f1c-5a7e-8ec0-7d5a1a7e0001").bytes,
}


@dataclass(frozen=True)
class BmffBox:
    """A box at the top of the file; `id` only where it is a `uuid` box."""

    kind: bytes
    id: bytes
    start: int
    end: int
    head: int
    open: bool
    """Whether it runs to the end of the file, however long that gets."""

    def body(self, data: bytes) -> bytes:
        return data[self.start + self.head : self.end]


def boxes(data: bytes) -> list[BmffBox]:
    """The boxes at the top. Raises BadPicture."""
    found, at = list[BmffBox](), 0
    while at < len(data):
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        endless = size == 0
        end = len(data) if endless else at + size
        if len(kind) < 4 or end > len(data) or end < at + head or len(found) > 100_000:
            raise BadPicture(CUT_OFF, hint=COMPLETE)
        named = data[at + head : at + head + 16] if kind == b"uuid" else b""
        found.append(BmffBox(kind, named, at, end, head + len(named), endless))
        at = end
    return found


def free(data: bytes) -> frozenset[str]:
    found = boxes(data)
    if not found or found[-1].open:
        return frozenset()
    there = {box.id for box in found}
    own = any(box.kind == b"meta" and _XMP_ITEM in box.body(data)[:200_000] for box in found)
    return frozenset(name for name, mark in _IDS.items() if mark not in there and not (own and name == XMP))


_XMP_ITEM = b"application/rdf+xml\0"
"""How an AVIF that brought XMP of its own announces it."""


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    return data + b"".join(_box(_IDS[name], words[name].encode()) for name in (XMP, RECORD) if name in words)


def remove(data: bytes, added: Collection[str]) -> bytes:
    found = boxes(data)
    if not any(box.id == _IDS[RECORD] for box in found):
        return data
    names = {_IDS[RECORD]} | ({_IDS[XMP]} if XMP in added else set())
    return b"".join(data[box.start : box.end] for box in found if box.id not in names)


def read(data: bytes) -> Mapping[str, str]:
    found = {box.id: box for box in boxes(data) if box.id}
    return {name: found[mark].body(data).decode("utf-8", "replace") for name, mark in _IDS.items() if mark in found}


def _box(name: bytes, body: bytes) -> bytes:
    return (24 + len(body)).to_bytes(4, "big") + b"uuid" + name + body
