"""Messages Slate keeps in step, what came in from platforms, where Slate is installed, and what is audited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from storage.tables.columns import NEVER_REUSED, Json, TableRow, json, maybe_when, row, when


class Post(TableRow, table=True):
    """A chat message that Slate keeps in step with a Render or an Asset: `shown` follows the subject's version.

    Due when `shown < wanted`; `wanted` is raised in the transaction that changes the subject.
    """

    __table_args__ = (Index("post_due", "due", "next_try_at"), Index("post_place", "platform", "channel_id", "message_ref"))
    id: int = row()
    platform: str
    tenant: str = ""
    """Which Workspace of the platform the channel is in; empty where a platform has none."""
    channel_id: str
    thread_ref: str = ""
    message_ref: str = ""
    """The platform's id of the message once it is posted."""
    kept: Json = json()
    """What the platform's Chat remembers of the message, such as the files it has uploaded for it."""
    render_id: int | None = Field(default=None, foreign_key="render.id", index=True)
    asset_id: int | None = Field(default=None, foreign_key="asset.id", index=True)
    wanted: int = 1
    shown: int = 0
    due: bool = True
    attempts: int = 0
    next_try_at: datetime | None = maybe_when()
    held_until: datetime | None = maybe_when()
    """Until when a front end shows the first state itself, as the answer to what was asked; the outbox waits so long."""
    tried_at: datetime | None = maybe_when()
    """When it last had its turn: of several that go on, the one that waited longest is next."""
    error: str = ""


class Incoming(TableRow, table=True):
    """An event of a platform that was taken in: platforms deliver some twice, and each is acted on once."""

    __table_args__ = (Index("incoming_by_age", "at"),)
    platform: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    """The platform's id of the event."""
    at: datetime = when()
    payload: Json | None = Field(default=None, sa_type=JSON)
    """What came in, while it is yet to be carried out; forgotten then."""
    done_at: datetime | None = maybe_when(index=True)
    attempts: int = 0
    """How often it was begun after a restart."""


class Workspace(TableRow, table=True):
    """A team's place on a platform where Slate is installed: a Slack workspace, a Discord server."""

    __table_args__ = (UniqueConstraint("platform", "tenant"),)
    id: int = row()
    platform: str
    tenant: str
    """The platform's id of it."""
    name: str = ""
    sealed_token: str = ""
    """The bot token Slate got there, sealed (core/security/encryption.py); empty where one token serves every place."""
    bot_id: str = ""
    """Slate's own user id there."""
    scopes: str = ""
    settings: Json = json()
    """What the people there chose, such as the channel that is told of trouble."""
    installed_at: datetime = when()
    revoked_at: datetime | None = maybe_when()


class LinkCode(TableRow, table=True):
    """A code that joins a second Handle to a Member, once and soon; only its digest is kept."""

    digest: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id")
    expires_at: datetime = when()


class Draft(TableRow, table=True):
    """A form somebody is filling in on a platform that shows it in pages: what it asks, and what was answered so far."""

    __table_args__ = (Index("draft_by_age", "at"), NEVER_REUSED)
    id: int = row()
    member_id: int = Field(foreign_key="member.id")
    form: Json = json()
    """The Form as JSON (bot/cards.py)."""
    values: Json = json()
    """Field name -> what was typed, and uploads by the field they are for."""
    at: datetime = when()


class Asking(TableRow, table=True):
    """What somebody asked last in a place, so that "and by Zoe?" has something to go on from."""

    __table_args__ = (Index("asking_by_age", "at"),)
    platform: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    """The channel and, after a blank, the thread."""
    member_id: int = Field(primary_key=True, foreign_key="member.id")
    text: str
    """The questions that go on from one another, a line each."""
    at: datetime = when()


class AuditEvent(TableRow, table=True):
    """What happened, who did it: `subject:action` from the closed list in core/events/actions.py."""

    __table_args__ = (
        Index("audit_by_subject", "subject", "id"),
        Index("audit_by_actor", "actor_id", "number"),
        Index("audit_by_project", "project_id", "number"),
        NEVER_REUSED,
    )
    id: int = row()
    at: datetime = when()
    action: str = Field(index=True)
    subject: str
    """The public id, such as `R-4F2K`."""
    actor_id: int | None = Field(default=None, foreign_key="member.id")
    before: Json = json()
    after: Json = json()
    project_id: int | None = None
    """The Project it happened in, where there is one."""
    number: int | None = Field(default=None, unique=True)
    """Its place in the chain, from 1 without a gap; None only for a row that no Slate wrote."""
    hash: str = ""
    """SHA-256 of its line, which holds the hash before it (storage/people/audit_line.py)."""


class AuditHead(TableRow, table=True):
    """The end of the chain of AuditEvents: one row, locked by whoever appends to it."""

    id: int = row()
    origin: str
    """What stands before the first event: 64 random hexadecimal digits, one for each installation."""
    number: int = 0
    hash: str = ""
