"""Cells of a table for spreadsheets (CSV)."""

from __future__ import annotations

_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a formula begins with, the wide forms of Chinese and Japanese keyboards too."""


def tame(cell: str) -> str:
    """The cell as text, also where a spreadsheet would take it for a formula.

    >>> tame("=1+1"), tame("＝1+1"), tame("low sun")
    ("'=1+1", "'＝1+1", 'low sun')
    """
    return f"'{cell}" if cell[:1] in _STARTS else cell
