"""Files whose numbers do not fit are called broken; nothing else comes out of writing into them."""

from __future__ import annotations

import struct

import pytest

from core.errors import BadPicture
from core.provenance import embed
from core.provenance.carriers import webp


def riff(*parts: bytes) -> bytes:
    inside = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


@pytest.mark.parametrize(
    "data",
    [
        riff(webp.chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 0, 5) + bytes(8))),
        riff(webp.chunk(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 0x4000, 0x4000) + bytes(8))),
        riff(webp.chunk(b"VP8X", b"")),
        riff(webp.chunk(b"VP8X", b"\0" * 4)),
        riff(webp.chunk(b"VP8L", b"\x2f")),
        riff(webp.chunk(b"VP8X", b"\0" * 9), webp.chunk(b"SLAT", b"-{}")),
    ],
    ids=["no width", "no size in 14 bits", "empty header", "short header", "short picture", "short header with a record"],
)
def test_a_webp_whose_sizes_do_not_fit_is_broken(data: bytes) -> None:
    with pytest.raises(BadPicture):
        embed.embed(data, "image/webp", {"schema": "slate.record/1", "statement": {}})
