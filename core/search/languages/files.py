"""Reads the language files: what marks a language, its phrases and the names of things."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from storage.search.tokenizer import fold

NAMES = {"de": "german", "fr": "french", "es": "spanish", "pt": "portuguese", "ja": "japanese", "zh": "chinese"}
EUROPEAN = ("de", "fr", "es", "pt")
CHARACTERS = ("ja", "zh")
"""Languages written without blanks between words."""
_WORD = re.compile(r"\ue000[^\ue001]*\ue001|[^\W_]+(?:[-'’][^\W_]+)*|[^\w\s]|_+")
_SHORTEST_STEM = 4


@dataclass(frozen=True)
class Language:
    """One language file, and its column of things.toml."""

    code: str
    marks: frozenset[str]
    frames: tuple[tuple[re.Pattern[str], str], ...]
    phrases: dict[tuple[str, ...], str]
    spelled: dict[str, str]
    """Single words as they are written, with their accents: `a` and `à` are two."""
    things: dict[tuple[str, ...], str]

    @cached_property
    def running(self) -> tuple[dict[str, str], dict[str, str], int]:
        """Phrases and things as running text, and how long the longest is: for languages without blanks."""
        phrases, things = ({"".join(said): meant for said, meant in one.items()} for one in (self.phrases, self.things))
        return phrases, things, max(len(said) for said in (*phrases, *things))

    @cached_property
    def stems(self) -> dict[str, str]:
        """Stem of a word -> what most words with this stem mean."""
        found = defaultdict[str, Counter[str]](Counter)
        for said, meant in (*self.phrases.items(), *self.things.items()):
            stem = self.stem(said[0]) if len(said) == 1 and len(said[0]) > _SHORTEST_STEM else ""
            if len(stem) >= _SHORTEST_STEM and meant:
                found[stem][meant] += 1
        return {stem: meanings.most_common(1)[0][0] for stem, meanings in found.items()}

    def stem(self, word: str) -> str:
        """The stem of a folded word; the word itself where the language has no stems."""
        return str(_stemmer(self.code).stemWord(word)) if self.code in EUROPEAN else word


@cache
def _stemmer(code: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(NAMES[code])


def cut(text: str) -> list[str]:
    """The words and marks of a text."""
    return _WORD.findall(text)


def words_at(text: str) -> Iterable[re.Match[str]]:
    """The words and marks of a text, and where they stand."""
    return _WORD.finditer(text)


@cache
def language(code: str) -> Language:
    """The language of a code such as `de`."""
    data = tomllib.loads((Path(__file__).parent / f"{NAMES[code]}.toml").read_text("utf-8"))

    def key(said: str) -> tuple[str, ...]:
        return (said,) if code in CHARACTERS else tuple(cut(fold(said)))

    frames = tuple((re.compile(pattern, re.IGNORECASE), meant) for pattern, meant in data.get("frames", {}).items())
    return Language(
        code,
        frozenset(fold(data.get("marks", "")).split()) if code != "zh" else frozenset(data["marks"].split()),
        frames,
        {key(said): str(meant) for said, meant in data["words"].items()},
        {said.casefold(): str(meant) for said, meant in data["words"].items() if " " not in said},
        {key(said): thing for thing, said in _things(code)},
    )


def _things(code: str) -> list[tuple[str, str]]:
    found = []
    for thing, names in _table().items():
        for said in names[code].split():
            found += [(thing, said)] if "-" not in said else [(thing, said), (thing, said.replace("-", " "))]
    return found


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "things.toml").read_text("utf-8"))
