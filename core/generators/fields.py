"""A file's words as other programs wrote them, looked into without trusting their shape."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from core.comfyui.facts import ModelUse
from core.formats.sanitize import clean_text, parsed


class Words:
    """Texts by keyword; JSON among them is parsed once, and is None where it is broken, too deep or no object."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self._objects: dict[str, dict[str, Any] | None] = {}

    def text(self, key: str) -> str:
        return clean_text(self._words.get(key, ""))

    def object(self, key: str) -> dict[str, Any] | None:
        if key not in self._objects:
            self._objects[key] = parse_object(self._words.get(key, ""))
        return self._objects[key]


def parse_object(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is, fit to be kept; None for anything else."""
    if text.lstrip()[:1] != "{":
        return None
    try:
        value = parsed(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def words_in(value: object) -> str:
    """The value if it is text, else empty."""
    return value if isinstance(value, str) else ""


def seed_in(value: object) -> str:
    """A seed as decimal text; empty for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**20 else ""
    return text if re.fullmatch(r"-?\d{1,20}", text) else ""


def whole_in(value: object) -> int | None:
    number = number_in(value)
    return None if number is None else int(number)


def number_in(value: object) -> float | None:
    """A finite number, also where it is written as text."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e12 or not math.isfinite(value):
        return None
    return float(value)


def stem(name: object) -> str:
    """A model file's name as it is, whatever folder separators it uses."""
    return PurePosixPath(words_in(name).replace("\\", "/")).name if words_in(name) else ""


def checkpoint(name: object) -> tuple[ModelUse, ...]:
    return (ModelUse("checkpoint", "checkpoints", words_in(name)),) if words_in(name) else ()


def lora(name: object, strength: object) -> tuple[ModelUse, ...]:
    return (ModelUse("lora", "loras", words_in(name), number_in(strength)),) if words_in(name) else ()


def listed(value: object) -> list[Any]:
    """The value if it is a list, at most 64 of it, else nothing."""
    return value[:64] if isinstance(value, list) else []


def mapped(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
