"""What holds in a team's place on a chat platform, such as a Discord server: whose its new channels are, and who may come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    admitted: Mapping[str, str] = field(default_factory=dict)
    """Accounts that an admin let in one by one, whatever holds for the others: user id -> the role of who was not known yet."""
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
    admitted = dict(chosen.get("admitted") or {})
    return Rules(project, str(chosen.get("newcomers") or ""), str(chosen.get("guests") or ""), admitted, first)


def admit(session: Session, platform: str, tenant: str, user_id: str, role: Role | None, *, by: Member) -> bool:
    """Let one account of a Workspace in, whatever holds for its others, or take that back (None); whether that changed anything.

    The role is for somebody who is not known yet; a Member keeps theirs. Raises Refused, BadInput, Conflict outside of one.
    """
    kept = _changeable(session, platform, tenant, by)
    before: dict[str, Any] = dict(kept.settings) if kept else {}
    already: dict[str, str] = before.get("admitted") or {}
    admitted = {one: given for one, given in already.items() if one != user_id}
    if role is not None:
        admitted[user_id] = _newcomers(role.value)
    if admitted == already:
        return False
    return _keep(session, platform, tenant, before, {**before, "admitted": admitted}, by)


def change(
    session: Session, platform: str, tenant: str, *, project: str = "", newcomers: str = "", guests: str = "", by: Member
) -> Workspace:
    """Change what is given; `default` takes it back. Raises Refused, BadInput, UnknownProject, Conflict outside of one."""
    kept = _changeable(session, platform, tenant, by, changes=bool(project or newcomers or guests))
    before = dict(kept.settings) if kept else {}
    after = dict(before)
    if project:
        after["project"] = "" if _default(project) else projects.find(session, project).slug
    if newcomers:
        after["newcomers"] = "" if _default(newcomers) else _newcomers(newcomers)
    if guests:
        after["guests"] = "" if _default(guests) else _newcomers(guests)
    _keep(session, platform, tenant, before, after, by)
    return workspaces.find(session, platform, tenant) or workspaces.save(session, platform, tenant)


def _changeable(session: Session, platform: str, tenant: str, by: Member, *, changes: bool = True) -> Workspace | None:
    """What is known of a Workspace whose rules `by` may change, or see. Raises Refused, Conflict."""
    if not tenant:
        raise Conflict("This is not a workspace.", hint="Run this in Slack or Discord.")
    allow(session, by, Permission.MANAGE_MEMBERS if changes else Permission.SEE, None)
    return workspaces.find(session, platform, tenant)


def _keep(session: Session, platform: str, tenant: str, before: dict[str, Any], after: dict[str, Any], by: Member) -> bool:
    changed = after != before
    if changed:
        workspaces.save(session, platform, tenant, settings=after)
        record(session, Event(Action.WORKSPACE_CHANGED, f"workspace/{platform}/{tenant}", by=by, before=before, after=after))
    return changed


def _default(text: str) -> bool:
    return text.strip().casefold() == "default"


def _newcomers(text: str) -> str:
    wanted = text.strip().casefold()
    able = [NOBODY, *(role.value for role in (Role.VIEWER, Role.ARTIST, Role.LEAD))]
    if wanted not in able:
        raise BadInput(f"Newcomers cannot be `{text[:40]}`.", hint=f"Use one of {', '.join(able)}, default.", input="newcomers")
    return wanted
