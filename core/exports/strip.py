"""The same file with nothing but its pixels, its colours or its sound: every word that anybody wrote into the file is gone.

Done on the file's own structure where that can be done, so that pixels stay exactly as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from core.exports.strip_avif import bare_avif
from core.exports.strip_film import bare_exr, bare_mesh, bare_movie, bare_webm
from core.exports.strip_sound import bare_flac, bare_mp3, bare_ogg, bare_wave
from core.formats import png
from core.provenance.carriers import gif, jpeg, webp
from core.security.sandbox import sandboxed

_PNG = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"pHYs", b"bKGD"}
    | {b"acTL", b"fcTL", b"fdAT"}
)
_WEBP = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_WORDS = 0x08 | 0x04
_GIF = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE


def _png(data: bytes) -> bytes:
    kept = [part for part in png.chunks(data) if part.type in _PNG]
    return png.SIGNATURE + b"".join(data[part.start : part.end] for part in kept)


def _jpeg(data: bytes) -> bytes:
    """What follows the end of the picture is cut off: some tools hide things there."""
    parts, turned = jpeg.segments(data), 1
    kept = []
    for part in parts:
        body = part.body(data)
        if part.marker == _APP1 and body.startswith(b"Exif\0\0"):
            turned = _orientation(body[6:])
        if part.marker < _APP0 or part.marker in (_APP0, _APP14) or (part.marker == _APP2 and body.startswith(b"ICC_PROFILE\0")):
            kept.append(data[part.start : part.end])
    head = [one for one in kept if one[1] == _APP0] + ([_turned(turned)] if turned != 1 else [])
    rest = [one for one in kept if one[1] != _APP0]
    picture = data[parts[-1].end if parts else 2 :]
    end = picture.rfind(b"\xff\xd9")
    return b"\xff\xd8" + b"".join(head + rest) + (picture[: end + 2] if end >= 0 else picture)


def _webp(data: bytes) -> bytes:
    kept = []
    for part in webp.chunks(data):
        if part.name in _WEBP:
            one = data[part.start : part.end]
            if part.name == b"VP8X":
                one = one[:8] + bytes((one[8] & ~_WEBP_WORDS & 0xFF,)) + one[9:]
            kept.append(one)
    inside = b"".join(kept)
    return b"RIFF" + (len(inside) + 4).to_bytes(4, "little") + b"WEBP" + inside


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
LOSSLESS = frozenset(_MAKERS)
"""Kinds that are made bare without touching a pixel, a sample or a corner of a mesh; others are encoded again."""


@sandboxed
def bare(data: bytes, mime: str) -> bytes:
    """The file without a word. Raises BadPicture for a broken one, KeyError for a kind that is not in LOSSLESS."""
    return _MAKERS[mime](data)
