"""The same file with nothing but its pixels, its colours or its sound: every word that anybody wrote into the file is gone.

Done on the file's own structure where that can be done, so that pixels stay exactly as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from core.exports.strip_avif import AVIF, bare_avif
from core.exports.strip_film import MOVIE, bare_exr, bare_mesh, bare_movie, bare_webm, end_of_boxes
from core.exports.strip_sound import bare_flac, bare_mp3, bare_ogg, bare_wave
from core.formats import png, png_excess
from core.provenance.carriers import gif, jpeg, matroska, webp
from core.security.sandbox import sandboxed

_PNG = {
    b"IHDR": 13, b"PLTE": 768, b"IDAT": 1 << 31, b"IEND": 0, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"iCCP": 1 << 22,
    b"sBIT": 4, b"cICP": 4, b"pHYs": 9, b"bKGD": 6, b"acTL": 8, b"fcTL": 26, b"fdAT": 1 << 31,
}  # fmt: skip
"""Chunks that show something, and how long each may be: what is longer says more than it should."""
_INDEXED = 3
_MOST_PIXELS = 500_000_000
_WEBP = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_WORDS = 0x08 | 0x04
_GIF = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_FRAME = 16
_JFIF = 14
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE


def _png(data: bytes) -> bytes:
    parts = [part for part in png.chunks(data) if part.end - part.start - 12 <= _PNG.get(part.type, -1)]
    indexed = data[25] == _INDEXED
    kept = [
        _named_profile(part.body(data)) if part.type == b"iCCP" else data[part.start : part.end]
        for part in parts
        if indexed or part.type != b"PLTE"
    ]
    return png_excess.exact(png.SIGNATURE + b"".join(kept), most=_MOST_PIXELS)


def _named_profile(body: bytes) -> bytes:
    """A colour profile under a name that says nothing."""
    return png.chunk(b"iCCP", b"ICC profile\0" + body.partition(b"\0")[2])


def _jpeg(data: bytes) -> bytes:
    """Of its headers, what decoding and colours need; what stands between the scans or behind the end is cut out."""
    parts, turned = jpeg.segments(data), 1
    kept = []
    for part in parts:
        body = part.body(data)
        if part.marker == _APP1 and body.startswith(b"Exif\0\0"):
            turned = _orientation(body[6:])
        if part.marker == _APP0 and body.startswith(b"JFIF\0") and len(body) >= _JFIF:
            kept.append(b"\xff\xe0\x00\x10" + body[:12] + b"\0\0")  # without its small picture
        elif part.marker == _APP14 and body.startswith(b"Adobe"):
            kept.append(b"\xff\xee\x00\x0e" + body[:12])
        elif part.marker in jpeg.TABLES or (part.marker == _APP2 and body.startswith(b"ICC_PROFILE\0")):
            kept.append(data[part.start : part.end])
    head = [one for one in kept if one[1] == _APP0][:1] + ([_turned(turned)] if turned != 1 else [])
    rest = [one for one in kept if one[1] != _APP0]
    return b"\xff\xd8" + b"".join(head + rest) + jpeg.scans(data, parts[-1].end if parts else 2)[0]


def _webp(data: bytes) -> bytes:
    inside = _webp_parts(data, webp.chunks(data))
    return b"RIFF" + (len(inside) + 4).to_bytes(4, "little") + b"WEBP" + inside


def _webp_parts(data: bytes, parts: Sequence[webp.WebpChunk]) -> bytes:
    """Only what shows something, also within the frames of an animation."""
    kept = []
    for part in parts:
        if part.name not in _WEBP:
            continue
        one = data[part.start : part.end]
        if part.name == b"VP8X":
            one = webp.chunk(b"VP8X", bytes((one[8] & ~_WEBP_WORDS & 0xFF,)) + one[9:18])
        elif part.name == b"ANIM":
            one = webp.chunk(b"ANIM", one[8:14])
        elif part.name == b"ANMF":
            frame = part.body(data)
            one = webp.chunk(b"ANMF", frame[:_FRAME] + _webp_parts(frame, webp.chunks_within(frame, _FRAME)))
        kept.append(one)
    return b"".join(kept)


def _gif(data: bytes) -> bytes:
    """Without comments, plain text and others' application blocks."""
    kept, at = [], 0
    for start, end in gif.words(data, keep=_GIF):
        kept.append(data[at:start])
        at = end
    trailer = gif.blocks(data)[-1]
    return b"".join((*kept, data[at : trailer.end]))


def _orientation(block: bytes) -> int:
    """1 to 8; 1 where nothing is said or nothing can be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 10:
        return 1
    at = struct.unpack_from(order + "I", block, 4)[0]
    count = struct.unpack_from(order + "H", block, at)[0] if at + 2 <= len(block) else 0
    for start in range(at + 2, min(at + 2 + 12 * min(count, 500), len(block) - 11), 12):
        tag, _, _, value = struct.unpack_from(order + "HHIH", block, start)
        if tag == 0x0112:
            return int(value) if 1 <= value <= 8 else 1
    return 1


def _turned(orientation: int) -> bytes:
    """An EXIF segment that says which side is up, and nothing else."""
    block = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return b"\xff\xe1" + (len(block) + 8).to_bytes(2, "big") + b"Exif\0\0" + block


_MAKERS: dict[str, Callable[[bytes], bytes]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "image/gif": _gif,
    "image/avif": bare_avif,
    "image/x-exr": bare_exr,
    "video/mp4": bare_movie,
    "video/quicktime": bare_movie,
    "video/webm": bare_webm,
    "audio/flac": bare_flac,
    "audio/mpeg": bare_mp3,
    "audio/ogg": bare_ogg,
    "audio/wav": bare_wave,
    "model/gltf-binary": bare_mesh,
}
LOSSLESS = frozenset(
    [
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/gif",
        "image/avif",
        "image/x-exr",
        "video/mp4",
        "video/quicktime",
        "video/webm",
        "audio/flac",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "model/gltf-binary",
    ]
)
"""Kinds that are made bare without touching a pixel, a sample or a corner of a mesh; others are encoded again."""


@sandboxed
def bare(data: bytes, mime: str) -> bytes:
    """The file without a word. Raises BadPicture for a broken one, KeyError for a kind that is not in LOSSLESS."""
    return _MAKERS[mime](data)


def end_of(data: bytes, mime: str) -> int:
    """Where a file ends by its own account; its length where it gives none. Raises BadPicture for a broken one."""
    match mime:
        case "image/png":
            return png.chunks(data)[-1].end
        case "image/jpeg":
            parts = jpeg.segments(data)
            return jpeg.scans(data, parts[-1].end if parts else 2)[1]
        case "image/webp" | "audio/wav":
            size = int.from_bytes(data[4:8], "little")
            return min(len(data), 8 + size + size % 2)
        case "image/gif":
            return gif.blocks(data)[-1].end
        case "image/avif":
            return end_of_boxes(data, AVIF)
        case "video/mp4" | "video/quicktime":
            return end_of_boxes(data, MOVIE)
        case "video/webm":
            return matroska.segment(data).end
        case _:
            return len(data)
