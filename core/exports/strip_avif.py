"""AVIF without a word: its items of EXIF and XMP are taken out of the lists, and their bytes are made zero.

What the lists lose in length becomes free space right behind them, so that no offset changes (ISO/IEC 14496-12, 8.11).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import BadPicture
from core.exports.strip_film import end_of_boxes
from core.provenance.carriers import bmff

_WORDS = frozenset({b"Exif", b"mime", b"uri "})
_BLANKED = frozenset({b"uuid", b"free", b"skip", b"udta"})
AVIF = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"moof", b"styp", b"sidx", *_BLANKED})
"""Boxes at the top; what begins with none of them is no part of the picture."""


@dataclass(frozen=True)
class AvifBox:
    kind: bytes
    start: int
    body: int
    end: int


def bare_avif(data: bytes) -> bytes:
    """Raises BadPicture for a file that is broken, or that keeps its words in a way not known here."""
    data = data[: end_of_boxes(data, AVIF)]
    out = bytearray(data)
    for top in bmff.boxes(data):
        if top.kind in _BLANKED:
            out[top.start + 4 : top.start + 8] = b"free"
            head = top.head - len(top.id)
            out[top.start + head : top.end] = bytes(top.end - top.start - head)
        elif top.kind == b"meta":
            _meta(data, out, top.start + top.head + 4, top.start, top.end)
    return bytes(out)


def _meta(data: bytes, out: bytearray, at: int, start: int, end: int) -> None:
    inside = list(_boxes(data, at, end))
    named = {box.kind: box for box in inside}
    if b"iinf" not in named or b"iloc" not in named:
        raise _broken()
    gone = frozenset(ident for ident, kind, _ in _infos(data, named[b"iinf"]) if kind in _WORDS)
    if not gone:
        return
    places = _without_places(data, out, named[b"iloc"], named.get(b"idat"), gone)
    laid = []
    for box in inside:
        match box.kind:
            case b"iinf":
                laid.append(_without_infos(data, box, gone))
            case b"iloc":
                laid.append(places)
            case b"iref":
                laid.append(_without_references(data, box, gone))
            case b"free" | b"skip":
                laid.append(data[box.start : box.body] + bytes(box.end - box.body))
            case _:
                laid.append(bytes(out[box.start : box.end]))
    whole = b"".join(laid)
    spare = end - at - len(whole)
    if spare < 8:
        raise _broken()
    out[at:end] = whole + spare.to_bytes(4, "big") + b"free" + bytes(spare - 8)


def _infos(data: bytes, box: AvifBox) -> Iterator[tuple[int, bytes, AvifBox]]:
    """(item, its type, its box) of the list of items."""
    wide = data[box.body] > 0
    for one in _boxes(data, box.body + (8 if wide else 6), box.end):
        version = data[one.body]
        if one.kind != b"infe" or version not in (2, 3):
            raise _broken()
        width = 2 if version == 2 else 4
        at = one.body + 4
        yield int.from_bytes(data[at : at + width], "big"), data[at + width + 2 : at + width + 6], one


def _without_infos(data: bytes, box: AvifBox, gone: frozenset[int]) -> bytes:
    width = 4 if data[box.body] > 0 else 2
    kept = [data[one.start : one.end] for ident, _, one in _infos(data, box) if ident not in gone]
    return _box(box.kind, data[box.body : box.body + 4] + len(kept).to_bytes(width, "big") + b"".join(kept))


def _without_places(data: bytes, out: bytearray, box: AvifBox, inner: AvifBox | None, gone: frozenset[int]) -> bytes:
    """The list of places without those of the words, whose bytes are zero afterwards."""
    version, at = data[box.body], box.body + 4
    offset_size, length_size, base_size = data[at] >> 4, data[at] & 15, data[at + 1] >> 4
    index_size = data[at + 1] & 15 if version in (1, 2) else 0
    wide = 4 if version == 2 else 2
    count, head = int.from_bytes(data[at + 2 : at + 2 + wide], "big"), data[at : at + 2]
    at += 2 + wide
    kept = []
    for _ in range(count):
        first, ident = at, int.from_bytes(data[at : at + wide], "big")
        at += wide
        method = int.from_bytes(data[at : at + 2], "big") & 15 if version in (1, 2) else 0
        at += 2 + (2 if version in (1, 2) else 0)
        base, extents = int.from_bytes(data[at : at + base_size], "big"), at + base_size
        at = extents + 2
        for _ in range(int.from_bytes(data[extents : extents + 2], "big")):
            at += index_size
            place = base + int.from_bytes(data[at : at + offset_size], "big")
            length = int.from_bytes(data[at + offset_size : at + offset_size + length_size], "big")
            at += offset_size + length_size
            if ident in gone:
                _zero(out, place + (inner.body if method == 1 and inner else 0), length, method)
        if at > box.end:
            raise _broken()
        if ident not in gone:
            kept.append(data[first:at])
    return _box(box.kind, data[box.body : box.body + 4] + head + len(kept).to_bytes(wide, "big") + b"".join(kept))


def _zero(out: bytearray, place: int, length: int, method: int) -> None:
    end = place + length if length else len(out)
    if method not in (0, 1) or end > len(out):
        raise _broken()
    out[place:end] = bytes(end - place)


def _without_references(data: bytes, box: AvifBox, gone: frozenset[int]) -> bytes:
    """The list of who describes whom, without what the words described."""
    width = 4 if data[box.body] > 0 else 2
    kept = []
    for one in _boxes(data, box.body + 4, box.end):
        told = int.from_bytes(data[one.body : one.body + width], "big")
        if told not in gone:
            kept.append(data[one.start : one.end])
    return _box(box.kind, data[box.body : box.body + 4] + b"".join(kept)) if kept else b""


def _boxes(data: bytes, at: int, end: int) -> Iterator[AvifBox]:
    while at < end:
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8 or at + size > end:
            raise _broken()
        yield AvifBox(data[at + 4 : at + 8], at, at + 8, at + size)
        at += size


def _box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def _broken() -> BadPicture:
    return BadPicture("The picture's description is damaged, or of a kind not known here.", hint="Send the complete file.")
