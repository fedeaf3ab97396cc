"""Takes out of a PNG what is packed behind its pixels: more rows than its header tells of, or bytes behind the packed data.

Decoders stop where the picture is complete, so that whatever follows inside the data chunks is seen by nobody.
"""

from __future__ import annotations

import struct
import zlib

from core.errors import BadPicture
from core.formats import png

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_SEQUENCE = 4


def exact(data: bytes, *, most: int) -> bytes:
    """The PNG, byte for byte where nothing is too much; else with the frames concerned packed anew, their pixels the same.

    Raises BadPicture for data that cannot be unpacked, or a frame of more than `most` pixels.
    """
    made, packed, kind = list[bytes](), list[bytes](), b""
    head = data[16:29]
    size = head[:8]
    for part in png.chunks(data):
        if packed and part.type != kind:
            made += _fitting(kind, packed, size, head, most)
            packed = []
        if part.type in (b"IDAT", b"fdAT"):
            kind = part.type
            packed.append(part.body(data))
            continue
        if part.type == b"fcTL":
            size = part.body(data)[4:12]
        made.append(data[part.start : part.end])
    return png.SIGNATURE + b"".join(made)


def _fitting(kind: bytes, bodies: list[bytes], size: bytes, head: bytes, most: int) -> list[bytes]:
    """The data chunks of one frame; the first has all of it where it had to be packed anew, for animations count their chunks."""
    counted = _SEQUENCE if kind == b"fdAT" else 0
    wanted = _scanlines(size if counted else head[:8], head, most)
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(b"".join(one[counted:] for one in bodies), wanted + 1)
    except zlib.error as problem:
        raise BadPicture("The PNG file is damaged.", hint="Send the complete file.") from problem
    if len(body) > wanted or unpacker.unused_data:
        again = zlib.compress(body[:wanted], 6)
        bodies = [one[:counted] + (again if at == 0 else b"") for at, one in enumerate(bodies)]
    return [png.chunk(kind, one) for one in bodies]


def _scanlines(size: bytes, head: bytes, most: int) -> int:
    """Bytes of all scanlines of a frame, each with its filter; of an interlaced one, of its seven passes (PNG, 8)."""
    width, height = struct.unpack(">II", size)
    if width * height > most:
        raise BadPicture("The PNG file claims too many pixels.")
    bits = _SAMPLES.get(head[9], 4) * head[8]
    passes = _ADAM7 if head[12] else ((0, 0, 1, 1),)
    sizes = ((-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes)
    return sum(high * (1 + -(-wide * bits // 8)) for wide, high in sizes if wide > 0 and high > 0)
