"""People, projects and workspaces as JSON."""

from __future__ import annotations

from pydantic import Field

from core.schemas.base import Schema, Time


class AccountSchema(Schema):
    """An account on a chat platform."""

    platform: str
    name: str
    active: bool


class PersonSchema(Schema):
    """A member of the team."""

    name: str
    role: str = Field(description="viewer, artist, lead or admin")
    projects: dict[str, str] = Field(description="project: the role there")
    active: bool
    accounts: list[AccountSchema] = Field([], description="for admins, and for everybody of themselves")
    last_seen: Time | None = Field(None, description="for admins, and for everybody of themselves")


class PeopleSchema(Schema):
    """Members."""

    people: list[PersonSchema]
    count: int = Field(0, description="how many there are in all")


class RoleSchema(Schema):
    """A role that was given."""

    person: PersonSchema
    changed: bool


class ActivitySchema(Schema):
    """Whether a member is active."""

    member: str
    active: bool
    cancelled: list[str] = Field([], description="renders that were cancelled")
    links: list[str] = Field([], description="links that were taken back")


class EmailSchema(Schema):
    """A member whose email address was set."""

    member: str
    changed: bool


class AdmittedSchema(Schema):
    """An account that was let in by name, or is no more."""

    account: str
    member: str | None = Field(description="null for somebody who has not come yet")
    admitted: bool


class SignInSchema(Schema):
    """A link to sign in on the web."""

    address: str
    minutes: int = Field(description="how long it works")


class SessionSchema(Schema):
    """Where somebody is signed in."""

    session: str = Field(description="its id, such as `session/12`")
    way: str = Field(description="how they signed in")
    browser: str
    since: Time
    last_used: Time


class SessionList(Schema):
    """Where somebody is signed in."""

    sessions: list[SessionSchema]
    count: int = Field(description="how many there are in all")


class EndedSessions(Schema):
    """Sessions that were ended."""

    ended: int
    member: str


class ApiKeySchema(Schema):
    """A key with which a program acts for a member."""

    key: str = Field(description="its id, such as `K-4F2K`")
    name: str
    start: str = Field(description="its first characters")
    scope: str
    state: str = Field(description="`valid`, `expired` or `revoked`")
    until: Time
    last_used: Time | None
    text: str = Field("", description="the key itself; only when it is made or rotated")


class ApiKeyList(Schema):
    """API keys, newest first."""

    keys: list[ApiKeySchema]
    count: int


class JoinedMember(Schema):
    """A member that `join` created or found."""

    member: str
    role: str
    new: bool


class ProjectSchema(Schema):
    """A project."""

    project: str
    name: str
    client: str
    reactions: str = Field(description="its own meanings of emoji, such as `⭐=tag pick`, or empty")


class WorkspaceSchema(Schema):
    """The settings of a Slack workspace or Discord server."""

    workspace: str
    project: str = Field(description="of its new channels; empty for the default")
    newcomers: str
    guests: str
    admitted: dict[str, str] = Field(description="account that was let in by name: role")


class LinkCodeSchema(Schema):
    """A code that links an account."""

    code: str


class LinkedAccount(Schema):
    """The member that an account was linked to."""

    member: str


class OptionSchema(Schema):
    """An option of a command."""

    name: str
    kind: str
    help: str


class CommandSchema(Schema):
    """A command."""

    name: str
    usage: str
    summary: str
    details: str
    examples: list[str]
    aliases: list[str]
    options: list[OptionSchema]


class HelpSchema(Schema):
    """The commands."""

    commands: list[CommandSchema]
    reactions: dict[str, str] = Field({}, description="emoji: command")
