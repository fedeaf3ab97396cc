"""The index on SQLite: one FTS5 table with a column of words, one of unwanted words, and one of facet tokens.

The row number is the slot, so `ORDER BY rowid DESC` walks the newest first and stops after a page, and a span of time is a
range of row numbers. Everything that reaches MATCH was made by storage.search.tokenizer or storage.search.facets:
letters and digits.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlmodel import Session

from storage.search.document import Entry
from storage.search.facets import EVERYTHING, cover, token, tokens_of
from storage.search.query import Field, Query, Scope, Words
from storage.search.rank import fits

TABLE = """
CREATE VIRTUAL TABLE search_assets USING fts5(body, unwanted, facets, tokenize = 'unicode61 remove_diacritics 0')
"""
_PUT = text("INSERT INTO search_assets (rowid, body, unwanted, facets) VALUES (:slot, :body, :unwanted, :facets)")
_REMOVE = text("DELETE FROM search_assets WHERE rowid = :slot")
_HIT = "FROM search_assets WHERE search_assets MATCH :match AND rowid >= :low AND rowid < :high"
_NEWEST = text(f"SELECT rowid {_HIT} ORDER BY rowid DESC LIMIT :limit")
_OLDEST = text(f"SELECT rowid {_HIT} ORDER BY rowid LIMIT :limit")
_TEXTS = text(f"SELECT rowid, body {_HIT} ORDER BY rowid DESC LIMIT :limit")
_COUNT = text(f"SELECT count(*) FROM (SELECT 1 {_HIT} LIMIT :limit)")


def put(session: Session, entries: Iterable[Entry]) -> None:
    """Add entries whose slots are free."""
    rows = [
        {
            "slot": one.slot,
            "body": " ".join(one.body),
            "unwanted": " ".join(one.unwanted),
            "facets": " ".join(tokens_of(one.facets)),
        }
        for one in entries
    ]
    if rows:
        session.connection().execute(_PUT, rows)


def remove(session: Session, slot: int) -> None:
    session.connection().execute(_REMOVE, {"slot": slot})


def newest(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[int]:
    """Slots in [low, high) that match, newest first."""
    found = session.connection().execute(_NEWEST, _values(query, scope, low, high, limit))
    return [row[0] for row in found]


def oldest(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[int]:
    """Slots in [low, high) that match, oldest first."""
    found = session.connection().execute(_OLDEST, _values(query, scope, low, high, limit))
    return [row[0] for row in found]


def scored(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[tuple[int, float]]:
    """The newest slots that match, each with how well its words fit: more is better.

    FTS5's bm25() first walks over all that have a word to count them, 50 ms for a common one among a million.
    """
    found = session.connection().execute(_TEXTS, _values(query, scope, low, high, limit)).all()
    return list(zip((row[0] for row in found), fits([row[1] for row in found], query.words), strict=True))


def count(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> int:
    found = session.connection().execute(_COUNT, _values(query, scope, low, high, limit)).scalar_one()
    return int(found)


def match(query: Query, scope: Scope) -> str:
    """The FTS5 expression: every positive condition, NOT any of the negative ones."""
    wanted = [_words(words) for words in query.words if not words.negated]
    wanted += [_any(tokens) for tokens in cover(facet for facet in query.facets if not facet.negated)]
    if scope.project_ids is not None:
        wanted.append(_any([token(Field.PROJECT, str(project)) for project in sorted(scope.project_ids)]))
    unwanted = [_words(words) for words in query.words if words.negated]
    unwanted += [_any([token(facet.field, value) for value in facet.values]) for facet in query.facets if facet.negated]
    every = " AND ".join(wanted or [_any([EVERYTHING])])
    return f"({every}) NOT ({' OR '.join(unwanted)})" if unwanted else every


def _words(words: Words) -> str:
    return f'({words.part} : "{" ".join(words.tokens)}"{" *" if words.prefix else ""})'


def _any(tokens: list[str]) -> str:
    return f"(facets : ({' OR '.join(tokens)}))"


def _values(query: Query, scope: Scope, low: int, high: int, limit: int) -> dict[str, object]:
    return {"match": match(query, scope), "low": low, "high": high, "limit": limit}
