"""Roles: who may do what where; words in, Refused out."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from sqlmodel import Session

from core.errors import Refused
from storage.people import members
from storage.tables import Member, Project, Role


class Permission(StrEnum):
    """Everything that needs a role; the value is how a refusal calls it."""

    SEE = "see what the team made"
    FIND = "search"
    RENDER = "render"
    UPLOAD = "upload pictures"
    CANCEL_OWN = "cancel your own renders"
    CANCEL_ANY = "cancel other people's renders"
    VOTE = "vote on results"
    APPROVE = "decide on results"
    TAG = "tag results"
    EXPORT = "export"
    CHANGE_PROFILES = "change export profiles"
    QUEUE_BEYOND = "queue without limit"
    INGEST = "take in files from before Slate"
    CONFIRM = "confirm whose something is"
    MANAGE_PROJECTS = "add clients and projects"
    MANAGE_CHANNELS = "say which project a channel belongs to"
    SAVE_WORKFLOWS = "save workflows"
    PUBLISH_WORKFLOWS = "change workflows of others"
    ALLOW_NODES = "allow nodes that run code, reach files or call out"
    MANAGE_MODELS = "say under which licence a model is"
    SEE_PEOPLE = "see who is on the team"
    GIVE_PROJECT_ROLES = "give people a role in a project"
    READ_AUDIT = "read the audit log of their projects"
    CHECK_AUDIT = "read, check and export the whole audit log"
    MANAGE_MEMBERS = "manage people"
    MANAGE_DESTINATIONS = "say which other programs are told and get files"


LEAST = MappingProxyType(
    {
        Permission.SEE: Role.VIEWER,
        Permission.FIND: Role.VIEWER,
        Permission.RENDER: Role.ARTIST,
        Permission.UPLOAD: Role.ARTIST,
        Permission.CANCEL_OWN: Role.ARTIST,
        Permission.CANCEL_ANY: Role.LEAD,
        Permission.VOTE: Role.VIEWER,
        Permission.APPROVE: Role.LEAD,
        Permission.TAG: Role.ARTIST,
        Permission.EXPORT: Role.ARTIST,
        Permission.CHANGE_PROFILES: Role.LEAD,
        Permission.QUEUE_BEYOND: Role.LEAD,
        Permission.INGEST: Role.LEAD,
        Permission.CONFIRM: Role.LEAD,
        Permission.MANAGE_PROJECTS: Role.LEAD,
        Permission.MANAGE_CHANNELS: Role.LEAD,
        Permission.SAVE_WORKFLOWS: Role.ARTIST,
        Permission.PUBLISH_WORKFLOWS: Role.LEAD,
        Permission.ALLOW_NODES: Role.ADMIN,
        Permission.MANAGE_MODELS: Role.LEAD,
        Permission.SEE_PEOPLE: Role.ARTIST,
        Permission.GIVE_PROJECT_ROLES: Role.LEAD,
        Permission.READ_AUDIT: Role.LEAD,
        Permission.CHECK_AUDIT: Role.ADMIN,
        Permission.MANAGE_MEMBERS: Role.ADMIN,
        Permission.MANAGE_DESTINATIONS: Role.ADMIN,
    }
)
"""The least role an action needs: the whole of Slate's access rules."""


def givable(role: Role, *, in_project: bool) -> tuple[Role, ...]:
    """The roles that somebody of this role may give: none above their own."""
    least = LEAST[Permission.GIVE_PROJECT_ROLES if in_project else Permission.MANAGE_MEMBERS]
    return tuple(one for one in Role if one.rank <= role.rank) if role.rank >= least.rank else ()


def role_in(session: Session, member: Member, project: Project | None) -> Role:
    """The Member's role everywhere, or the higher one a Membership gives in `project`."""
    return _role_of(session, _as_stored(session, member), project)


def _role_of(session: Session, member: Member, project: Project | None) -> Role:
    if project is None or member.id is None or project.id is None:
        return member.role
    there = members.membership(session, member.id, project.id)
    return max(member.role, there or member.role, key=lambda role: role.rank)


def may(session: Session, member: Member, action: Permission, project: Project | None) -> bool:
    stored = _as_stored(session, member)
    return stored.active and _role_of(session, stored, project).rank >= LEAST[action].rank


def allow(session: Session, member: Member, action: Permission, project: Project | None) -> None:
    """Nothing, if the Member may do it in the Project (None: everywhere); else raises Refused, which says who may instead."""
    stored = _as_stored(session, member)
    if not stored.active:
        gone = f"{member.name} is no longer active here."
        raise Refused(gone, hint="An admin can change that.", action=action.name.lower(), member=member.name)
    role, least = _role_of(session, stored, project), LEAST[action]
    if role.rank >= least.rank:
        return
    where = f" in {project.slug}" if project else ""
    raise Refused(
        f"As {a(role)} you may not {action.value}{where}; that takes {a(least)}.",
        hint=_who_may(session, least, project),
        action=action.name.lower(),
        role=role.value,
        needed=least.value,
        project=project.slug if project else "",
    )


def visible_projects(session: Session, member: Member) -> frozenset[int] | None:
    """The row numbers of the Projects whose work the Member may see; None means all of them, and is the rule for a team."""
    return None if may(session, member, Permission.SEE, None) else frozenset()


def _as_stored(session: Session, member: Member) -> Member:
    """The Member as of this transaction: a role may have changed since the request began."""
    return (members.by_id(session, member.id) if member.id is not None else None) or member


def a(role: Role) -> str:
    """`an artist`, `a lead`."""
    return f"{'an' if role.value[0] in 'aeiou' else 'a'} {role.value}"


def _who_may(session: Session, least: Role, project: Project | None) -> str:
    enough = [role for role in Role if role.rank >= least.rank]
    found = members.with_roles(session, enough, project.id if project else None, limit=4)
    if not found:
        return "Nobody here may do that yet; whoever runs Slate can, on the command line."
    names = [one.name for one in found[:3]]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"Ask {listed}{' (among others)' if len(found) > 3 else ''}."
