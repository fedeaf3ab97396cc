"""Conditions that other rows decide (Verdicts, Exports, lineage, servers), as SQL for both databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.sql.elements import TextClause

from storage.search.query import Bound, Measure, Query, RelatedRows, Relation
from storage.tables.columns import Instant

MEASURES = {
    Measure.PIXELS: "SELECT id AS asset_id, width * height AS amount FROM asset WHERE width IS NOT NULL",
    Measure.WIDTH: "SELECT id AS asset_id, width AS amount FROM asset WHERE width IS NOT NULL",
    Measure.HEIGHT: "SELECT id AS asset_id, height AS amount FROM asset WHERE height IS NOT NULL",
    Measure.SECONDS: "SELECT id AS asset_id, seconds AS amount FROM asset WHERE seconds IS NOT NULL",
    Measure.BYTES: "SELECT id AS asset_id, size AS amount FROM asset",
    Measure.TOOK: (
        "SELECT asset.id AS asset_id, {took} AS amount FROM asset JOIN render ON render.id = asset.render_id"
        " WHERE render.started_at IS NOT NULL AND render.finished_at IS NOT NULL"
    ),
    Measure.JUDGED: "SELECT asset_id, max({at}) AS amount FROM verdict WHERE withdrawn_at IS NULL GROUP BY asset_id",
    Measure.EXPORTED: "SELECT asset_id, max({at}) AS amount FROM export GROUP BY asset_id",
}
"""Rows (asset_id, amount) of each measure."""
_SECONDS = {
    "sqlite": {
        "took": "(julianday(render.finished_at) - julianday(render.started_at)) * 86400",
        "at": "CAST(strftime('%s', created_at) AS INTEGER)",
        "hour": "CAST(strftime('%s', created_at) AS INTEGER) / 3600",
    },
    "postgresql": {
        "took": "CAST(extract(epoch FROM render.finished_at - render.started_at) AS double precision)",
        "at": "CAST(extract(epoch FROM created_at) AS bigint)",
        "hour": "CAST(floor(extract(epoch FROM created_at) / 3600) AS bigint)",
    },
}


def measured(measure: Measure, dialect: str) -> str:
    """SELECT of (asset_id, amount) for a measure."""
    return MEASURES[measure].format(**_SECONDS[dialect])


def conditions(query: Query, asset: str, dialect: str) -> tuple[list[str], dict[str, Any]]:
    """The conditions of the query's links and bounds on the SQL expression `asset`, and their values; every value is bound."""
    parts, values = list[str](), dict[str, Any]()
    for number, link in enumerate(query.links):
        inner, given = _LINKS[link.relation](link, f"l{number}")
        inner = inner.replace("{hour}", _SECONDS[dialect]["hour"])
        parts.append(f"{asset} {'NOT ' if link.negated else ''}IN ({inner})")
        values |= given
    for number, bound in enumerate(query.bounds):
        part, given = _bound(bound, f"b{number}", dialect)
        parts.append(f"{asset} IN ({part})")
        values |= given
    return parts, values


def statement(sql: str, values: dict[str, Any]) -> TextClause:
    """The SQL with its values typed: times as the tables keep them, lists spread out."""
    typed = []
    for name, value in values.items():
        if isinstance(value, datetime):
            typed.append(bindparam(name, type_=Instant()))
        elif isinstance(value, tuple):
            typed.append(bindparam(name, expanding=True))
    return text(sql).bindparams(*typed)


def _span(link: RelatedRows, name: str, column: str) -> tuple[list[str], dict[str, Any]]:
    parts, values = list[str](), dict[str, Any]()
    if link.since is not None:
        parts.append(f"{column} >= :{name}s")
        values[f"{name}s"] = link.since
    if link.until is not None:
        parts.append(f"{column} < :{name}u")
        values[f"{name}u"] = link.until
    return parts, values


def _rows(link: RelatedRows, name: str, table: str, value: str, words: str = "") -> tuple[str, dict[str, Any]]:
    """SELECT asset_id FROM a table with who, when and which; `value` and `words` are the columns of values and text."""
    parts, values = _span(link, name, "created_at")
    if link.values:
        parts.append(f"{value} IN :{name}v")
        values[f"{name}v"] = tuple(link.values)
    if link.member is not None:
        parts.append(f"member_id = :{name}m")
        values[f"{name}m"] = link.member
    if link.text and words:
        parts.append(f"lower({words}) LIKE :{name}t ESCAPE '!'")
        escaped = link.text.casefold().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        values[f"{name}t"] = f"%{escaped}%"
    return f"SELECT asset_id FROM {table}{_where(parts)}", values


