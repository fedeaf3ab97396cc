"""In which order a line of left-to-right and right-to-left words is drawn (UAX #9); the levels come from fpdf's algorithm."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_STRONG = ("L", "R", "AL")
_RIGHT = frozenset({"R", "AL", "AN"})


def base_level(text: str) -> int:
    """0 for a line that begins left to right, 1 for one that begins right to left; the first strong letter decides (P2, P3)."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _STRONG:
            return int(kind != "L")
    return 0


def levels(pieces: Sequence[str], base: int) -> list[int]:
    """The embedding level of each piece (as `clusters` cuts them): odd runs right to left."""
    text = "".join(pieces)
    if not base and _RIGHT.isdisjoint(map(unicodedata.bidirectional, text)):
        return [0] * len(pieces)
    from fpdf.bidi import BidiParagraph
    from fpdf.enums import TextDirection

    direction = TextDirection.RTL if base else TextDirection.LTR
    found = BidiParagraph(text, direction, preserve_bn_chars=True).get_characters_with_embedding_level()
    by_place = {one.character_index: one.embedding_level for one in found}
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return [by_place.get(start, base) for start in starts[:-1]]


def visual_order(run_levels: Sequence[int]) -> list[int]:
    """The indices of runs in the order in which they are drawn from left to right (L2)."""
    order = list(range(len(run_levels)))
    odd = [level for level in run_levels if level % 2]
    for level in range(max(run_levels, default=0), min(odd, default=99) - 1, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and run_levels[order[end]] >= level:
                end += 1
            order[at:end] = reversed(order[at:end])
            at = max(end, at + 1)
    return order
