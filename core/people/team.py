"""The people of a team: found by name, given roles overall or in a project, deactivated and reactivated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from core.errors import Conflict, LastAdmin, Refused, UnknownMember
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, a, allow, may, role_in
from core.people.signin import Ticket
from core.text import names
from storage.clock import now
from storage.people import api_keys, link_codes, members, sessions
from storage.tables import Member, Project, Role

_MENTION = re.compile(r"<@!?([A-Z0-9]+)(?:\|[^>]*)?>", re.IGNORECASE)
_SUBJECT = re.compile(r"member/(\d{1,18})")


def everybody(session: Session) -> list[Member]:
    """All people by name; not the stand-ins for makers of old files whom nobody knows."""
    known = members.everybody(session)
    left = [one.id for one in known if not one.active and one.id is not None]
    reached = members.handles_of(session, left)
    return [one for one in known if one.active or one.id in reached]


def find(session: Session, text: str, *, platform: str = "", tenant: str = "") -> Member:
    """The Member meant by a name, a first name that only one has, a mention (`<@U1>`), or `member/7`. Raises UnknownMember.

    A first name means somebody who is active, if there is one.
    """
    wanted = text.strip().strip("\"'“”").removeprefix("@").strip()
    team = everybody(session)
    found = _by_number(session, wanted, platform, tenant)
    if found is not None:
        return found
    key = names.key(wanted)
    exact = [one for one in team if one.name_key == key]
    named = [one for one in team if key and one.name_key.split(" ", 1)[0] == key]
    first = [one for one in named if one.active] or named
    if exact or len(first) == 1:
        return (exact or first)[0]
    near = [one.name for one in first][:3] or names.nearest(wanted[:60], [one.name for one in team])
    hint = "" if near else "/people lists everybody."
    raise UnknownMember(f"There is nobody called `{wanted[:60]}`.", suggestions=near, hint=hint, given=wanted[:60])


def _by_number(session: Session, wanted: str, platform: str, tenant: str) -> Member | None:
    """The Member behind a mention on the platform it was written on, or behind the row number that buttons carry."""
    if (row := _SUBJECT.fullmatch(wanted)) is not None:
        return members.by_id(session, int(row[1]))
    user = mentioned(wanted)
    if user is None:
        return None
    return members.by_handle(session, platform, user) or members.by_handle(session, platform, f"{tenant}/{user}")


def mentioned(text: str) -> str | None:
    """The user id of a mention as platforms write it (`<@U1>`, `<@!1>`, `<@U1|ana>`); None for any other text."""
    mention = _MENTION.fullmatch(text.strip())
    return mention[1] if mention else None


def for_change(session: Session, text: str, *, platform: str = "", tenant: str = "") -> Member:
    """As `find`, while nobody else changes people until this transaction ends. Raises UnknownMember."""
    members.one_at_a_time(session)
    return find(session, text, platform=platform, tenant=tenant)


def set_role(session: Session, member: Member, role: Role, *, by: Member, operator: str = "") -> bool:
    """Give a Member a role overall; whether that changed anything.

    `operator` is the operating system's user at the command line, who may always: so a lost admin can be made anew. Raises
    Refused, LastAdmin.
    """
    authority = _authority(session, by, None, operator)
    _within(authority.role, role, member, member.role)
    if member.role is role:
        return False
    if role is not Role.ADMIN:
        _keep_an_admin(session, member)
    before, member.role = member.role, role
    members.save(session, member)
    was, becomes = {"role": before.value}, {"role": role.value}
    _record(session, Action.MEMBER_ROLE_CHANGED, member, authority, was, becomes)
    return True


def set_project_role(
    session: Session, member: Member, project: Project, role: Role | None, *, by: Member, operator: str = ""
) -> bool:
    """Give a Member a role in a Project, or take it away (None); whether that changed anything. Raises Refused."""
    authority = _authority(session, by, project, operator)
    before = members.membership(session, _id(member), project.id or 0)
    _within(authority.role, role, member, before)
    if before is role:
        return False
    if role is None:
        members.drop_membership(session, _id(member), project.id or 0)
    else:
        members.set_membership(session, _id(member), project.id or 0, role)
    was = {"project": project.slug, "role": before.value if before else None}
    becomes = {"project": project.slug, "role": role.value if role else None}
    _record(session, Action.MEMBER_PROJECT_ROLE_CHANGED, member, authority, was, becomes)
    return True


def deactivate(session: Session, member: Member, *, by: Member, operator: str = "") -> bool:
    """From now on the Member may do nothing, on every platform; whether that changed anything. Raises Refused, LastAdmin.

    Renders that still wait are cancelled by core/operations/leavers.py.
    """
    authority = _authority(session, by, None, operator)
    if not member.active:
        return False
    _keep_an_admin(session, member)
    member.active = False
    members.save(session, member)
    link_codes.forget(session, _id(member))
    sessions.end_all(session, _id(member), now())
    api_keys.revoke_all(session, _id(member), now())
    sessions.forget_tickets(session, Ticket.LINK, _id(member))
    _record(session, Action.MEMBER_DEACTIVATED, member, authority, {"active": True}, {"active": False})
    return True


def reactivate(session: Session, member: Member, *, by: Member, operator: str = "") -> bool:
    """Let a Member in again, with the roles they had; whether that changed anything. Raises Refused, Conflict for a stand-in."""
    authority = _authority(session, by, None, operator)
    if member.active:
        return False
    if not members.handles(session, _id(member)):
        raise Conflict(f"{member.name} stands for makers nobody knows, and is no person.", hint="/people lists everybody.")
    member.active = True
    members.save(session, member)
    _record(session, Action.MEMBER_REACTIVATED, member, authority, {"active": False}, {"active": True})
    return True


@dataclass(frozen=True)
class _Authority:
    """In which role somebody changes people, and who is on record for it."""

    role: Role
    who: Member | None
    operator: str


def _authority(session: Session, by: Member, project: Project | None, operator: str) -> _Authority:
    """On record is the Member; the operating system's user alone where only that user may. Raises Refused."""
    if operator:
        return _Authority(Role.ADMIN, by if may(session, by, Permission.MANAGE_MEMBERS, None) else None, operator)
    allow(session, by, _needed(project), project)
    return _Authority(role_in(session, by, project), by, "")


