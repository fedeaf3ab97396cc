"""The words the index holds, each with its stem: by it a word finds its other forms, a mistyped one its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, text
from sqlmodel import Session

TABLE = "CREATE TABLE search_words (word varchar(64) PRIMARY KEY, stem varchar(64) NOT NULL)"
INDEX = "CREATE INDEX search_words_by_stem ON search_words (stem)"
_SHORTEST, _LONGEST = 3, 24
_TOGETHER = 500
_DOOR = 7528326
_THERE = text("SELECT word FROM search_words WHERE word IN :words").bindparams(bindparam("words", expanding=True))
_ADD = text("INSERT INTO search_words (word, stem) VALUES (:word, :stem) ON CONFLICT DO NOTHING")
_SAME = text("SELECT word FROM search_words WHERE stem IN :stems ORDER BY word LIMIT 40").bindparams(
    bindparam("stems", expanding=True)
)
_COUNT = text("SELECT count(*) FROM search_words")
_ALL = text("SELECT word FROM search_words ORDER BY word LIMIT :limit")
_MOST = 100_000
"""Words that are looked through for a mistyped one."""
_SEEN: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_READ: WeakKeyDictionary[Any, tuple[int, tuple[str, ...]]] = WeakKeyDictionary()


@lru_cache(1 << 16)
def stem(word: str) -> str:
    """What all forms of an English word have in common: its lemma (simplemma), cut by Snowball's English stemmer.

    >>> [stem(one) for one in ("drawn", "drawing", "drawings", "drew")]
    ['draw', 'draw', 'draw', 'draw']
    """
    if not word.isascii() or not word.isalpha():
        return word
    from simplemma import lemmatize

    return str(_stemmer().stemWord(lemmatize(word, lang="en").lower()))


@lru_cache(1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def remember(session: Session, bodies: Iterable[Iterable[str]]) -> None:
    """Note the words of these texts of tokens."""
    connection = session.connection()
    seen = _SEEN.setdefault(connection.engine, set())
    fresh = {word for body in bodies for word in body if word not in seen and fit(word)}
    if not fresh:
        return
    wanted, there = sorted(fresh), set[str]()
    for at in range(0, len(wanted), _TOGETHER):
        there |= {row[0] for row in connection.execute(_THERE, {"words": wanted[at : at + _TOGETHER]})}
    new = [{"word": word, "stem": stem(word)} for word in wanted if word not in there]
    if new:
        if connection.dialect.name == "postgresql":
            # Two transactions that bring the same words would wait for each other for ever.
            connection.execute(text("SELECT pg_advisory_xact_lock(:door)"), {"door": _DOOR})
        connection.execute(_ADD, new)
    seen |= there  # not the new ones: this transaction may still be undone


def fit(word: str) -> bool:
    """Whether a token is a word with forms: letters only, neither short nor long."""
    return _SHORTEST <= len(word) <= _LONGEST and word.isalpha()


def alike(session: Session, word: str) -> tuple[str, ...]:
    """Words of the index with the same stem as a token, the token itself left out."""
    if not fit(word):
        return ()
    found = session.connection().execute(_SAME, {"stems": list({stem(word), word})})
    return tuple(row[0] for row in found if row[0] != word)


def every(session: Session) -> tuple[str, ...]:
    """All words, at most a hundred thousand; the same value as long as none is added."""
    connection = session.connection()
    rows = int(connection.execute(_COUNT).scalar_one())
    kept = _READ.get(connection.engine)
    if kept is None or kept[0] != rows:
        kept = _READ[connection.engine] = (rows, tuple(row[0] for row in connection.execute(_ALL, {"limit": _MOST})))
    return kept[1]
