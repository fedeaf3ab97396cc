"""Reads IPTC-IIM text, and takes apart the Photoshop resources that hold it, in JPEG, TIFF and PSD files.

IIM: https://www.iptc.org/std/IIM/4.2/specification/IIMV4.2.pdf; resources: Adobe's Photoshop File Formats Specification.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.formats.decoding import UTF8
from core.formats.raw_text import RawTexts

NAMES = {5: "Title", 25: "Keywords", 40: "Instructions", 55: "Date", 80: "By-line", 85: "By-line title", 103: "Reference",
         105: "Headline", 110: "Credit", 115: "Source", 116: "Copyright", 120: "Caption", 122: "Writer"}  # fmt: skip
"""Data sets of the application record that are text."""
_APPLICATION = 2
_MOST = 2_000


def read(body: bytes | memoryview, into: RawTexts) -> None:
    """Add the texts of a run of IIM data sets."""
    view, at = memoryview(body), 0
    for _ in range(_MOST):
        if at + 5 > len(view) or view[at] != 0x1C:
            return
        record, number, size = view[at + 1], view[at + 2], int.from_bytes(view[at + 3 : at + 5], "big")
        if size & 0x8000 or at + 5 + size > len(view):
            return
        if record == _APPLICATION and number in NAMES:
            into.add(f"IPTC {NAMES[number]}", NAMES[number], UTF8, view[at + 5 : at + 5 + size])
        at += 5 + size


def resources(body: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """(number, content) of each `8BIM` resource in a run of them."""
    view, at = memoryview(body), 0
    for _ in range(_MOST):
        if at + 12 > len(view) or bytes(view[at : at + 4]) != b"8BIM":
            return
        kind = int.from_bytes(view[at + 4 : at + 6], "big")
        named = 1 + view[at + 6]
        start = at + 6 + named + named % 2
        size = int.from_bytes(view[start : start + 4], "big")
        yield kind, view[start + 4 : start + 4 + size]
        at = start + 4 + size + size % 2