def _needed(project: Project | None) -> Permission:
    return Permission.MANAGE_MEMBERS if project is None else Permission.GIVE_PROJECT_ROLES


def _within(own: Role, role: Role | None, member: Member, before: Role | None) -> None:
    """Nobody gives a role above their own, or takes one away that is. Raises Refused."""
    highest = max((one for one in (role, before) if one is not None), key=lambda one: one.rank, default=own)
    if highest.rank > own.rank:
        said = f"As {a(own)} you may not give or take away the role {highest.value}."
        raise Refused(said, hint=f"That takes {a(highest)}.", member=member.name, role=own.value, needed=highest.value)


def _keep_an_admin(session: Session, member: Member) -> None:
    """Raises LastAdmin where the Member is the only active admin."""
    if member.role is not Role.ADMIN or not member.active:
        return
    if len(members.with_roles(session, [Role.ADMIN], None, limit=2)) < 2:
        hint = "Make somebody else an admin first: /role NAME admin"
        raise LastAdmin(f"{member.name} is the only admin.", hint=hint, member=member.name)


def _record(
    session: Session,
    action: Action,
    member: Member,
    authority: _Authority,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    more = {"operator": authority.operator} if authority.operator else {}
    told = {"name": member.name, **after, **more}
    record(session, Event(action, f"member/{member.id}", by=authority.who, before=before, after=told))


def _id(member: Member) -> int:
    if member.id is None:
        raise ValueError("a member who is not stored yet")
    return member.id
