"""What left the house: each copy, for whom, and what was taken out of it; and the profiles that projects changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage import ids
from storage.tables.columns import NEVER_REUSED, Json, json, json_list, row, when


class Export(SQLModel, table=True):
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


class ExportProfile(SQLModel, table=True):
    """A project's own rules for a profile; what is not in `rules` is as core/exports/profiles.py has it."""

    __table_args__ = (UniqueConstraint("project_id", "name"), NEVER_REUSED)
    id: int = row()
    project_id: int = Field(foreign_key="project.id")
    name: str
    rules: Json = json()
    member_id: int = Field(foreign_key="member.id")
    created_at: datetime = when()


class ComplianceNote(SQLModel, table=True):
    """What a person said about an Asset that no machine can say; a new answer is a new row, and the newest counts."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    asset_id: int = Field(foreign_key="asset.id", index=True)
    question: str
    answer: str
    member_id: int = Field(foreign_key="member.id")
    created_at: datetime = when()
