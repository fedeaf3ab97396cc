"""What holds in a team's place on a chat platform, such as a Discord server: whose its new channels are, and who may come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.errors import BadInput, Conflict
from core.events import Event, record
from core.events.actions import Action
from core.people import projects
from core.people.roles import Permission, allow
from storage.people import projects as storage_projects
from storage.people import workspaces
from storage.tables import Member, Project, Role, Workspace

NOBODY = "nobody"


@dataclass(frozen=True)
class Rules:
    """What the people of a Workspace chose; what they did not is as everywhere."""

    project: Project | None = None
    """What its new channels belong to."""
    newcomers: str = ""
    """A role, `nobody`, or empty."""
    guests: str = ""
    """A role for guests and for people of other companies, or empty: they are not let in."""
    first: bool = True
    """Whether it is where Slate was installed first, or nobody knows of any such place."""

    @property
    def closed(self) -> bool:
        return self.newcomers == NOBODY

    @property
    def guest_role(self) -> Role | None:
        return Role(self.guests) if self.guests and self.guests != NOBODY else None

    @property
    def role(self) -> Role | None:
        return Role(self.newcomers) if self.newcomers and not self.closed else None


def rules(session: Session, platform: str, tenant: str) -> Rules:
    """The Rules of a Workspace; those of one nobody knows are empty."""
    kept = workspaces.find(session, platform, tenant) if tenant else None
    chosen: dict[str, Any] = kept.settings if kept else {}
    project = storage_projects.by_slug(session, str(chosen.get("project") or ""))
    home = workspaces.first(session, platform) if tenant else None
    first = home is None or home.tenant == tenant
    return Rules(project, str(chosen.get("newcomers") or ""), str(chosen.get("guests") or ""), first)


def change(
    session: Session, platform: str, tenant: str, *, project: str = "", newcomers: str = "", guests: str = "", by: Member
) -> Workspace:
    """Change what is given; `default` takes it back. Raises Refused, BadInput, UnknownProject, Conflict outside of one."""
    if not tenant:
        raise Conflict("This is not a workspace.", hint="Run this in Slack or Discord.")
    allow(session, by, Permission.MANAGE_MEMBERS if project or newcomers or guests else Permission.SEE, None)
    kept = workspaces.find(session, platform, tenant)
    before = dict(kept.settings) if kept else {}
    after = dict(before)
    if project:
        after["project"] = "" if _default(project) else projects.find(session, project).slug
    if newcomers:
        after["newcomers"] = "" if _default(newcomers) else _newcomers(newcomers)
    if guests:
        after["guests"] = "" if _default(guests) else _newcomers(guests)
    made = workspaces.save(session, platform, tenant, settings=after)
    if after != before:
        subject = f"workspace/{platform}/{tenant}"
        record(session, Event(Action.WORKSPACE_CHANGED, subject, by=by, before=before, after=after))
    return made


def _default(text: str) -> bool:
    return text.strip().casefold() == "default"


def _newcomers(text: str) -> str:
    wanted = text.strip().casefold()
    able = [NOBODY, *(role.value for role in (Role.VIEWER, Role.ARTIST, Role.LEAD))]
    if wanted not in able:
        raise BadInput(f"Newcomers cannot be `{text[:40]}`.", hint=f"Use one of {', '.join(able)}, default.", input="newcomers")
    return wanted
