"""The texts of one file opened to the innermost: JSON in JSON, XMP's properties, `prompt: {…}`; each remembers where it stood.

Recognisers ask for texts by name or for all JSON objects, and mark what they understood. What nobody marks is told as unread.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from core.formats.raw_text import WANTED
from core.formats.sanitize import clean_text, parsed
from core.generators.xmp_texts import properties

_MOST = 600
_DEEPEST = 12
_LABEL = re.compile(r"\s*([A-Za-z_][\w-]{0,40})\s*:\s*(?=[{\[\"])")
_SETTINGS = re.compile(r"\b(?:Steps|Seed|Sampler)\s*:")
_INSIDE = 64
"""Members of a JSON list or object that are opened."""


class Text:
    """One text. `value` is what it is as JSON, or None; `about` is its first words, for people."""

    def __init__(self, place: str, key: str, text: str, value: Any = None, above: Text | None = None) -> None:
        self.place, self.key, self.text, self.above = place, key, text, above
        self.value = value
        self.understood = False
        self.inside: list[Text] = []

    @property
    def object(self) -> dict[str, Any] | None:
        return self.value if isinstance(self.value, dict) else None

    @property
    def is_free(self) -> bool:
        """Whether neither it nor what it stands in was taken."""
        return not self.understood and (self.above is None or not self.above.understood)

    def take(self) -> None:
        """Mark it, and all it stands in, as understood."""
        one: Text | None = self
        while one is not None and not one.understood:
            one.understood = True
            one = one.above


class TextFields:
    """All texts of a file, outer before inner."""

    def __init__(self, texts: Iterable[tuple[str, str, str]], *, shut: str = "") -> None:
        """`texts` are (place, key, text). JSON under the key `shut` is left closed until `open` is called."""
        self.outer = [Text(place, key, _bare(text)) for place, key, text in texts]
        self.all: list[Text] = []
        self._named: dict[str, list[Text]] = {}
        self.shut = [one for one in self.outer if shut and one.key == shut and one.text[:1] == "{"]
        self._open([one for one in self.outer if one not in self.shut] if self.shut else self.outer)

    def open(self) -> None:
        """Open what was left closed."""
        left, self.shut = self.shut, []
        self._open(left)

    def _open(self, outer: list[Text]) -> None:
        first = len(self.all)
        if len(outer) > _MOST // 2:  # the well-known first, for not all may have their turn
            outer = sorted(outer, key=lambda one: one.key.casefold() not in WANTED)
        waiting = deque((one, 0) for one in outer)
        while waiting and len(self.all) < _MOST:
            one, depth = waiting.popleft()
            self.all.append(one)
            if depth < _DEEPEST:
                one.inside = list(_opened(one))
                waiting.extend((inner, depth + 1) for inner in one.inside)
        for one in self.all[first:]:
            self._named.setdefault(_key(one.key), []).append(one)

    @classmethod
    def of(cls, **texts: str) -> TextFields:
        """Of texts by key, as if they stood in a PNG: for examples."""
        return cls((f"PNG text `{key}`", key, text) for key, text in texts.items())

    def named(self, *keys: str) -> Iterator[Text]:
        """The texts under these keys, however they are spelled: `Lora Hashes`, `lora_hashes`."""
        for key in keys:
            yield from self._named.get(_key(key), ())

    def text(self, *keys: str) -> str:
        """The first text under one of the keys that is not empty."""
        return next((one.text for one in self.named(*keys) if one.text), "")

    def objects(self, *keys: str) -> Iterator[Text]:
        """The texts that are JSON objects; those under `keys` only, if any are given."""
        return (one for one in (self.named(*keys) if keys else self.all) if one.object is not None)

    def prose(self) -> Iterator[Text]:
        """The texts that are no JSON."""
        return (one for one in self.all if one.value is None and one.text and not one.inside)


@lru_cache(4096)
def _key(key: str) -> str:
    return re.sub(r"[\W_]+", "", key).casefold()


def _bare(text: str) -> str:
    return clean_text(text.strip("\0\ufeff \t\r\n"))


def _opened(one: Text) -> Iterator[Text]:
    """What stands in a text."""
    if one.value is not None:
        yield from _members(one)
        return
    text = one.text
    if text[:1] == "<" and ("<x:xmpmeta" in text[:4_000] or "<rdf:RDF" in text[:4_000]):
        for name, value in properties(text):
            yield Text(f"{one.place} {name}", name.partition(":")[2], _bare(value), above=one)
        return
    label = _LABEL.match(text)
    if label:
        inner = text[label.end() :]
        if (value := _json(inner)) is not None:
            yield Text(one.place, label[1].lower(), inner, value, one)
            return
    value = _json(text)
    if isinstance(value, str):
        yield Text(one.place, one.key, _bare(value), above=one)
    elif value is not None:
        one.value = value
        yield from _members(one)


def _members(one: Text) -> Iterator[Text]:
    """Of an object or a list, what may be a text of its own: JSON, settings, graphs."""
    value = one.value
    if is_api_graph(value) or is_browser_workflow(value):
        named = [(key, inner) for key, inner in list(value.items())[:5_000] if not _is_node(inner)]
    elif isinstance(value, dict):
        named = list(value.items())[:_INSIDE]
    else:
        named = [(one.key, inner) for inner in value[:_INSIDE] if isinstance(inner, dict)] if isinstance(value, list) else []
    for key, inner in named:
        if isinstance(inner, str) and (inner[:400].lstrip()[:1] in ("{", "[", '"') or _SETTINGS.search(inner[-2_000:])):
            yield Text(f"{one.place}, `{key[:40]}`", str(key), _bare(inner), above=one)
        elif isinstance(inner, dict) and inner:
            yield Text(f"{one.place}, `{str(key)[:40]}`", str(key), "", inner, one)


def _json(text: str) -> Any:
    """The JSON object, list or text that a text is; None for anything else."""
    if text[:1] not in ("{", "[", '"') or text[-1:] not in ("}", "]", '"'):
        return None
    try:
        value = parsed(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list | str) else None


def is_api_graph(value: object) -> bool:
    """Whether a value is a graph as ComfyUI runs it: nodes by id, each with a `class_type`."""
    if not isinstance(value, dict) or not value:
        return False
    return any(_is_node(one) for one in value.values())


def _is_node(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("class_type"), str)


def is_browser_workflow(value: object) -> bool:
    """Whether a value is a workflow as ComfyUI's page saves it: a list of nodes with their types."""
    if not isinstance(value, dict) or not isinstance(value.get("nodes"), list):
        return False
    nodes = value["nodes"]
    return ("links" in value or "last_node_id" in value or not nodes) or any(
        isinstance(one, dict) and "type" in one and "id" in one for one in nodes[:20]
    )
