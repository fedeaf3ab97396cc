"""Values in JSON that other programs wrote, looked at without trusting their shape."""

from __future__ import annotations

import math
import re
from typing import Any

from core.comfyui.facts import ModelUse

_UNKNOWN = frozenset({"", "none", "null", "unknown", "undefined", "n/a", "automatic", "default (model)"})
_HEX = re.compile(r"(?:[a-z0-9]+:)?([0-9a-fA-F]{8,64})")
_TWO = re.compile(r"(\d{1,5})\D{1,3}(\d{1,5})")


def words_in(value: object) -> str:
    """The value if it is text, else empty."""
    return value if isinstance(value, str) else ""


def told_in(value: object) -> str:
    """The value if it is text that says something: "None", "Unknown" and the like say nothing."""
    text = words_in(value).strip()
    return "" if text.casefold() in _UNKNOWN else text


def seed_in(value: object) -> str:
    """A seed as decimal text; empty for what is none. -1 stands for "any" and is none either.

    >>> seed_in("0xFF"), seed_in(18446744073709551615), seed_in(-1), seed_in(7.0)
    ('255', '18446744073709551615', '', '7')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    text = value.strip() if isinstance(value, str) else str(value) if abs(value) < 10**20 else ""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        text = str(int(text, 16))
    return text if re.fullmatch(r"-?\d{1,20}", text) and text != "-1" else ""


def whole_in(value: object) -> int | None:
    number = number_in(value)
    return None if number is None else int(number)


def number_in(value: object) -> float | None:
    """A finite number, also where it is written as text.

    >>> number_in("7,5"), number_in("7.5"), number_in("1e400"), number_in(True)
    (7.5, 7.5, None, None)
    """
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}([.,]\d{1,20})?", value.strip()):
        value = float(value.strip().replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e12 or not math.isfinite(value):
        return None
    return float(value)


def size_in(value: object) -> tuple[int | None, int | None]:
    """(width, height) of "768x512", "(768, 512)", "768 × 512", [768, 512]."""
    if isinstance(value, list) and len(value) == 2:
        return whole_in(value[0]), whole_in(value[1])
    found = _TWO.search(words_in(value)[:100])
    return (int(found[1]), int(found[2])) if found else (None, None)


def hash_in(value: object) -> str:
    """A model's digest or its beginning in hex, without the name of the way it was made."""
    found = _HEX.fullmatch(words_in(value).strip())
    return found[1].lower() if found else ""


def listed(value: object) -> list[Any]:
    """The value if it is a list, at most 64 of it, else nothing."""
    return value[:64] if isinstance(value, list) else []


def mapped(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def checkpoint(name: object, digest: object = "") -> tuple[ModelUse, ...]:
    return model("checkpoint", "checkpoints", name, digest)


def lora(name: object, strength: object, digest: object = "", clip: object = None) -> tuple[ModelUse, ...]:
    told, weight, other = told_in(name), number_in(strength), number_in(clip)
    use = ModelUse("lora", "loras", told, weight, strength_clip=None if other == weight else other, hash=hash_in(digest))
    return (use,) if told else ()


def model(kind: str, folder: str, name: object, digest: object = "") -> tuple[ModelUse, ...]:
    return (ModelUse(kind, folder, told_in(name), hash=hash_in(digest)),) if told_in(name) else ()
