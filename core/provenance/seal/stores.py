"""Counts the C2PA Manifest Stores in a file: a file may hold one, and readers do not agree on what several mean.

Counted where the specification embeds them (C2PA 2.2, appendix A): PNG `caBX`, JPEG APP11, RIFF `C2PA`, GIF, `uuid` of BMFF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.errors import BadPicture
from core.formats import png
from core.provenance.carriers import bmff, gif, jpeg, webp
from core.security.sandbox import sandboxed

_APP11 = 0xEB
_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The id of a BMFF box that holds C2PA data."""
_STORE = b"manifest\0"
_SUPERBOX, _TYPE = b"jumb", b"c2pa"


@sandboxed
def count(data: bytes, mime: str) -> int:
    """How many Manifest Stores a file holds, readable or not; 0 or 1 only for kinds whose structure is not looked into."""
    counted = _COUNTERS.get(mime)
    if counted is None:
        return int(_SUPERBOX in data and _TYPE in data)
    try:
        return sum(1 for _ in counted(data))
    except BadPicture:
        return int(_SUPERBOX in data and _TYPE in data)


def _png(data: bytes) -> Iterator[object]:
    return (part for part in png.chunks(data) if part.type == b"caBX")


def _jpeg(data: bytes) -> Iterator[object]:
    """Boxes by their instance number: one box may fill several segments (ISO/IEC 18477-3, B.1)."""
    seen = set[bytes]()
    for part in jpeg.segments(data):
        body = part.body(data)
        if part.marker == _APP11 and body[:2] == b"JP" and body[12:16] == _SUPERBOX and _TYPE in body[16:64]:
            first = body[4:8] == b"\0\0\0\1"
            if first or body[2:4] not in seen:
                seen.add(body[2:4])
                yield part


def _riff(data: bytes) -> Iterator[object]:
    return (part for part in webp.chunks(data) if part.name == b"C2PA")


def _gif(data: bytes) -> Iterator[object]:
    return (block for block in gif.blocks(data) if block.name.startswith(b"C2PA_GIF"))


def _bmff(data: bytes) -> Iterator[object]:
    boxes = (box for box in bmff.boxes(data) if box.kind == b"uuid" and box.id == _BOX)
    return (box for box in boxes if _STORE in box.body(data)[:64])


_COUNTERS: dict[str, Callable[[bytes], Iterator[object]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _riff,
    "audio/wav": _riff,
    "image/gif": _gif,
    "image/avif": _bmff,
    "video/mp4": _bmff,
    "video/quicktime": _bmff,
}
