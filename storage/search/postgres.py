"""The index on PostgreSQL: b-trees for who, for whom and how judged; GIN for words and for the other facets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from storage.search.document import IndexEntry
from storage.search.facets import token
from storage.search.links import conditions, statement
from storage.search.query import Facet, FacetField, Phrase, Query, Scope

TABLE = (
    """
    CREATE TABLE search_assets (
        slot bigint PRIMARY KEY, project_id integer NOT NULL, client_id integer NOT NULL, member_id integer NOT NULL,
        status text NOT NULL, facets text[] NOT NULL, body tsvector NOT NULL, unwanted tsvector NOT NULL)
    """,
    "CREATE INDEX search_by_project ON search_assets (project_id, slot)",
    "CREATE INDEX search_by_client ON search_assets (client_id, slot)",
    "CREATE INDEX search_by_member ON search_assets (member_id, slot)",
    "CREATE INDEX search_by_status ON search_assets (status, slot)",
    "CREATE INDEX search_by_facet ON search_assets USING gin (facets)",
    "CREATE INDEX search_by_word ON search_assets USING gin (body)",
)
PAIRS = (
    "CREATE INDEX search_by_client_status ON search_assets (client_id, status, slot)",
    "CREATE INDEX search_by_client_member ON search_assets (client_id, member_id, slot)",
    "CREATE INDEX search_by_project_status ON search_assets (project_id, status, slot)",
    "CREATE INDEX search_by_project_member ON search_assets (project_id, member_id, slot)",
    "CREATE INDEX search_by_member_status ON search_assets (member_id, status, slot)",
)
"""For what is asked for together: a common word is then looked for among what is left of a million, newest first."""
_COLUMNS = {
    FacetField.PROJECT: "project_id",
    FacetField.CLIENT: "client_id",
    FacetField.BY: "member_id",
    FacetField.STATUS: "status",
}
ASSET = "(slot & 4294967295)"
"""The Asset's number in a slot, in SQL."""
_MOST_PLACES = 255
"""Positions PostgreSQL keeps of one word."""
_PUT = text(
    """
    INSERT INTO search_assets (slot, project_id, client_id, member_id, status, facets, body, unwanted)
    VALUES (:slot, :project_id, :client_id, :member_id, :status, :facets, CAST(:body AS tsvector), CAST(:unwanted AS tsvector))
    """
)
_REMOVE = text("DELETE FROM search_assets WHERE slot = :slot")


def put(session: Session, entries: Iterable[IndexEntry]) -> None:
    """Add entries whose slots are free."""
    rows = [
        {
            "slot": one.slot,
            "project_id": one.project_id,
            "client_id": one.client_id,
            "member_id": one.member_id,
            "status": one.status,
            "facets": list(dict.fromkeys(token(field, value) for field, value in one.facets if value and field not in _COLUMNS)),
            "body": vector(one.body),
            "unwanted": vector(one.unwanted),
        }
        for one in entries
    ]
    if rows:
        session.connection().execute(_PUT, rows)


def remove(session: Session, slot: int) -> None:
    session.connection().execute(_REMOVE, {"slot": slot})


