"""Messages Slate keeps in step, and what is audited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.tables.columns import NEVER_REUSED, Json, json, maybe_when, row, when


class Post(SQLModel, table=True):
    """A chat message that Slate keeps in step with a Render or an Asset: `shown` follows the subject's version.

    Due when `shown < wanted`; `wanted` is raised in the transaction that changes the subject.
    """

    __table_args__ = (Index("post_due", "due", "next_try_at"), Index("post_place", "platform", "channel_id", "message_ref"))
    id: int = row()
    platform: str
    channel_id: str
    thread_ref: str = ""
    message_ref: str = ""
    """The platform's id of the message once it is posted."""
    render_id: int | None = Field(default=None, foreign_key="render.id", index=True)
    asset_id: int | None = Field(default=None, foreign_key="asset.id", index=True)
    wanted: int = 1
    shown: int = 0
    due: bool = True
    attempts: int = 0
    next_try_at: datetime | None = maybe_when()
    error: str = ""


class AuditEvent(SQLModel, table=True):
    """What happened, who did it: `subject:action` from the closed list in core/audit.py."""

    __table_args__ = (Index("audit_by_subject", "subject", "id"), NEVER_REUSED)
    id: int = row()
    at: datetime = when()
    action: str = Field(index=True)
    subject: str
    """The public id, such as `R-4F2K`."""
    actor_id: int | None = Field(default=None, foreign_key="member.id")
    before: Json = json()
    after: Json = json()
