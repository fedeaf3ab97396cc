"""Cells of a table for spreadsheets (CSV)."""

from __future__ import annotations


def tame(cell: str) -> str:
    """The cell as text, also where a spreadsheet would take it for a formula.

    >>> tame("=1+1"), tame("low sun")
    ("'=1+1", 'low sun')
    """
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
