"""Keys with which programs act for a Member."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage import ids
from storage.tables.columns import NEVER_REUSED, maybe_when, row, when


class ApiKey(SQLModel, table=True):
    """A key for the API. Only digests of it are kept; for a while after a rotation the old one holds, too."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    member_id: int = Field(foreign_key="member.id", index=True)
    name: str
    scope: str
    """`read` or `write`."""
    digest: str = Field(unique=True)
    start: str
    """The first characters of the key, by which people know it."""
    old_digest: str | None = Field(default=None, unique=True)
    old_until: datetime | None = maybe_when()
    expires_at: datetime = when()
    created_at: datetime = when()
    used_at: datetime | None = maybe_when()
    revoked_at: datetime | None = maybe_when()

    @property
    def code(self) -> str:
        """The id people see, such as `K-4F2K`."""
        return ids.code("K", self.id or 0)
