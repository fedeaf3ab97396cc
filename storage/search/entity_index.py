"""The names there are: what people may call things by, kept beside the index so that understanding a question scans no assets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, bindparam, text
from sqlmodel import Session

from storage.search.document import IndexEntry, key
from storage.search.query import FacetField
from storage.search.tokenizer import fold

TABLE = """
CREATE TABLE search_names (
    field varchar(20) NOT NULL, name_key text NOT NULL, project_id integer NOT NULL, label text NOT NULL,
    PRIMARY KEY (field, name_key, project_id))
"""
_DOOR = 7528325
_SEEN = text(
    "SELECT field, name_key, project_id FROM search_names WHERE name_key IN :names AND project_id IN :projects"
).bindparams(bindparam("names", expanding=True), bindparam("projects", expanding=True))
_TOGETHER = 500
"""Names looked up at once."""
_ADD = text(
    "INSERT INTO search_names (field, name_key, project_id, label) VALUES (:field, :name_key, :project_id, :label)"
    " ON CONFLICT DO NOTHING"
)
_REMOVE = text("DELETE FROM search_names WHERE field = :field AND name_key = :name_key AND project_id = :project_id")
_PEOPLE = text("SELECT id, name FROM member ORDER BY name_key")
_HANDLES = text("SELECT member_id, name FROM handle WHERE name <> '' ORDER BY member_id, name")
_PROJECTS = text(
    "SELECT project.id, project.slug, project.name, client.id, client.name"
    " FROM project JOIN client ON client.id = project.client_id ORDER BY project.slug"
)
_SERVERS = text("SELECT name FROM backend ORDER BY name")
_RECIPIENTS = text(
    "SELECT DISTINCT recipient FROM export WHERE lower(recipient) LIKE :part ESCAPE '!' ORDER BY recipient LIMIT 5"
)
_COUNT = text("SELECT count(*) FROM search_names")
_NAMES = text("SELECT field, name_key, label, project_id FROM search_names ORDER BY field, name_key, project_id")

Row = tuple[str, str, int]


class Person(NamedTuple):
    """Somebody, and what platforms call them."""

    id: int
    name: str
    handles: tuple[str, ...] = ()


class IndexedProject(NamedTuple):
    """A Project and its Client."""

    id: int
    slug: str
    name: str
    client_id: int
    client: str


class IndexedName(NamedTuple):
    """A shot, tag, model, LoRA, workflow or technique, and the Projects that have an Asset with it."""

    field: FacetField
    key: str
    label: str
    projects: frozenset[int]


@dataclass(frozen=True, eq=False)
class Names:
    """All names of a database as they were read once: two of these are the same only if they are one."""

    every: tuple[IndexedName, ...]

    def seen_in(self, project_ids: frozenset[int] | None) -> list[IndexedName]:
        """Those used in these Projects (None: all), by field and key."""
        if project_ids is None:
            return list(self.every)
        return [one._replace(projects=one.projects & project_ids) for one in self.every if one.projects & project_ids]


_READ: WeakKeyDictionary[Any, tuple[int, Names]] = WeakKeyDictionary()
"""What was read last from each database, and how many rows that were: names are only ever added, but for a reindex."""


def remember(session: Session, entries: Iterable[IndexEntry]) -> set[Row]:
    """Note the names these entries bring; returns all of them as (field, key, project)."""
    given = {
        (str(field), key(field, label), one.project_id): label for one in entries for field, label in one.names if label.strip()
    }
    connection = session.connection()
    fresh = [
        {"field": field, "name_key": name, "project_id": project, "label": given[field, name, project]}
        for field, name, project in sorted(given.keys() - _seen(connection, given))
    ]
    if fresh:
        if connection.dialect.name == "postgresql":
            # Two transactions that bring the same names in another order would wait for each other for ever.
            connection.execute(text("SELECT pg_advisory_xact_lock(:door)"), {"door": _DOOR})
        connection.execute(_ADD, fresh)
    return set(given)


def _seen(connection: Connection, rows: Collection[Row]) -> set[Row]:
    """Those of these rows that are there already, and perhaps some of their neighbours."""
    names, projects = sorted({name for _, name, _ in rows}), sorted({project for _, _, project in rows})
    found = set[Row]()
    for at in range(0, len(names), _TOGETHER):
        for first in range(0, len(projects), _TOGETHER):
            some = {"names": names[at : at + _TOGETHER], "projects": projects[first : first + _TOGETHER]}
            found |= {(row[0], row[1], row[2]) for row in connection.execute(_SEEN, some)}
    return found


def all_rows(session: Session) -> set[Row]:
    return {(row[0], row[1], row[3]) for row in session.connection().execute(_NAMES)}


def drop(session: Session, rows: Iterable[Row]) -> None:
    """Forget names that nothing has any more."""
    gone = [{"field": field, "name_key": name, "project_id": project} for field, name, project in sorted(rows)]
    if gone:
        session.connection().execute(_REMOVE, gone)


def people(session: Session) -> list[Person]:
    """Everybody, by name."""
    called: dict[int, list[str]] = {}
    for member, name in session.connection().execute(_HANDLES):
        called.setdefault(member, []).append(name)
    return [Person(row[0], row[1], tuple(called.get(row[0], ()))) for row in session.connection().execute(_PEOPLE)]


def servers(session: Session) -> frozenset[str]:
    """The folded names of all ComfyUI servers."""
    return frozenset(fold(row[0]) for row in session.connection().execute(_SERVERS))


def recipients(session: Session, part: str) -> list[str]:
    """Up to five recipients of exports whose name has this part."""
    escaped = part.casefold().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return [row[0] for row in session.connection().execute(_RECIPIENTS, {"part": f"%{escaped}%"})]


def places(session: Session, project_ids: frozenset[int] | None) -> list[IndexedProject]:
    """The Projects among `project_ids` (None: all), by slug."""
    found = (IndexedProject(*row) for row in session.connection().execute(_PROJECTS))
    return [place for place in found if project_ids is None or place.id in project_ids]


def names(session: Session, project_ids: frozenset[int] | None) -> list[IndexedName]:
    """The names used in those Projects (None: all), by field and key."""
    return all_names(session).seen_in(project_ids)


def all_names(session: Session) -> Names:
    """All names; the same value as long as none is added or dropped."""
    connection = session.connection()
    rows = int(connection.execute(_COUNT).scalar_one())
    kept = _READ.get(connection.engine)
    if kept is None or kept[0] != rows:
        used: dict[tuple[str, str], tuple[str, set[int]]] = {}
        for field, name_key, label, project in connection.execute(_NAMES):
            used.setdefault((field, name_key), (label, set()))[1].add(project)
        found = (
            IndexedName(FacetField(field), name, label, frozenset(projects)) for (field, name), (label, projects) in used.items()
        )
        kept = _READ[connection.engine] = (rows, Names(tuple(found)))
    return kept[1]
