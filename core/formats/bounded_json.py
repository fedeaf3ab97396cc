"""Reads short JSON of others in this process: counted before it is read, so that no text of its length costs much."""

from __future__ import annotations

from typing import Any

from core.formats.sanitize import parsed

SHORT = 64 << 10
"""Bytes up to which JSON is short."""
_MOST = 50_000


class TooManyValues(ValueError):
    """The JSON has more values than are taken."""


def counted(data: bytes, most: int) -> bytes:
    """The same bytes. Raises TooManyValues when they have more commas and brackets, which are no fewer than the values."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > most:
        raise TooManyValues("more values than are taken")
    return data


def value(data: bytes, most: int) -> Any:
    """The JSON value, NaN as null. Raises ValueError for what is none or has more than 100 levels, TooManyValues."""
    text = counted(data, most)
    try:
        return parsed(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"no JSON that is read: {type(problem).__name__}") from problem


def short(text: str | bytes) -> Any:
    """The value of a short text; None for what is none, too long or too deep.

    >>> short('{"a": [1, NaN]}'), short("{"), short("[" * 1000)
    ({'a': [1, None]}, None, None)
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    try:
        return value(data, _MOST) if len(data) <= SHORT else None
    except ValueError:
        return None
