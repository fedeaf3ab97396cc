"""The blocks before the sound in a FLAC file (RFC 9639, section 8), behind an ID3 tag where a seal brought one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import BadPicture
from core.formats import id3

STREAM, SEEK, COMMENT = 0, 3, 4


@dataclass(frozen=True)
class FlacBlock:
    kind: int
    body: bytes


@dataclass(frozen=True)
class Flac:
    """`tag` is what stands before the mark, `sound` what follows the last block."""

    tag: bytes
    blocks: tuple[FlacBlock, ...]
    sound: bytes

    def as_bytes(self) -> bytes:
        last = len(self.blocks) - 1
        told = (
            bytes((block.kind | (0x80 if at == last else 0),)) + len(block.body).to_bytes(3, "big") + block.body
            for at, block in enumerate(self.blocks)
        )
        return b"".join((self.tag, b"fLaC", *told, self.sound))

    def with_blocks(self, blocks: Iterable[FlacBlock]) -> Flac:
        return Flac(self.tag, tuple(blocks), self.sound)


def parse(data: bytes) -> Flac:
    """Raises BadPicture."""
    start = id3.length(data)
    at, last, blocks = start + 4, False, list[FlacBlock]()
    while not last:
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        if data[start : start + 4] != b"fLaC" or at + 4 + size > len(data):
            raise BadPicture("The sound file is damaged or cut off.", hint="Send the complete file.")
        last = bool(data[at] & 0x80)
        blocks.append(FlacBlock(data[at] & 0x7F, data[at + 4 : at + 4 + size]))
        at += 4 + size
    return Flac(data[:start], tuple(blocks), data[at:])
