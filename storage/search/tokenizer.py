"""Cuts text into the words the index holds, the same on every database: folded, without accents, plurals made singular.

Doing this here rather than in SQLite's and PostgreSQL's own tokenizers is what makes both give the same answers. A word of
Chinese, Japanese or Korean characters becomes one token a character, so that any part of it can be found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST_WORD = 64
"""Longer runs of letters (base64, hashes of hashes) are cut; nobody types them."""
MOST_WORDS = 4000
"""Words kept of one text; a PostgreSQL tsvector ends at 16,383 positions."""

_NAME = 100
"""Texts up to here may be names, which come again and again; longer ones are not worth remembering."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")


def fold(text: str) -> str:
    """Case, accents, widths and runs of spaces made equal: what two names are compared by.

    >>> fold("  Zoë   ØRSTED ")
    'zoe ørsted'
    """
    return _known(text) if len(text) <= _NAME else _folded(text)


@lru_cache(1 << 15)
def _known(name: str) -> str:
    return _folded(name)


def _folded(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def words_of(text: str) -> list[str]:
    """The tokens of `text`, in order, at most MOST_WORDS.

    >>> words_of("Hero SHOES, low-sun_v2.png")
    ['hero', 'shoe', 'low', 'sun', 'v2', 'png']
    """
    found: list[str] = []
    for match in _WORD.finditer(fold(text)):
        found.append(_singular(match.group()[:LONGEST_WORD]))
        if len(found) == MOST_WORDS:
            break
    return found


def _singular(word: str) -> str:
    """Harman's S-stemmer ("How effective is suffixing?", 1991): weak enough to do no harm in other languages."""
    if len(word) < 4 or not word.endswith("s") or word[-2] in "us" or not word.isalpha():
        return word
    if word.endswith("ies") and word[-4] not in "ea":
        return word[:-3] + "y"
    if word.endswith(("sses", "zzes", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]
