"""JPEG: segments before the picture (ITU-T T.81, B.2.4.6): XMP and EXIF in APP1, Slate's record in APP10, in pieces of 60 KB."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.errors import BadPicture
from core.provenance.carriers import comment
from core.provenance.carriers.field_names import COMPLETE, CUT_OFF, PARAMETERS, RECORD, XMP

_APP0, _APP1, _APP10, _APP11, _SCAN = 0xE0, 0xE1, 0xEA, 0xEB, 0xDA
_XMP_HEAD, _EXIF_HEAD, _RECORD_HEAD = b"http://ns.adobe.com/xap/1.0/\0", b"Exif\0\0", b"slate.record\0"
_PIECE, _LONGEST = 60_000, 65_533
_END, _DNL = 0xD9, 0xDC
TABLES = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDD})
"""Markers that decoding needs: frames, tables of Huffman and arithmetic codes, of quantisation, and the restart interval."""


@dataclass(frozen=True)
class Segment:
    """One marker segment: where its bytes, marker included, lie in the file."""

    marker: int
    start: int
    end: int

    def body(self, data: bytes) -> bytes:
        return data[self.start + 4 : self.end]


def segments(data: bytes) -> list[Segment]:
    """The segments between the start of the file and the first scan. Raises BadPicture."""
    found, at = list[Segment](), 2
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(data) or data[at] != 0xFF:
            raise BadPicture(CUT_OFF, hint=COMPLETE)
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(data):
            raise BadPicture(CUT_OFF, hint=COMPLETE)
        if marker == _SCAN:
            return found
        found.append(Segment(marker, at, at + 2 + length))
        at += 2 + length


def scans(data: bytes, at: int) -> tuple[bytes, int]:
    """The picture from its first scan at `at` to its end marker without words between the scans, and where it ends."""
    kept = list[bytes]()
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _END:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN:
            end = _after_scan(data, end)
        if marker in TABLES or marker in (_SCAN, _DNL):
            kept.append(data[at:end])
        at = end
    return b"".join(kept) + b"\xff\xd9", min(at + 2, len(data))


def _after_scan(data: bytes, at: int) -> int:
    """Where the coded data that begins at `at` ends: at a marker that is neither a restart nor a stuffed byte."""
    while (at := data.find(b"\xff", at)) >= 0:
        if at + 1 >= len(data):
            return at
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)


def free(data: bytes) -> frozenset[str]:
    heads = {(part.marker, head) for part in segments(data) for head in _heads(part.body(data))}
    there = {RECORD: (_APP10, _RECORD_HEAD), XMP: (_APP1, _XMP_HEAD), PARAMETERS: (_APP1, _EXIF_HEAD)}
    return frozenset(name for name, mark in there.items() if mark not in heads)


def insert(data: bytes, words: Mapping[str, str]) -> bytes:
    """Behind the JFIF header and EXIF, which readers want first. What does not fit into its one segment is left out."""
    new = b""
    if PARAMETERS in words:
        new += _segment(_APP1, _EXIF_HEAD + comment.block(words[PARAMETERS]))
    if XMP in words:
        new += _segment(_APP1, _XMP_HEAD + words[XMP].encode())
    if RECORD in words:
        body = words[RECORD].encode()
        pieces = [body[at : at + _PIECE] for at in range(0, len(body), _PIECE)]
        count = len(pieces).to_bytes(2, "big")
        new += b"".join(
            _segment(_APP10, _RECORD_HEAD + n.to_bytes(2, "big") + count + piece) for n, piece in enumerate(pieces, start=1)
        )
    at = 2
    for part in segments(data):
        if part.marker != _APP0 and not (part.marker == _APP1 and part.body(data).startswith(_EXIF_HEAD)):
            break
        at = part.end
    return data[:at] + new + data[at:]


def remove(data: bytes, added: Collection[str]) -> bytes:
    """The record and, right before it, what was added; the seal's segments too."""
    parts = segments(data)
    ours = [at for at, part in enumerate(parts) if part.marker == _APP10 and part.body(data).startswith(_RECORD_HEAD)]
    if not ours:
        return data
    gone, before = [parts[at] for at in ours], ours[0] - 1
    for name, head in ((XMP, _XMP_HEAD), (PARAMETERS, _EXIF_HEAD)):
        if name in added and before >= 0 and parts[before].marker == _APP1 and parts[before].body(data).startswith(head):
            gone.append(parts[before])
            before -= 1
    gone += [part for part in parts if part.marker == _APP11 and part.body(data).startswith(b"JP")]
    kept, at = [], 0
    for part in sorted(gone, key=lambda one: one.start):
        kept.append(data[at : part.start])
        at = part.end
    return b"".join((*kept, data[at:]))


def read(data: bytes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    pieces: dict[int, bytes] = {}
    for part in segments(data):
        body = part.body(data)
        if part.marker == _APP1 and body.startswith(_XMP_HEAD):
            found.setdefault(XMP, body[len(_XMP_HEAD) :].decode("utf-8", "replace"))
        elif part.marker == _APP1 and body.startswith(_EXIF_HEAD):
            found |= comment.read(body)
        elif part.marker == _APP10 and body.startswith(_RECORD_HEAD):
            rest = body[len(_RECORD_HEAD) :]
            pieces[int.from_bytes(rest[:2], "big")] = rest[4:]
    if pieces:
        found[RECORD] = b"".join(pieces[n] for n in sorted(pieces)).decode("utf-8", "replace")
    return found


def _heads(body: bytes) -> list[bytes]:
    return [head for head in (_XMP_HEAD, _EXIF_HEAD, _RECORD_HEAD) if body.startswith(head)]


def _segment(marker: int, body: bytes) -> bytes:
    if len(body) > _LONGEST:
        return b""
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body
