"""What was done with the assets a Query finds: Verdicts, Exports and Tags, with who, when and what was said."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Boolean, String, column
from sqlmodel import Session

from storage import search
from storage.search import postgres, sqlite
from storage.search.links import statement
from storage.search.query import Query, RelatedRows, Relation, Scope
from storage.tables.columns import Instant

MOST = 5_000


class Happening(NamedTuple):
    """One Verdict, Export or Tag: `what` is the judgement, profile or word, `text` the note or the recipient."""

    asset_id: int
    by: str
    at: datetime
    what: str
    text: str
    withdrawn: bool


_ROWS = {
    Relation.EVER: ("verdict", "judgement", "note", "withdrawn_at IS NOT NULL"),
    Relation.JUDGED: ("verdict", "judgement", "note", "withdrawn_at IS NOT NULL"),
    Relation.EXPORTED: ("export", "profile", "recipient", "false"),
    Relation.TAGGED: ("tag", "word", "''", "false"),
}
"""Table, what, text, and whether it was taken back."""


def happenings(session: Session, query: Query, scope: Scope, link: RelatedRows, *, oldest: bool = False) -> list[Happening]:
    """What was done with the hits, of the link's kind, values, member and time; newest first, at most MOST."""
    if scope.project_ids is not None and not scope.project_ids:
        return []
    dialect = session.get_bind().dialect.name
    hits, values = (sqlite if dialect == "sqlite" else postgres).hits(query, scope, *search.span(query))
    table, what, words, withdrawn = _ROWS[link.relation]
    parts, given = _parts(link, what)
    said = words if words == "''" else f"done.{words}"
    taken_back = withdrawn if withdrawn == "false" else f"done.{withdrawn}"
    asked = (
        f"SELECT done.asset_id, member.name, done.created_at, done.{what}, {said}, {taken_back} FROM ({hits}) AS hits"
        f" JOIN {table} AS done ON done.asset_id = hits.asset_id JOIN member ON member.id = done.member_id"
        f"{' WHERE ' if parts else ''}{' AND '.join(parts)} ORDER BY done.created_at {'ASC' if oldest else 'DESC'} LIMIT {MOST}"
    )
    typed = statement(asked, values | given).columns(
        column("asset_id"),
        column("name", String),
        column("created_at", Instant()),
        column("what", String),
        column("said", String),
        column("withdrawn", Boolean),
    )
    return [
        Happening(row[0], row[1], row[2], row[3], row[4] or "", bool(row[5]))
        for row in session.connection().execute(typed, values | given)
    ]


def _parts(link: RelatedRows, what: str) -> tuple[list[str], dict[str, object]]:
    parts, values = list[str](), dict[str, object]()
    if link.values:
        parts.append(f"done.{what} IN :hv")
        values["hv"] = tuple(link.values)
    if link.member is not None:
        parts.append("done.member_id = :hm")
        values["hm"] = link.member
    if link.since is not None:
        parts.append("done.created_at >= :hs")
        values["hs"] = link.since
    if link.until is not None:
        parts.append("done.created_at < :hu")
        values["hu"] = link.until
    return parts, values
