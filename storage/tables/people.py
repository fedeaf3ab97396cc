"""People, and for whom they work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.tables.columns import NEVER_REUSED, TableRow, row, when, word
from storage.tables.enums import Role


class Member(TableRow, table=True):
    """A person on the team. `role` holds everywhere; a Membership can raise it in one Project."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    name: str
    name_key: str = Field(unique=True)
    """The name casefolded, so that nobody is there twice."""
    role: Role = word(Role, default=Role.ARTIST)
    time_zone: str = "UTC"
    active: bool = True
    created_at: datetime = when()


class Handle(TableRow, table=True):
    """(platform, user id) -> Member."""

    __table_args__ = (UniqueConstraint("platform", "user_id"),)
    id: int = row()
    platform: str
    user_id: str
    member_id: int = Field(foreign_key="member.id", index=True)
    name: str = ""
    """What the platform shows for this person."""
    avatar_url: str = ""
    active: bool = True
    """False once the platform says that the account is closed or has left."""
    guest: bool | None = None
    """Whether Slack calls the account a guest or somebody of another company; None: Slack was not asked yet."""


class Client(TableRow, table=True):
    """Who pays. `name_key` is the name casefolded."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    name: str
    name_key: str = Field(unique=True)


class Project(TableRow, table=True):
    """What the work is for. `slug` is what people type: `project:acme-spring`."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    client_id: int = Field(foreign_key="client.id", index=True)
    name: str
    slug: str = Field(unique=True)
    reactions: str = ""
    """Which emoji stands for which command here, written as SLATE_REACTIONS; empty: as everywhere."""
    created_at: datetime = when()


class Membership(TableRow, table=True):
    """A Member's role in one Project."""

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    project_id: int = Field(foreign_key="project.id", primary_key=True)
    role: Role = word(Role)


class Channel(TableRow, table=True):
    """A place to talk on a platform; it belongs to a Project. `revision` counts what changed in the room's own channels."""

    __table_args__ = (UniqueConstraint("platform", "channel_id"),)
    id: int = row()
    platform: str
    channel_id: str
    name: str
    tenant: str = ""
    """Which Workspace of the platform it is in; empty where a platform has none."""
    project_id: int = Field(foreign_key="project.id", index=True)
    revision: int = 0
