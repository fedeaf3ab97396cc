"""In which order a line with left-to-right and right-to-left words is drawn.

Unicode's bidirectional algorithm (UAX #9) for text without explicit direction marks, which `clusters.clean` has taken out:
rules P2-P3, W1-W7, N0-N2, I1-I2 and L1-L2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_STRONG = ("L", "R", "AL")
_CLOSING = dict(zip("([{⟨《「『【（", ")]}⟩》」』】）", strict=True))


def base_level(text: str) -> int:
    """0 for a line that begins left to right, 1 for one that begins right to left; the first strong letter decides."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _STRONG:
            return int(kind != "L")
    return 0


def levels(pieces: Sequence[str], base: int) -> list[int]:
    """The embedding level of each piece (as `clusters` cuts them): odd runs right to left."""
    kinds = [_kind(piece) for piece in pieces]
    edge = "R" if base else "L"
    _weak(kinds, edge)
    _brackets(pieces, kinds, edge)
    _neutral(kinds, edge)
    return _trailing_space(pieces, [_level(kind, base) for kind in kinds], base)


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


def _kind(piece: str) -> str:
    kind = unicodedata.bidirectional(piece[0]) or "L"
    return "ON" if kind in ("BN", "B", "S", "WS", "NSM") else kind


def _weak(kinds: list[str], edge: str) -> None:
    strong = edge
    for at, kind in enumerate(kinds):
        if kind in _STRONG:
            strong = kind
        elif kind == "EN" and strong == "AL":  # W2
            kinds[at] = "AN"
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]  # W3
    _separators(kinds)
    strong = edge
    for at, kind in enumerate(kinds):  # W7
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[at] = "L"


def _separators(kinds: list[str]) -> None:
    for at in range(1, len(kinds) - 1):  # W4
        before, after = kinds[at - 1], kinds[at + 1]
        joins = (kinds[at] == "ES" and before == "EN") or (kinds[at] == "CS" and before in ("EN", "AN"))
        if joins and before == after:
            kinds[at] = before
    for at, kind in enumerate(kinds):  # W5: currency and percent signs beside a number are part of it
        if kind == "ET" and _touches_number(kinds, at):
            kinds[at] = "EN"
    kinds[:] = ["ON" if kind in ("ES", "ET", "CS") else kind for kind in kinds]  # W6


def _touches_number(kinds: Sequence[str], at: int) -> bool:
    if at and kinds[at - 1] == "EN":
        return True
    after = at
    while after < len(kinds) and kinds[after] == "ET":
        after += 1
    return after < len(kinds) and kinds[after] == "EN"


def _brackets(pieces: Sequence[str], kinds: list[str], edge: str) -> None:
    """N0: both brackets of a pair go the way of the line, unless only the other direction is within and before them."""
    for start, end in _pairs(pieces, kinds):
        within = {_side(kind) for kind in kinds[start + 1 : end] if kind != "ON"}
        if not within:
            continue
        before = next((_side(kind) for kind in reversed(kinds[:start]) if kind != "ON"), edge)
        other = edge not in within and before != edge
        kinds[start] = kinds[end] = before if other else edge


def _pairs(pieces: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, int]]:
    open_ones: list[tuple[str, int]] = []
    found: list[tuple[int, int]] = []
    for at, piece in enumerate(pieces):
        if kinds[at] != "ON":
            continue
        if piece in _CLOSING:
            open_ones.append((_CLOSING[piece], at))
        for depth in range(len(open_ones) - 1, -1, -1):
            if open_ones[depth][0] == piece:
                found.append((open_ones[depth][1], at))
                del open_ones[depth:]
                break
    return sorted(found)


def _neutral(kinds: list[str], edge: str) -> None:
    at = 0
    while at < len(kinds):
        if kinds[at] != "ON":
            at += 1
            continue
        end = at
        while end < len(kinds) and kinds[end] == "ON":
            end += 1
        before = _side(kinds[at - 1]) if at else edge
        after = _side(kinds[end]) if end < len(kinds) else edge
        kinds[at:end] = [before if before == after else edge] * (end - at)
        at = end


def _side(kind: str) -> str:
    return "L" if kind == "L" else "R"  # numbers count as right to left here


def _level(kind: str, base: int) -> int:
    if base:
        return 1 if kind == "R" else 2
    return {"L": 0, "R": 1}.get(kind, 2)


def _trailing_space(pieces: Sequence[str], found: list[int], base: int) -> list[int]:
    for at in range(len(pieces) - 1, -1, -1):  # L1
        if not pieces[at].isspace():
            break
        found[at] = base
    return found
