"""The local web room's own memory: it is a chat platform of ours, so its messages are ours to keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index
from sqlmodel import Field

from storage.tables.columns import NEVER_REUSED, Json, TableRow, json_list, maybe_when, row, when


class RoomMessage(TableRow, table=True):
    """One message in the room; `revision` is the channel's counter at its last change, so a reader can ask what is new."""

    __table_args__ = (Index("roommessage_feed", "channel_id", "revision"), NEVER_REUSED)
    id: int = row()
    key: str | None = Field(default=None, unique=True)
    """Idempotency key of the poster, so that a retried post is one message."""
    channel_id: int = Field(foreign_key="channel.id")
    thread_id: int | None = Field(default=None, foreign_key="roommessage.id", index=True)
    member_id: int | None = Field(default=None, foreign_key="member.id")
    """Who said it; None is Slate."""
    only_for: int | None = Field(default=None, foreign_key="member.id")
    """The one Member who sees it, or None for all."""
    text: str = ""
    card: Json | None = Field(default=None, sa_type=JSON)
    """The one card that a Post keeps in step with its subject (see bot/cards.py)."""
    answer: Json | None = Field(default=None, sa_type=JSON)
    """What a command answered: text, cards, chips (see Answer in bot/cards.py)."""
    attachments: list[Json] = json_list()
    """Files that came with it, each `{filename, mime, sha256, size}`."""
    revision: int = 0
    created_at: datetime = when()
    edited_at: datetime | None = maybe_when()


class RoomRead(TableRow, table=True):
    """How far a Member has read a channel of the room: the newest message seen."""

    member_id: int = Field(foreign_key="member.id", primary_key=True)
    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    message_id: int = 0


class RoomReaction(TableRow, table=True):
    """An emoji a Member put on a message in the room."""

    message_id: int = Field(foreign_key="roommessage.id", primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)
    emoji: str = Field(primary_key=True)
    created_at: datetime = when()