def _judged(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    sql, values = _rows(link, name, "verdict", "judgement", "note")
    return f"{sql} {'AND' if ' WHERE ' in sql else 'WHERE'} withdrawn_at IS NULL", values


def _ever(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    return _rows(link, name, "verdict", "judgement", "note")


def _exported(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    return _rows(link, name, "export", "profile", "recipient")


def _tagged(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    return _rows(link, name, "tag", "word")


def _sources(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    """Assets made from others, of these origins and made by this member where the link says so."""
    parts, values = list[str](), dict[str, Any]()
    if link.values:
        parts.append(f"source.origin IN :{name}v")
        values[f"{name}v"] = tuple(link.values)
    if link.member is not None:
        parts.append(f"source.member_id = :{name}m")
        values[f"{name}m"] = link.member
    if link.assets is not None:
        parts.append(f"source.id IN :{name}a")
        values[f"{name}a"] = link.assets or (-1,)
    made = (
        "SELECT asset.id FROM asset JOIN renderinput ON renderinput.render_id = asset.render_id"
        f" JOIN asset AS source ON source.id = renderinput.asset_id{_where(parts)}"
    )
    found = (
        f"SELECT assetsource.asset_id FROM assetsource JOIN asset AS source ON source.id = assetsource.source_id{_where(parts)}"
    )
    return f"{made} UNION {found}", values


def _results(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    if link.assets is not None:
        return (
            "SELECT renderinput.asset_id FROM renderinput JOIN asset ON asset.render_id = renderinput.render_id"
            f" WHERE asset.id IN :{name}a UNION SELECT source_id FROM assetsource WHERE asset_id IN :{name}a"
        ), {f"{name}a": link.assets or (-1,)}
    if not link.values:
        return "SELECT asset_id FROM renderinput UNION SELECT source_id FROM assetsource WHERE source_id IS NOT NULL", {}
    made = "SELECT renderinput.asset_id FROM renderinput JOIN asset ON asset.render_id = renderinput.render_id"
    parts = [f"CAST(asset.techniques AS text) LIKE :{name}v{at}" for at in range(len(link.values))]
    return f"{made} WHERE {' OR '.join(parts)}", {f"{name}v{at}": f'%"{one}"%' for at, one in enumerate(link.values)}


def _server(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    return (
        "SELECT asset.id FROM asset JOIN render ON render.id = asset.render_id JOIN backend ON backend.id = render.backend_id"
        f" WHERE lower(backend.name) IN :{name}v"
    ), {f"{name}v": tuple(one.casefold() for one in link.values)}


def _bound(bound: Bound, name: str, dialect: str) -> tuple[str, dict[str, Any]]:
    parts, values = list[str](), dict[str, Any]()
    if bound.least is not None:
        parts.append(f"amount >= :{name}l")
        values[f"{name}l"] = bound.least
    if bound.most is not None:
        parts.append(f"amount <= :{name}h")
        values[f"{name}h"] = bound.most
    rows = measured(bound.measure, dialect)
    return f"SELECT asset_id FROM ({rows}) AS measured_{name}{_where(parts)}", values


def _where(parts: list[str]) -> str:
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def _hours(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    return f"SELECT id FROM asset WHERE {{hour}} IN :{name}v", {f"{name}v": tuple(int(one) for one in link.values) or (-1,)}


def _withdrawn(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    sql, values = _rows(link, name, "verdict", "judgement", "note")
    return f"{sql} {'AND' if ' WHERE ' in sql else 'WHERE'} withdrawn_at IS NOT NULL", values


def _overturned(link: RelatedRows, name: str) -> tuple[str, dict[str, Any]]:
    first, second = link.values
    return (
        "SELECT early.asset_id FROM verdict AS early JOIN verdict AS late ON late.asset_id = early.asset_id"
        f" AND late.created_at > early.created_at WHERE early.judgement = :{name}a AND late.judgement = :{name}z"
    ), {f"{name}a": first, f"{name}z": second}


_LINKS = {
    Relation.JUDGED: _judged,
    Relation.EVER: _ever,
    Relation.EXPORTED: _exported,
    Relation.TAGGED: _tagged,
    Relation.SOURCES: _sources,
    Relation.RESULTS: _results,
    Relation.SERVER: _server,
    Relation.HOURS: _hours,
    Relation.WITHDRAWN: _withdrawn,
    Relation.OVERTURNED: _overturned,
}
