"""Makes foreign text and JSON fit to be kept: databases take no NUL, no half characters and no endless numbers."""

from __future__ import annotations

import json
import math
import re
from itertools import chain
from typing import Any

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)
_HOLDERS = (dict, list)
_DEPTH = 100


def clean_text(text: str) -> str:
    """The text with NULs and lone surrogates replaced by U+FFFD."""
    return text if text.isascii() and "\0" not in text else _UNKEEPABLE.sub("\ufffd", text)


def parsed(text: str) -> Any:
    """The JSON value that a foreign text is, fit to be kept. Raises ValueError, RecursionError for what is none or too deep."""
    value = json.loads(text, parse_constant=_nothing, parse_float=_finite)
    if ("\\u" in text and _ESCAPED.search(text)) or (not text.isascii() and _UNKEEPABLE.search(text)):
        return clean(value)
    if type(value) in _HOLDERS and _too_deep([value]):
        raise ValueError(f"nested more than {_DEPTH} levels deep")
    return value


def _nothing(_: str) -> None:
    """What NaN and the infinities become."""


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


def _too_deep(level: list[Any]) -> bool:
    """Whether values are nested beyond _DEPTH, told level by level without touching a text."""
    for _ in range(_DEPTH + 1):
        inside = chain.from_iterable(outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [one for one in inside if type(one) in _HOLDERS]
        if not level:
            return False
    return True


def clean(value: Any, depth: int = _DEPTH) -> Any:
    """The JSON value with all its text clean and infinite numbers as null. Raises ValueError when it is nested too deeply."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list):
        return value
    if depth == 0:
        raise ValueError(f"nested more than {_DEPTH} levels deep")
    if isinstance(value, list):
        return [clean(one, depth - 1) for one in value]
    return {clean_text(str(key)): clean(one, depth - 1) for key, one in value.items()}
