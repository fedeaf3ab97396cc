"""Which characters a font file has, read from its `cmap` table by fontTools without loading a glyph."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from typing import IO

_LAST_RESORT = 13
"""The subtable format of fonts that draw the same box for everything: they have no character."""

Coverage = frozenset[int]
"""The code points of a font."""


def coverage(data: bytes, index: int = 0) -> Coverage:
    """The characters of font number `index` in a font file; none where the bytes are not a readable font."""
    return _read(BytesIO(data), index)


def coverage_of_file(path: Path, index: int = 0) -> Coverage:
    """As `coverage`, reading only the tables that are needed."""
    try:
        with path.open("rb") as file:
            return _read(file, index)
    except OSError:  # unreadable or vanished
        return frozenset()


def _read(file: IO[bytes], index: int) -> Coverage:
    from fontTools.ttLib import TTFont, TTLibError

    broken = (
        TTLibError,
        struct.error,
        AssertionError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        EOFError,
        OverflowError,
        AttributeError,
    )
    try:
        font = TTFont(file, fontNumber=index, lazy=True)
        tables = [table for table in font["cmap"].tables if table.isUnicode() and table.format in (4, 12)]
        return frozenset(max((table.cmap for table in tables), key=len, default={}))
    except broken:
        return frozenset()
