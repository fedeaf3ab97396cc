"""Who is signed in on the web, and the one-time tickets that let somebody sign in."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.tables.columns import NEVER_REUSED, Json, TableRow, json, maybe_when, row, when


class WebSession(TableRow, table=True):
    """A browser in which a Member is signed in. Only the digest of the token in its cookie is kept."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    digest: str = Field(unique=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    way: str
    """How the Member signed in: `name`, `link`, `first-admin`, `openid`."""
    browser: str = ""
    """What the browser calls itself, shortened."""
    created_at: datetime = when()
    seen_at: datetime = when()
    ended_at: datetime | None = maybe_when()


class SignInTicket(TableRow, table=True):
    """Something that is good for one sign-in and soon expires: a link, or a visit to the identity provider that has begun."""

    digest: str = Field(primary_key=True)
    kind: str
    """`link`, `first-admin` or `openid`."""
    member_id: int | None = Field(default=None, foreign_key="member.id", index=True)
    facts: Json = json()
    expires_at: datetime = when()
