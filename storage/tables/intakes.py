"""Files from before Slate: what was asked to be taken in, where each file lies, and what it says beside the canonical facts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from storage import ids
from storage.tables.columns import NEVER_REUSED, Json, TableRow, json, maybe_when, row, when, word
from storage.tables.enums import FoundState


class Intake(TableRow, table=True):
    """One asking to take in a place: a folder, a ZIP or a bucket's prefix. Counts are of files."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    place: str
    member_id: int = Field(foreign_key="member.id")
    terms: Json = json()
    """How its files are attributed, as asked (see core/importing/rules.py)."""
    total: int = 0
    total_bytes: int = Field(default=0, sa_type=BigInteger)
    seen: int = 0
    seen_bytes: int = Field(default=0, sa_type=BigInteger)
    taken: int = 0
    known: int = 0
    refused: int = 0
    passed: int = 0
    """Files of kinds that are never kept, such as text."""
    started_at: datetime = when()
    read_at: datetime | None = maybe_when()
    """When every file had been looked at; what is found after that is finished in the background."""

    @property
    def code(self) -> str:
        """The id people see, such as `I-7Q0D`."""
        return ids.code("I", self.id or 0)


class FoundFile(TableRow, table=True):
    """A file an Intake came upon: where it lies, how it was then, and what became of it."""

    __table_args__ = (Index("found_due", "state", "id"), Index("found_by_intake", "intake_id", "state"))
    id: int = row()
    intake_id: int = Field(foreign_key="intake.id")
    place_key: str = Field(unique=True)
    """Digest of `place`, which may be longer than an index takes."""
    place: str
    """Its address: `file:///…`, `file:///….zip!/…`, `s3://…`; bytes that are no plain letters as %XX."""
    size: int = Field(sa_type=BigInteger)
    modified_ns: int = Field(sa_type=BigInteger)
    sha256: str = ""
    asset_id: int | None = Field(default=None, foreign_key="asset.id", index=True)
    state: FoundState = word(FoundState)
    problem: str = ""


class AssetWords(TableRow, table=True):
    """All text a file carried, packed (zlib over JSON), so that a better reader can read it again without the file."""

    asset_id: int = Field(primary_key=True, foreign_key="asset.id")
    packed: bytes


class AssetSource(TableRow, table=True):
    """What an Asset was made from, where no Render of ours says so; `source_id` is filled in when that file turns up."""

    asset_id: int = Field(primary_key=True, foreign_key="asset.id")
    name: str = Field(primary_key=True)
    """What it went in as."""
    sha256: str = Field(index=True)
    source_id: int | None = Field(default=None, foreign_key="asset.id", index=True)