def newest(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[int]:
    """Slots in [low, high) that match, newest first."""
    return _slots(session, query, scope, "DESC", low, high, limit)


def oldest(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[int]:
    """Slots in [low, high) that match, oldest first."""
    return _slots(session, query, scope, "ASC", low, high, limit)


def scored(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[tuple[int, float]]:
    """The newest slots that match, each with how well its words fit: more is better."""
    where, values = _where(query, scope)
    ranked = " & ".join(_words(words) for words in query.words if not words.negated and words.part == "body")
    hits = f"SELECT slot, body FROM search_assets WHERE {where} ORDER BY slot DESC LIMIT :limit"
    asked = statement(f"SELECT slot, ts_rank(body, CAST(:ranked AS tsquery), 1) FROM ({hits}) AS hits ORDER BY slot DESC", values)
    given = values | {"low": low, "high": high, "limit": limit, "ranked": ranked}
    return [(row[0], float(row[1])) for row in session.connection().execute(asked, given)]


def count(session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> int:
    where, values = _where(query, scope)
    asked = statement(f"SELECT count(*) FROM (SELECT 1 FROM search_assets WHERE {where} LIMIT :limit) AS hits", values)
    return int(session.connection().execute(asked, values | {"low": low, "high": high, "limit": limit}).scalar_one())


def hits(query: Query, scope: Scope, low: int, high: int) -> tuple[str, dict[str, Any]]:
    """A SELECT of (slot, asset_id) of all that match, and its values."""
    where, values = _where(query, scope)
    return f"SELECT slot, {ASSET} AS asset_id FROM search_assets WHERE {where}", values | {"low": low, "high": high}


def vector(tokens: Iterable[str]) -> str:
    """A tsvector literal: each word with its places, so that phrases work and no text parser has a say.

    >>> vector(["low", "sun", "low"])
    "'low':1,3 'sun':2"
    """
    places: dict[str, list[int]] = {}
    for place, word in enumerate(tokens, 1):
        places.setdefault(word, []).append(place)
    return " ".join(f"'{word}':{','.join(map(str, found[:_MOST_PLACES]))}" for word, found in places.items())


def _slots(session: Session, query: Query, scope: Scope, direction: str, low: int, high: int, limit: int) -> list[int]:
    where, values = _where(query, scope)
    asked = statement(f"SELECT slot FROM search_assets WHERE {where} ORDER BY slot {direction} LIMIT :limit", values)
    found = session.connection().execute(asked, values | {"low": low, "high": high, "limit": limit})
    return [row[0] for row in found]


def _where(query: Query, scope: Scope) -> tuple[str, dict[str, Any]]:
    """The condition and its values; every value is bound, none is pasted in."""
    parts, values = ["slot >= :low", "slot < :high"], dict[str, Any]()
    for part in ("body", "unwanted"):
        plain = [words for words in query.words if words.part == part and not words.names]
        wanted = [("!" if words.negated else "") + _words(words) for words in plain]
        if wanted:
            parts.append(f"{part} @@ CAST(:{part} AS tsquery)")
            values[part] = " & ".join(wanted)
    for number, words in enumerate(query.words):
        if words.names:
            part, given = _words_or_names(words, f"w{number}")
            parts.append(part)
            values |= given
    for number, facet in enumerate(query.facets):
        parts.append(f"{'NOT ' if facet.negated else ''}({_facet(facet, f'f{number}')})")
        values[f"f{number}"] = _facet_value(facet)
    if scope.project_ids is not None:
        parts.append("project_id = ANY(:scope)")
        values["scope"] = sorted(scope.project_ids)
    linked, given = conditions(query, ASSET, "postgresql")
    parts, values = [*parts, *linked], values | given
    return " AND ".join(parts), values


def _words_or_names(words: Phrase, name: str) -> tuple[str, dict[str, Any]]:
    said, values = [f"{words.part} @@ CAST(:{name} AS tsquery)"], dict[str, Any]({name: _words(words)})
    for number, facet in enumerate(words.names):
        said.append(_facet(facet, f"{name}n{number}"))
        values[f"{name}n{number}"] = _facet_value(facet)
    return f"{'NOT ' if words.negated else ''}({' OR '.join(said)})", values


def _facet(facet: Facet, name: str) -> str:
    column = _COLUMNS.get(facet.field)
    if column is None:
        return f"facets && CAST(:{name} AS text[])"
    return f"{column} = :{name}" if len(facet.values) == 1 else f"{column} = ANY(:{name})"


def _facet_value(facet: Facet) -> Any:
    if facet.field not in _COLUMNS:
        return [token(facet.field, value) for value in facet.values]
    values: list[Any] = [value if facet.field is FacetField.STATUS else int(value) for value in facet.values]
    return values[0] if len(values) == 1 else values


def _words(words: Phrase) -> str:
    *most, last = words.tokens
    said = [" <-> ".join([*(f"'{one}'" for one in most), f"'{last}'" + (":*" if words.prefix else "")])]
    said += [" <-> ".join(f"'{one}'" for one in form) for form in words.forms]
    return "(" + " | ".join(f"({one})" for one in said) + ")" if len(said) > 1 else f"({said[0]})"
