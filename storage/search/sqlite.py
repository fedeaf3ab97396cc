"""The index on SQLite: one FTS5 table with a column of words, one of unwanted words, and one of facet tokens.

The row number is the slot, so `ORDER BY rowid DESC` walks the newest first and stops after a page, and a span of time is a
range of row numbers. Everything that reaches MATCH was made by storage.search.tokenizer or storage.search.facets:
letters and digits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from storage.search.document import IndexEntry
from storage.search.facets import EVERYTHING, cover, token, tokens_of
from storage.search.links import conditions, statement
from storage.search.query import FacetField, Phrase, Query, Scope
from storage.search.rank import fits

TABLE = """
CREATE VIRTUAL TABLE search_assets USING fts5(body, unwanted, facets, tokenize = 'unicode61 remove_diacritics 0')
"""
_PUT = text("INSERT INTO search_assets (rowid, body, unwanted, facets) VALUES (:slot, :body, :unwanted, :facets)")
_REMOVE = text("DELETE FROM search_assets WHERE rowid = :slot")
ASSET = "(search_assets.rowid & 4294967295)"
"""The Asset's number in a slot, in SQL."""
_HIT = "FROM search_assets WHERE search_assets MATCH :match AND rowid >= :low AND rowid < :high"


def put(session: Session, entries: Iterable[IndexEntry]) -> None:
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
    hit, values = _hit(query, scope, low, high)
    found = session.connection().execute(
        statement(f"SELECT rowid {hit} ORDER BY rowid DESC LIMIT :limit", values), values | {"limit": limit}
    )
    return [row[0] for row in found]


def oldest(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[int]:
    """Slots in [low, high) that match, oldest first."""
    hit, values = _hit(query, scope, low, high)
    found = session.connection().execute(
        statement(f"SELECT rowid {hit} ORDER BY rowid LIMIT :limit", values), values | {"limit": limit}
    )
    return [row[0] for row in found]


def scored(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[tuple[int, float]]:
    """The newest slots that match, each with how well its words fit: more is better.

    FTS5's bm25() first walks over all that have a word to count them, 50 ms for a common one among a million.
    """
    hit, values = _hit(query, scope, low, high)
    asked = statement(f"SELECT rowid, body {hit} ORDER BY rowid DESC LIMIT :limit", values)
    found = session.connection().execute(asked, values | {"limit": limit}).all()
    return list(zip((row[0] for row in found), fits([row[1] for row in found], query.words), strict=True))


def count(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> int:
    hit, values = _hit(query, scope, low, high)
    asked = statement(f"SELECT count(*) FROM (SELECT 1 {hit} LIMIT :limit)", values)
    return int(session.connection().execute(asked, values | {"limit": limit}).scalar_one())


def hits(query: Query, scope: Scope, low: int, high: int) -> tuple[str, dict[str, Any]]:
    """A SELECT of (slot, asset_id) of all that match, and its values."""
    hit, values = _hit(query, scope, low, high)
    return f"SELECT rowid AS slot, {ASSET} AS asset_id {hit}", values


def _hit(query: Query, scope: Scope, low: int, high: int) -> tuple[str, dict[str, Any]]:
    parts, values = conditions(query, ASSET, "sqlite")
    given = {"match": match(query, scope), "low": low, "high": high, **values}
    return " AND ".join([_HIT, *parts]), given


def match(query: Query, scope: Scope) -> str:
    """The FTS5 expression: every positive condition, NOT any of the negative ones."""
    wanted = [_words(words) for words in query.words if not words.negated]
    wanted += [_any(tokens) for tokens in cover(facet for facet in query.facets if not facet.negated)]
    if scope.project_ids is not None:
        wanted.append(_any([token(FacetField.PROJECT, str(project)) for project in sorted(scope.project_ids)]))
    unwanted = [_words(words) for words in query.words if words.negated]
    unwanted += [_any([token(facet.field, value) for value in facet.values]) for facet in query.facets if facet.negated]
    every = " AND ".join(wanted or [_any([EVERYTHING])])
    return f"({every}) NOT ({' OR '.join(unwanted)})" if unwanted else every


def _words(words: Phrase) -> str:
    said = [f'"{" ".join(words.tokens)}"{" *" if words.prefix else ""}', *(f'"{" ".join(form)}"' for form in words.forms)]
    found = f"({words.part} : ({' OR '.join(said)}))" if len(said) > 1 else f"({words.part} : {said[0]})"
    tokens = [token(facet.field, value) for facet in words.names for value in facet.values]
    return f"({found} OR {_any(tokens)})" if tokens else found


def _any(tokens: list[str]) -> str:
    return f"(facets : ({' OR '.join(tokens)}))"
