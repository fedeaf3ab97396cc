"""Arabic letters in their joined forms, for machines whose Pillow cannot shape text (no libfribidi).

The forms come from Unicode's own compatibility decompositions (blocks FB50 and FE70), so there is no table to keep. A Pillow
with Raqm does this, and better, by itself; then nothing here is used.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

Forms = dict[tuple[str, str], str]


@cache
def forms() -> Forms:
    """(letters, isolated|initial|medial|final) -> the one character that shows them so."""
    found: Forms = {}
    for point in (*range(0xFB50, 0xFC00), *range(0xFE80, 0xFEFD)):
        kind, *letters = unicodedata.decomposition(chr(point)).split() or [""]
        if kind in ("<isolated>", "<initial>", "<medial>", "<final>"):
            found.setdefault(("".join(chr(int(letter, 16)) for letter in letters), kind.strip("<>")), chr(point))
    return found


def joined(pieces: list[str], has: Callable[[str], bool]) -> list[str]:
    """Pieces of text, in reading order, with each Arabic letter in the form its neighbours ask for, where the font `has` it."""
    merged = _ligatures(pieces, has)
    shown = [_formed(piece, *_neighbours(merged, at)) for at, piece in enumerate(merged)]
    return [new if has(new) else old for new, old in zip(shown, merged, strict=True)]


def _ligatures(pieces: list[str], has: Callable[[str], bool]) -> list[str]:
    """Lam and alef make one sign."""
    merged: list[str] = []
    for piece in pieces:
        if merged and has(forms().get((merged[-1] + piece, "isolated"), "\uffff")):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def _neighbours(pieces: list[str], at: int) -> tuple[bool, bool]:
    """Whether the letter is joined to the one before it and to the one after it."""
    before = at > 0 and _joins_on(pieces[at - 1]) and _joins_back(pieces[at])
    after = at + 1 < len(pieces) and _joins_on(pieces[at]) and _joins_back(pieces[at + 1])
    return before, after


def _letters(piece: str) -> str:
    return "".join(char for char in piece if not unicodedata.combining(char))


def _joins_on(piece: str) -> bool:
    return piece == "\u0640" or (_letters(piece), "initial") in forms()


def _joins_back(piece: str) -> bool:
    return piece == "\u0640" or (_letters(piece), "final") in forms()


def _formed(piece: str, before: bool, after: bool) -> str:
    form = {(False, False): "isolated", (False, True): "initial", (True, True): "medial", (True, False): "final"}[before, after]
    letters = _letters(piece)
    shown = forms().get((letters, form))
    return shown + piece[len(letters) :] if shown and piece.startswith(letters) else piece
