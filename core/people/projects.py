"""Clients, their Projects, and which Project a channel belongs to."""

from __future__ import annotations

from sqlmodel import Session

from core.errors import BadInput, Conflict, UnknownProject
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, allow
from core.text import names
from storage.people import members, projects
from storage.tables import Channel, Client, Member, Project

HOUSE = "House"
PLAYGROUND = "playground"
ROOM = "room"
GENERAL = "general"


def ensure_defaults(session: Session) -> Project:
    """Client House, its Project `playground` and the room's channel `general` are there afterwards; returns the Project."""
    project = projects.by_slug(session, PLAYGROUND)
    if project is None or projects.channel(session, ROOM, GENERAL) is None:
        members.one_at_a_time(session)
        project = projects.by_slug(session, PLAYGROUND) or _found(session, HOUSE, PLAYGROUND, by=None)
        if projects.channel(session, ROOM, GENERAL) is None and project.id is not None:
            projects.add_channel(session, ROOM, GENERAL, GENERAL, project.id)
    return project


def default(session: Session) -> Project:
    """The Project of whatever was said outside of every other one. Raises UnknownProject before `ensure_defaults`."""
    project = projects.by_slug(session, PLAYGROUND)
    if project is None:
        raise UnknownProject("This Slate has not been set up yet.", hint="Run `slate up` once.")
    return project


def find(session: Session, text: str) -> Project:
    """The Project meant by its slug or name, whatever the case. Raises UnknownProject with what it may have been."""
    wanted = names.slug(text)
    project = projects.by_slug(session, wanted) if wanted else None
    if project is None:
        known = projects.everything(session)
        by_name = [one for one in known if names.key(one.name) == names.key(text)]
        if len(by_name) != 1:
            raise _unknown(text, [one.slug for one in known])
        project = by_name[0]
    return project


def client_of(session: Session, project: Project) -> Client:
    client = projects.client(session, project.client_id)
    if client is None:
        raise UnknownProject(f"Project {project.slug} has no client any more.")
    return client


def for_channel(session: Session, platform: str, channel_id: str) -> Project:
    """The Project a channel belongs to; the default one if nobody said. Raises UnknownProject before `ensure_defaults`."""
    channel = projects.channel(session, platform, channel_id)
    project = projects.by_id(session, channel.project_id) if channel else None
    return project or default(session)


def add_client(session: Session, name: str, *, by: Member) -> Client:
    """The Client of that name, made if there was none. Raises Refused, BadInput, TooLong."""
    allow(session, by, Permission.MANAGE_PROJECTS, None)
    members.one_at_a_time(session)
    return _client(session, name, by=by)


def add(session: Session, client_name: str, name: str, *, by: Member) -> Project:
    """A new Project for the Client of that name (made if need be). Raises Refused, BadInput, TooLong, Conflict."""
    allow(session, by, Permission.MANAGE_PROJECTS, None)
    members.one_at_a_time(session)
    return _found(session, client_name, name, by=by)


def bind_channel(session: Session, platform: str, channel_id: str, name: str, project: Project, *, by: Member) -> Channel:
    """Let a channel belong to `project`; a channel nobody knew is made known. Raises Refused, BadInput, TooLong."""
    allow(session, by, Permission.MANAGE_CHANNELS, project)
    members.one_at_a_time(session)
    assert project.id is not None, "a project that is stored"
    kept = projects.channel(session, platform, channel_id)
    before = projects.by_id(session, kept.project_id) if kept else None
    if kept is None:
        kept = projects.add_channel(session, platform, channel_id, names.clean(name, "channel name"), project.id)
    elif kept.project_id != project.id:
        projects.bind_channel(session, kept, project.id)
    if before is None or before.id != project.id:
        was, subject = {"project": before.slug} if before else {}, f"channel/{platform}/{channel_id}"
        record(session, Event(Action.CHANNEL_BOUND, subject, by=by, before=was, after={"project": project.slug}))
    return kept


def open_channel(
    session: Session, platform: str, channel_id: str, name: str, *, tenant: str = "", usual: Project | None = None
) -> tuple[Channel, Project]:
    """The channel and its Project; one nobody knew belongs to `usual`, else to the default one, until somebody says otherwise.

    A name that the platform changed is kept up. Raises UnknownProject before `ensure_defaults`.
    """
    kept = projects.channel(session, platform, channel_id)
    if kept is None:
        members.one_at_a_time(session)
        usual = usual or default(session)
        kept = projects.channel(session, platform, channel_id) or projects.add_channel(
            session, platform, channel_id, name or channel_id, usual.id or 0, tenant=tenant
        )
    elif name and kept.name != name:
        kept.name = name
        projects.save_channel(session, kept)
    return kept, projects.by_id(session, kept.project_id) or default(session)


def set_reactions(session: Session, project: Project, reactions: str, *, by: Member) -> None:
    """Let emoji stand for other commands in this Project; empty: as everywhere. Raises Refused."""
    allow(session, by, Permission.MANAGE_PROJECTS, project)
    before, project.reactions = project.reactions, reactions
    projects.save(session, project)
    was, becomes = {"reactions": before}, {"reactions": reactions}
    record(session, Event(Action.PROJECT_CHANGED, f"project/{project.slug}", by=by, before=was, after=becomes))


def _client(session: Session, name: str, *, by: Member | None) -> Client:
    shown = names.clean(name, "client name")
    kept = projects.client_by_key(session, names.key(shown))
    if kept is None:
        kept = projects.add_client(session, shown, names.key(shown))
        record(session, Event(Action.CLIENT_ADDED, f"client/{names.slug(shown)}", by=by, after={"name": shown}))
    return kept


def _found(session: Session, client_name: str, name: str, *, by: Member | None) -> Project:
    shown = names.clean(name, "project name")
    slug = names.slug(shown)
    if not slug:
        raise BadInput(f"The project name {shown!r} has no letters or digits.", hint="Use some, so that people can type it.")
    if projects.by_slug(session, slug) is not None:
        raise Conflict(f"There is a project `{slug}` already.", hint="Use that one, or choose another name.", project=slug)
    client = _client(session, client_name, by=by)
    assert client.id is not None, "flushed, so numbered"
    project = projects.add(session, client.id, shown, slug)
    record(session, Event(Action.PROJECT_ADDED, f"project/{slug}", by=by, after={"name": shown, "client": client.name}))
    return project


def _unknown(text: str, known: list[str]) -> UnknownProject:
    near = names.nearest(text, known)
    hint = "" if near else f"There are: {', '.join(known[:10])}." if known else "There are no projects yet."
    problem = UnknownProject(f"There is no project `{text[:60]}`.", suggestions=near, hint=hint, given=text[:60])
    problem.hint += " Create one in Slate's web room with New channel."
    return problem
