"""Which characters a font file has, read from its `cmap` table without loading a glyph.

Format of the tables: OpenType 1.9, "cmap — Character to Glyph Index Mapping Table" and "Organization of an OpenType Font".
Subtable formats 4 and 12 are read; those are what text fonts carry. Format 13 ("last resort" fonts that draw the same box
for everything) is left out on purpose.
"""

from __future__ import annotations

import mmap
import struct
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

Bytes = bytes | mmap.mmap
_UNICODE = {(3, 10): 3, (0, 6): 3, (0, 4): 3, (3, 1): 2, (0, 3): 1, (0, 2): 1, (0, 1): 1, (0, 0): 1}


@dataclass(frozen=True)
class Coverage:
    """A set of code points as sorted, closed ranges."""

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def __contains__(self, point: int) -> bool:
        at = bisect_right(self.starts, point) - 1
        return at >= 0 and point <= self.ends[at]

    def __len__(self) -> int:
        return sum(end - start + 1 for start, end in zip(self.starts, self.ends, strict=True))


def coverage(data: Bytes, index: int = 0) -> Coverage:
    """The characters of font number `index` in a font file; an empty Coverage where the bytes are not a readable font."""
    try:
        table = _table(data, _font_start(data, index), b"cmap")
        return _ranges(_best_subtable(data, table)) if table else Coverage()
    except (struct.error, IndexError, ValueError):
        return Coverage()


def coverage_of_file(path: Path, index: int = 0) -> Coverage:
    """As `coverage`, reading only the pages of the file that are needed."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return coverage(data, index)
    except (OSError, ValueError):  # unreadable, vanished or empty
        return Coverage()


def _font_start(data: Bytes, index: int) -> int:
    if data[:4] != b"ttcf":
        return 0
    (count,) = struct.unpack_from(">I", data, 8)
    if index >= count:
        raise ValueError("no such font in the collection")
    start: int = struct.unpack_from(">I", data, 12 + 4 * index)[0]
    return start


def _table(data: Bytes, start: int, wanted: bytes) -> int:
    """Where a table begins, or 0."""
    (count,) = struct.unpack_from(">H", data, start + 4)
    for at in range(start + 12, start + 12 + 16 * count, 16):
        tag, _checksum, offset, _length = struct.unpack_from(">4sIII", data, at)
        if tag == wanted:
            return int(offset)
    return 0


def _best_subtable(data: Bytes, table: int) -> bytes:
    """The bytes from the fullest Unicode subtable on (with its length cut to what it says)."""
    (count,) = struct.unpack_from(">H", data, table + 2)
    best, where = 0, 0
    for at in range(table + 4, table + 4 + 8 * count, 8):
        platform, encoding, offset = struct.unpack_from(">HHI", data, at)
        (form,) = struct.unpack_from(">H", data, table + offset)
        rank = _UNICODE.get((platform, encoding), 0) if form in (4, 12) else 0
        if rank > best:
            best, where = rank, table + offset
    if not best:
        return b""
    (form,) = struct.unpack_from(">H", data, where)
    (length,) = struct.unpack_from(">I", data, where + 4) if form == 12 else struct.unpack_from(">H", data, where + 2)
    return bytes(data[where : where + length])


def _ranges(subtable: bytes) -> Coverage:
    if not subtable:
        return Coverage()
    (form,) = struct.unpack_from(">H", subtable, 0)
    found = _format_12(subtable) if form == 12 else _format_4(subtable)
    found.sort()
    return Coverage(tuple(start for start, _ in found), tuple(end for _, end in found))


def _format_12(subtable: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", subtable, 12)
    groups = struct.iter_unpack(">III", subtable[16 : 16 + 12 * count])
    return [(start + (glyph == 0), end) for start, end, glyph in groups if end >= start + (glyph == 0)]


def _format_4(subtable: bytes) -> list[tuple[int, int]]:
    (twice,) = struct.unpack_from(">H", subtable, 6)
    count = twice // 2
    ends = struct.unpack_from(f">{count}H", subtable, 14)
    starts = struct.unpack_from(f">{count}H", subtable, 16 + twice)
    deltas = struct.unpack_from(f">{count}H", subtable, 16 + 2 * twice)
    offsets_at = 16 + 3 * twice
    offsets = struct.unpack_from(f">{count}H", subtable, offsets_at)
    found: list[tuple[int, int]] = []
    for at in range(count):
        if starts[at] == 0xFFFF or starts[at] > ends[at]:
            continue
        if offsets[at] == 0:
            found.append((starts[at], ends[at]))
        else:
            base = offsets_at + 2 * at + offsets[at]
            found.extend(_through_array(subtable, base, starts[at], ends[at], deltas[at]))
    return found


def _through_array(subtable: bytes, base: int, start: int, end: int, delta: int) -> list[tuple[int, int]]:
    """A segment whose glyphs stand in an array: zero there means that the character is missing."""
    glyphs = struct.unpack_from(f">{end - start + 1}H", subtable, base)
    return [(start + at, start + at) for at, glyph in enumerate(glyphs) if glyph and (glyph + delta) & 0xFFFF]
