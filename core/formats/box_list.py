"""Lists the boxes of an ISO base media file (MP4, HEIF, AVIF, JPEG XL) that stand one after another."""

from __future__ import annotations

from collections.abc import Iterator


def side_by_side(inside: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """(type, body) of the boxes of a stretch, up to the first that is broken."""
    at = 0
    while at + 8 <= len(inside):
        size, kind, head = int.from_bytes(inside[at : at + 4], "big"), bytes(inside[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(inside[at + 8 : at + 16], "big"), 16
        size = len(inside) - at if size == 0 else size
        if size < head or at + size > len(inside):
            return
        yield kind, inside[at + head : at + size]
        at += size
