"""Whose a found file is: by rules over its path, by its own words, by its owner; believed, never taken for certain.

People are only ever recognised, never made up: who matches nobody is "Unknown". Clients and projects that a rule or a file names
are made where there are none, for that is what the folders of an archive are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from core.errors import BadInput, Conflict, TooLong, UnknownProject
from core.formats import bounded_json
from core.importing.rules import FACETS, PathRule, first_that_fits
from core.importing.sources import SourceFile
from core.people import projects
from core.text import names
from storage.people import members
from storage.people import projects as storage_projects
from storage.tables import Member, Project

UNKNOWN = "Unknown"
_KEYS = {
    "by": "by", "user": "by", "username": "by", "author": "by", "artist": "by", "creator": "by", "client": "client",
    "customer": "client", "project": "project", "job": "project", "shot": "shot",
}  # fmt: skip
_GRAPHS = ("prompt", "workflow", "parameters")
_LONGEST = 60


@dataclass(frozen=True)
class Terms:
    """How an Intake's files are attributed. What `by` and `project` say was said by a person and is no guess."""

    rules: tuple[PathRule, ...] = ()
    by: Member | None = None
    project: Project | None = None
    owner: bool = False
    """Whether a file's system owner counts as its maker, where that is somebody known."""

    def as_json(self) -> dict[str, Any]:
        return {
            "rules": [rule.text for rule in self.rules],
            "by": self.by.name if self.by else "",
            "project": self.project.slug if self.project else "",
            "owner": self.owner,
        }


@dataclass(frozen=True)
class Attribution:
    """Whose a file is, and why that is believed of each facet that nobody has said."""

    member_id: int
    project_id: int
    shot: str = ""
    inferred: Mapping[str, str] = field(default_factory=dict)


def nobody(session: Session) -> Member:
    """The Member who stands for whoever is not known; not active, and nobody can speak as them."""
    known = members.by_key(session, names.key(UNKNOWN))
    if known is None:
        members.one_at_a_time(session)
        known = members.by_key(session, names.key(UNKNOWN)) or members.stand_in(session, UNKNOWN, names.key(UNKNOWN))
    return known


class Attributor:
    """Attributes one file after the other for one Intake; what it looked up once it remembers."""

    def __init__(self, terms: Terms, asker: Member) -> None:
        self.terms, self.asker = terms, asker
        self._people: dict[str, int | None] = {}
        self._projects: dict[tuple[str, str], int] = {}
        self._nobody = 0

    def forget(self) -> None:
        """Forget what was looked up: a transaction that may have made it was rolled back."""
        self._people.clear()
        self._projects.clear()
        self._nobody = 0

    def tells(self, entry: SourceFile) -> bool:
        """Whether the terms say anything of a file, whatever it says itself."""
        terms = self.terms
        said = terms.by is not None or terms.project is not None or terms.owner
        return said or bool(first_that_fits(terms.rules, entry.name))

    def of(self, session: Session, entry: SourceFile, words: Mapping[str, str]) -> Attribution:
        """In a writing session, for clients and projects may be made."""
        told = [(first_that_fits(self.terms.rules, entry.name), "path"), (_said(words), "file")]
        if self.terms.owner and (owner := entry.owner()):
            told.append(({"by": owner}, "owner"))
        believed = {name: (values[name], why) for name in FACETS for values, why in reversed(told) if name in values}
        member, by = self._maker(session, believed.get("by"))
        project, where = self._project(session, believed)
        shot, seen = believed.get("shot", ("", ""))
        return Attribution(member, project, names_shot(shot), by | where | ({"shot": seen} if shot else {}))

    def _maker(self, session: Session, believed: tuple[str, str] | None) -> tuple[int, dict[str, str]]:
        if self.terms.by is not None:
            return self.terms.by.id, {}
        if believed is not None and (found := self._person(session, believed[0])) is not None:
            return found, {"by": believed[1]}
        self._nobody = self._nobody or nobody(session).id
        return self._nobody, {"by": "unknown"}

    def _person(self, session: Session, said: str) -> int | None:
        if said not in self._people:
            found = members.by_key(session, names.key(said)) or members.by_any_handle(session, said)
            self._people[said] = found.id if found is not None and found.active else None
        return self._people[said]

    def _project(self, session: Session, believed: Mapping[str, tuple[str, str]]) -> tuple[int, dict[str, str]]:
        if self.terms.project is not None:
            return self.terms.project.id, {}
        client, project = believed.get("client", ("", ""))[0], believed.get("project", ("", ""))[0]
        if not client and not project:
            return projects.default(session).id, {"project": "nothing"}
        why = {name: believed[name][1] for name in ("client", "project") if name in believed}
        if (client, project) not in self._projects:
            self._projects[client, project] = self._place(session, client, project)
        return self._projects[client, project], {"project": why.get("project", why.get("client", ""))} | why

    def _place(self, session: Session, client: str, project: str) -> int:
        """The Project of these names, made where there is none; one client's projects are never mixed with another's."""
        try:
            if project and not client:
                return projects.find(session, project).id
            kept = storage_projects.client_by_key(session, names.key(client))
            owned = storage_projects.of_client(session, kept.id) if kept else []
            wanted = {names.slug(project or client), names.slug(f"{client} {project}")}
            for one in owned:
                if one.slug in wanted or names.slug(one.name) in wanted:
                    return one.id
        except UnknownProject:
            pass
        return self._new(session, client or projects.HOUSE, project or client)

    def _new(self, session: Session, client: str, project: str) -> int:
        for name in (project, f"{client} {project}"):
            try:
                return projects.add(session, client[:_LONGEST], name[:_LONGEST], by=self.asker).id
            except Conflict:
                continue
            except (BadInput, TooLong):
                break
        return projects.default(session).id


def names_shot(text: str) -> str:
    """A shot's code as it is kept, or nothing where it cannot be one."""
    try:
        return names.clean(text, "shot") if text else ""
    except (BadInput, TooLong):
        return ""


def _said(words: Mapping[str, str]) -> dict[str, str]:
    """What the file itself says: texts of their own (`Author`), or keys of what was sent along as `extra_pnginfo`."""
    found: dict[str, str] = {}
    for key, text in words.items():
        if key in _GRAPHS or len(text) > 10_000:
            continue
        facet = _KEYS.get(key.casefold())
        value = _parsed(text)
        if facet and isinstance(value, str):
            found.setdefault(facet, value)
        for inner, one in value.items() if isinstance(value, dict) else ():
            if (facet := _KEYS.get(str(inner).casefold())) and isinstance(one, str):
                found.setdefault(facet, one)
    return {name: value.strip() for name, value in found.items() if 0 < len(value.strip()) <= _LONGEST}


def _parsed(text: str) -> object:
    """JSON as what it is, anything else as text."""
    value = bounded_json.short(text) if text[:1] in '{"' else None
    return text if value is None else value


def rules_of(texts: Sequence[str]) -> tuple[PathRule, ...]:
    """Raises BadInput for a pattern that cannot be used."""
    return tuple(PathRule.read(text) for text in texts)
