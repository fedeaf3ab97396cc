"""The audit log as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.base import Schema, Time


class AuditEventSchema(Schema):
    """One event of the audit log."""

    number: int | None
    at: Time
    who: str
    action: str
    subject: str
    project: str
    sentence: str
    before: dict[str, Any]
    after: dict[str, Any]
    hash: str


class AuditSchema(Schema):
    """Events of the audit log, newest first."""

    events: list[AuditEventSchema]
    more: bool
    link: str = Field("", description="of the file, where one was made")
    count: int = Field(0, description="how many events the file has")
    written: list[str] = Field([], description="files that `-o` wrote")


class AuditFile(Schema):
    """The whole log as a file."""

    link: str
    count: int
    written: list[str] = Field([], description="files that `-o` wrote")


class AuditCheckSchema(Schema):
    """Whether the audit log is as it was written. A log that is not is an error."""

    intact: bool
    events: int
    hash: str
    checkpoints: int
    covered: int = Field(description="how many events a checkpoint vouches for")


class CheckpointSchema(Schema):
    """A signed end of the log."""

    events: int
    hash: str
    file: str
    note: str
