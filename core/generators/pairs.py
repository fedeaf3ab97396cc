"""Takes `Key: value, Key: value` apart: values may be quoted, JSON, or hold commas and line ends themselves.

Every letter is looked at a bounded number of times: a quoted value without an end can only be the last one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_KEY = re.compile(r"[\s,]{0,40}+([A-Za-z][^:,\n\"{}\[\]<>|]{0,60}?)\s*:(?=\s|\"|\{|\[|-?\d|$)[ \t]*")
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"(?=\s*(?:,|\n|$))', re.DOTALL)
_PLAIN = re.compile(r"[^,\n]*+")
_MOST_JSON = 40
"""JSON values that are tried; each try may look at all that is left."""
_DECODER = json.JSONDecoder()


def pairs(text: str, at: int = 0) -> Iterator[tuple[str, str]]:
    """(key, value) from a place in a text on; what is no pair belongs to the value before it.

    >>> list(pairs('Steps: 20, Wildcard: "a\\\\nb, c", Hashes: {"model": "ab"}, Size: 512x512\\nTemplate: tea, cups'))
    [('Steps', '20'), ('Wildcard', 'a\\nb, c'), ('Hashes', '{"model": "ab"}'), ('Size', '512x512'), ('Template', 'tea, cups')]
    """
    key, told, tries = "", list[str](), 0
    while at < len(text):
        found = _KEY.match(text, at)
        if found is None:
            piece = _PLAIN.match(text, at + (text[at] in ",\n"))
            told.append(text[at : piece.end()] if piece else "")
            at = piece.end() if piece and piece.end() > at else at + 1
            continue
        if key:
            yield key, "".join(told).strip()
        key, told, at = found[1].strip(), [], found.end()
        opening = text[at : at + 1]
        if opening == '"' and (quoted := _QUOTED.match(text, at)):
            told, at = [_unquoted(quoted[0])], quoted.end()
            continue
        if opening and opening in "{[" and tries < _MOST_JSON:
            tries += 1
            end = _end_of_json(text, at)
            if end:
                told, at = [text[at:end]], end
                continue
        piece = _PLAIN.match(text, at)
        told, at = [piece[0] if piece else ""], piece.end() if piece else at + 1
    if key:
        yield key, "".join(told).strip()


def _end_of_json(text: str, at: int) -> int:
    try:
        return _DECODER.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return 0


def _unquoted(value: str) -> str:
    try:
        return str(json.loads(value, strict=False))
    except (ValueError, RecursionError):
        return value.strip('"')
