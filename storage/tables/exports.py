"""What left the house or waits at its door: copies and for whom, profiles, links to files, uploads that were not sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from storage import ids
from storage.clock import now
from storage.tables.columns import NEVER_REUSED, Instant, Json, TableRow, json, json_list, maybe_when, row, when


class Export(TableRow, table=True):
    """One copy of one Asset, made ready to leave. Rows are added and never changed."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    batch: str = Field(default="", index=True)
    """What was exported together has one word here."""
    asset_id: int = Field(foreign_key="asset.id", index=True)
    copy_id: int = Field(foreign_key="asset.id", index=True)
    """The Asset that the copy is."""
    project_id: int = Field(foreign_key="project.id", index=True)
    member_id: int = Field(foreign_key="member.id")
    profile: str
    recipient: str = ""
    reason: str = ""
    source_sha256: str
    sha256: str
    filename: str
    removed: list[str] = json_list()
    """What the copy does not tell any more."""
    lost: list[str] = json_list()
    """What the format could not carry."""
    created_at: datetime = when()

    @property
    def code(self) -> str:
        """The id people see, such as `X-4F2K`."""
        return ids.code("X", self.id or 0)


class SharedLink(TableRow, table=True):
    """A link to a file for people without an account: until when, for how many downloads, and whether it was taken back."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    sha256: str = Field(index=True)
    filename: str
    mime: str
    asset_id: int | None = Field(default=None, foreign_key="asset.id", index=True)
    """The Asset that the file is; None for packages, sheets and reports."""
    member_id: int = Field(foreign_key="member.id", index=True)
    """Who made it."""
    most_uses: int
    uses: int = 0
    ends_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = maybe_when()
    created_at: datetime = when()

    @property
    def code(self) -> str:
        """The id people see, such as `L-4F2K`."""
        return ids.code("L", self.id or 0)


class WaitingUpload(TableRow, table=True):
    """A file that a member put into the room and has not sent yet; sent, it has no row here any more."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    sha256: str = Field(index=True)
    size: int = Field(sa_type=BigInteger)
    member_id: int = Field(foreign_key="member.id", index=True)
    at: datetime = Field(default_factory=now, sa_type=Instant, index=True)


class ExportProfile(TableRow, table=True):
    """A project's own rules for a profile; what is not in `rules` is as core/exports/profiles.py has it."""

    __table_args__ = (UniqueConstraint("project_id", "name"), NEVER_REUSED)
    id: int = row()
    project_id: int = Field(foreign_key="project.id")
    name: str
    rules: Json = json()
    member_id: int = Field(foreign_key="member.id")
    created_at: datetime = when()


class ComplianceNote(TableRow, table=True):
    """What a person said about an Asset that no machine can say; a new answer is a new row, and the newest counts."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    asset_id: int = Field(foreign_key="asset.id", index=True)
    question: str
    answer: str
    member_id: int = Field(foreign_key="member.id")
    created_at: datetime = when()
