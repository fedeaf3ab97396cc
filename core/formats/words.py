"""Makes foreign text and JSON fit to be kept: databases take no NUL, no half characters and no endless numbers."""

from __future__ import annotations

import math
import re
from typing import Any

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_DEPTH = 100


def clean_text(text: str) -> str:
    """The text with NULs and lone surrogates replaced by U+FFFD."""
    return _UNKEEPABLE.sub("\ufffd", text)


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
