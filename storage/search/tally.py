"""Counts, groups and rankings of all that a Query finds: how many by whom, the largest, the newest of each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from storage import search
from storage.search import postgres, sqlite
from storage.search.links import measured, statement
from storage.search.query import Measure, Query, Scope

_CHECKPOINTS = ("checkpoints", "diffusion_models", "unet", "unet_gguf")


class Group(StrEnum):
    """What hits can be grouped by."""

    BY = "by"
    CLIENT = "client"
    PROJECT = "project"
    SHOT = "shot"
    WORKFLOW = "workflow"
    STATUS = "status"
    KIND = "kind"
    ORIGIN = "origin"
    MODEL = "model"
    LORA = "lora"
    TECHNIQUE = "technique"
    TAG = "tag"
    JUDGE = "judge"
    SERVER = "server"
    SEED = "seed"
    SAMPLER = "sampler"
    RENDER = "render"
    PROFILE = "profile"
    RECIPIENT = "recipient"
    EXPORTER = "exporter"
    HOUR = "hour"
    """The hour of its making, as seconds since 1970: what days, weeks and months of any zone are made of."""


@dataclass(frozen=True)
class Row:
    """One group: `key` is a row number in words or a name, `label` what people call it, `newest` its newest asset."""

    key: str
    label: str
    count: int
    newest: int


_PERSON = ("CAST(member.id AS text)", "member.name")
_SQL: dict[Group, tuple[str, str, str]] = {
    Group.BY: (*_PERSON, "JOIN member ON member.id = asset.member_id"),
    Group.CLIENT: ("CAST(client.id AS text)", "client.name",
                   "JOIN project ON project.id = asset.project_id JOIN client ON client.id = project.client_id"),
    Group.PROJECT: ("CAST(project.id AS text)", "project.name", "JOIN project ON project.id = asset.project_id"),
    Group.SHOT: ("CAST(asset.project_id AS text) || '/' || asset.shot", "asset.shot", ""),
    Group.WORKFLOW: ("asset.workflow", "asset.workflow", ""),
    Group.STATUS: ("asset.status", "asset.status", ""),
    Group.KIND: ("asset.mime || '/' || CASE WHEN asset.frames > 1 THEN 'n' ELSE '1' END", "asset.mime", ""),
    Group.ORIGIN: ("asset.origin", "asset.origin", ""),
    Group.MODEL: ("CAST(asset.models AS text)", "CAST(asset.models AS text)", ""),
    Group.LORA: ("CAST(asset.models AS text)", "CAST(asset.models AS text)", ""),
    Group.TECHNIQUE: ("CAST(asset.techniques AS text)", "CAST(asset.techniques AS text)", ""),
    Group.TAG: ("tag.word", "tag.word", "JOIN tag ON tag.asset_id = asset.id"),
    Group.JUDGE: (*_PERSON, "JOIN verdict ON verdict.asset_id = asset.id AND verdict.withdrawn_at IS NULL"
                            " JOIN member ON member.id = verdict.member_id"),
    Group.SERVER: ("backend.name", "backend.name",
                   "JOIN render ON render.id = asset.render_id JOIN backend ON backend.id = render.backend_id"),
    Group.SEED: ("asset.seed", "asset.seed", ""),
    Group.RENDER: ("CAST(asset.render_id AS text)", "CAST(asset.render_id AS text)", ""),
    Group.PROFILE: ("export.profile", "export.profile", "JOIN export ON export.asset_id = asset.id"),
    Group.RECIPIENT: ("export.recipient", "export.recipient", "JOIN export ON export.asset_id = asset.id"),
    Group.EXPORTER: (*_PERSON, "JOIN export ON export.asset_id = asset.id JOIN member ON member.id = export.member_id"),
}  # fmt: skip
"""SQL of the key, of the label, and the joins they need."""
_SAMPLER = {"sqlite": "json_extract(asset.facts, '$.sampler')", "postgresql": "asset.facts->>'sampler'"}
_HOUR = {
    "sqlite": "CAST(CAST(strftime('%s', asset.created_at) AS INTEGER) / 3600 AS text)",
    "postgresql": "CAST(CAST(floor(extract(epoch FROM asset.created_at) / 3600) AS bigint) AS text)",
}


def tally(session: Session, query: Query, scope: Scope, by: Group) -> list[Row]:
    """All groups of what the query finds, the largest first; what has no such name is in none."""
    if scope.project_ids is not None and not scope.project_ids:
        return []
    hits, values, dialect = _hits(session, query, scope)
    special = {Group.HOUR: _HOUR, Group.SAMPLER: _SAMPLER}.get(by)
    key, label, joins = (special[dialect], special[dialect], "") if special else _SQL[by]
    asked = (
        f"SELECT {key}, max({label}), count(DISTINCT asset.id), max(hits.slot) FROM ({hits}) AS hits"
        f" JOIN asset ON asset.id = hits.asset_id {joins} GROUP BY 1"
    )
    rows = [Row(str(row[0]), str(row[1]), int(row[2]), int(row[3])) for row in _rows(session, asked, values) if row[0]]
    rows = _taken_apart(rows, by)
    return [
        replace(one, newest=one.newest & 0xFFFFFFFF)
        for one in sorted(rows, key=lambda one: (-one.count, -one.newest, one.label))
        if one.label.strip()
    ]


def measure(
    session: Session, query: Query, scope: Scope, by: Measure, limit: int, *, least: bool = False
) -> list[tuple[int, float]]:
    """(asset number, amount) of the hits with the most, or the least, of a measure; those without one are left out."""
    if scope.project_ids is not None and not scope.project_ids:
        return []
    hits, values, dialect = _hits(session, query, scope)
    asked = (
        f"SELECT measured.asset_id, measured.amount FROM ({hits}) AS hits JOIN ({measured(by, dialect)}) AS measured"
        f" ON measured.asset_id = hits.asset_id ORDER BY measured.amount {'ASC' if least else 'DESC'}, hits.slot "
        f"DESC LIMIT :limit"
    )
    return [(int(row[0]), float(row[1])) for row in _rows(session, asked, values | {"limit": limit})]


def total(session: Session, query: Query, scope: Scope, by: Measure) -> tuple[int, float]:
    """How many hits have the measure, and the sum of it."""
    if scope.project_ids is not None and not scope.project_ids:
        return 0, 0.0
    hits, values, dialect = _hits(session, query, scope)
    asked = (
        f"SELECT count(*), coalesce(sum(measured.amount), 0) FROM ({hits}) AS hits"
        f" JOIN ({measured(by, dialect)}) AS measured ON measured.asset_id = hits.asset_id"
    )
    row = _rows(session, asked, values)[0]
    return int(row[0]), float(row[1])


def hour(key: str) -> datetime:
    """The moment of a Group.HOUR key."""
    return datetime.fromtimestamp(int(key) * 3600, UTC)


def _hits(session: Session, query: Query, scope: Scope) -> tuple[str, dict[str, Any], str]:
    dialect = session.get_bind().dialect.name
    sql, values = (sqlite if dialect == "sqlite" else postgres).hits(query, scope, *search.span(query))
    return sql, values, dialect


def _rows(session: Session, sql: str, values: dict[str, Any]) -> list[Any]:
    return list(session.connection().execute(statement(sql, values), values))


def _taken_apart(rows: list[Row], by: Group) -> list[Row]:
    """Groups of lists and of media types made into groups of what is in them."""
    if by not in (Group.MODEL, Group.LORA, Group.TECHNIQUE, Group.KIND):
        return rows
    counts, newest = Counter[str](), dict[str, int]()
    for row in rows:
        for name in _parts(row.key, by):
            counts[name] += row.count
            newest[name] = max(newest.get(name, 0), row.newest)
    return [Row(name, name, number, newest[name]) for name, number in counts.items()]


def _parts(key: str, by: Group) -> list[str]:
    if by is Group.KIND:
        family, _, rest = key.partition("/")
        return ["animation" if family == "image" and rest.endswith("/n") else "3d" if family == "model" else family]
    found = json.loads(key)
    if by is Group.TECHNIQUE:
        return list(dict.fromkeys(str(one) for one in found))
    folders = ("loras",) if by is Group.LORA else _CHECKPOINTS
    return list(dict.fromkeys(str(one["name"]) for one in found if one.get("folder") in folders and one.get("name")))
