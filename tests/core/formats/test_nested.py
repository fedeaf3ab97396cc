"""Blocks that hold each other: EXIF in Photoshop resources in EXIF, and so on."""

from __future__ import annotations

import struct

from core.formats import exif
from core.formats.raw_text import RawTexts


def block(*entries: tuple[int, int, bytes]) -> bytes:
    """An EXIF block with these (tag, type, value)."""
    directory, values = struct.pack("<H", len(entries)), b""
    start = 8 + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        directory += struct.pack("<HHII", tag, kind, len(value), start + len(values))
        values += value
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + values


def resource(kind: int, inside: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", kind, 0, len(inside)) + inside + b"\0" * (len(inside) % 2)


def texts(data: bytes) -> list[str]:
    into = RawTexts(1_000)
    exif.read(data, into)
    return [one.body.decode() for one in into.found]


def test_exif_in_a_resource_of_exif_is_read() -> None:
    inner = block((0x010E, 2, b"a red shoe"))
    assert texts(block((0x8649, 1, resource(0x0422, inner)))) == ["a red shoe"]


def test_blocks_that_hold_each_other_thousands_of_times_are_read_to_the_first_level() -> None:
    data = block((0x010E, 2, b"the innermost"))
    for _ in range(2_000):
        data = block((0x010E, 2, b"a layer of it"), (0x8649, 1, resource(0x0422, data)))
    assert texts(data) == ["a layer of it", "a layer of it"]
