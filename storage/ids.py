"""Short ids that people see (`R-4F2K`), computed from row numbers, never stored and never reused.

A row number is scrambled by an affine map modulo a power of 32 and written in Crockford's base 32
(https://www.crockford.com/base32.html: no I, L, O or U): neighbours look different, a misread letter still finds its row.
Four characters serve the first million rows; after that five, and so on.

>>> code("R", 1), code("R", 2)
('R-PF3D', 'R-5DGY')
>>> number("R", "r-pf3d")
1
>>> code("A", 1), number("A", code("A", 1))
('A-JBME', 1)
>>> number("R", "R-PF") is None, number("R", "R-ZZZZZZZZZZZZZZ") is None
(True, True)
"""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {letter: at for at, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_MULTIPLIER = 0x9E3779B1 | 1
_OFFSET = 0x2C1B3C6D
_LAST = 2**31 - 1
"""The largest row number that a database's integer holds."""


def code(prefix: str, row: int) -> str:
    """The public id of row number `row` (1 and up), such as `R-4F2K`."""
    length, first, size = _bracket(row)
    scrambled = ((row - first) * _MULTIPLIER + _offset(prefix)) % size
    letters = []
    for _ in range(length):
        scrambled, digit = divmod(scrambled, 32)
        letters.append(_ALPHABET[digit])
    return f"{prefix}-{''.join(reversed(letters))}"


def number(prefix: str, text: str) -> int | None:
    """The row number behind a public id, or None if `text` is no such id; case and look-alike letters do not matter."""
    head, dash, body = text.strip().upper().partition("-")
    if head != prefix.upper() or not dash or not 4 <= len(body) <= 8 or any(letter not in _VALUES for letter in body):
        return None
    first = 1
    for length in range(4, len(body)):
        first += 32**length
    size = 32 ** len(body)
    scrambled = 0
    for letter in body:
        scrambled = scrambled * 32 + _VALUES[letter]
    unscrambled: int = ((scrambled - _offset(head)) * pow(_MULTIPLIER, -1, size)) % size
    row = first + unscrambled
    return row if row <= _LAST else None


def _offset(prefix: str) -> int:
    """Each prefix starts elsewhere, so that the first picture's letters are not the first render's."""
    return _OFFSET + 7919 * (ord(prefix[0].upper()) - ord("R"))


def _bracket(row: int) -> tuple[int, int, int]:
    """(length, first row, size) of the run of ids that `row` falls into."""
    if row < 1:
        raise ValueError(f"row numbers start at 1, not {row}")
    length, first = 4, 1
    while row >= first + 32**length:
        first += 32**length
        length += 1
    return length, first, 32**length
