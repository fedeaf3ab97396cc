"""Other words for a thing, where no picture has the word of a question.

>>> near("sneakers"), near("unicorn")
(('shoe', 'trainer', 'footwear', 'kicks'), ())
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from storage.search.forms import stem
from storage.search.tokenizer import fold

MOST = 3
"""Words that are shown in place of one."""


def near(word: str) -> tuple[str, ...]:
    """Words that mean the same or nearly the same, the nearest first; none for a word that is not listed."""
    said = stem(fold(word))
    found = dict.fromkeys(other for group in _groups().get(said, ()) for other in group if stem(other) != said)
    return tuple(found)


@cache
def _groups() -> dict[str, list[tuple[str, ...]]]:
    text = tomllib.loads((Path(__file__).parent / "meanings.toml").read_text("utf-8"))["groups"]
    groups: dict[str, list[tuple[str, ...]]] = {}
    for line in text.strip().split("\n"):
        words = tuple(line.split())
        for one in words:
            groups.setdefault(stem(one), []).append(words)
    return groups
