"""What is told to other programs: to whom, which events, and each attempt to tell them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage import ids
from storage.clock import now
from storage.tables.columns import NEVER_REUSED, Instant, Json, json, json_list, maybe_when, row, when, word


class Via(StrEnum):
    """How a destination is reached."""

    WEBHOOK = "webhook"
    """The event itself, by HTTP POST."""
    WEBDAV = "webdav"
    """The file, by HTTP PUT into a WebDAV folder."""
    FOLDER = "folder"
    """The file, into a folder of this machine."""
    S3 = "s3"
    """The file, into an S3 bucket."""


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Every attempt failed, or it was refused for good; it can be replayed."""


class Destination(SQLModel, table=True):
    """Another program that is told of events or gets files: a webhook, a DAM."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    name: str
    name_key: str = Field(unique=True)
    """The name casefolded."""
    via: Via = word(Via)
    url: str
    kinds: list[str] = json_list()
    """Patterns of event kinds, such as `asset.approved` or `render.*`."""
    project_id: int | None = Field(default=None, foreign_key="project.id")
    """Only events of this project; None: of all."""
    client_id: int | None = Field(default=None, foreign_key="client.id")
    """Only events of this client's projects; None: of all."""
    options: Json = json()
    """What else this way of reaching it needs (core/deliveries/destinations.py)."""
    secret: str = ""
    """The webhook's secret, or the password there, encrypted with this Slate's key."""
    old_secret: str = ""
    """The secret before the newest, encrypted; it signs as well until `old_secret_ends`."""
    old_secret_ends: datetime | None = maybe_when()
    member_id: int = Field(foreign_key="member.id")
    """Who added it."""
    off_since: datetime | None = maybe_when()
    off_because: str = ""
    removed_at: datetime | None = maybe_when()
    created_at: datetime = when()


class OutgoingEvent(SQLModel, table=True):
    """What happened, as it is told: written with the change itself, and never changed."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    message: str = Field(unique=True)
    """The `webhook-id` of every attempt: by it a receiver knows what it has had."""
    kind: str
    subject: str = Field(index=True)
    """The public id of the asset or render; deliveries about one subject are sent in order."""
    asset_id: int | None = Field(default=None, foreign_key="asset.id")
    data: Json = json()
    at: datetime = Field(default_factory=now, sa_type=Instant, index=True)


class Delivery(SQLModel, table=True):
    """One event on its way to one destination."""

    __table_args__ = (
        Index("delivery_due", "destination_id", "state", "due_at"),
        Index("delivery_in_order", "destination_id", "subject", "state", "id"),
        NEVER_REUSED,
    )
    id: int = row()
    destination_id: int = Field(foreign_key="destination.id")
    event_id: int = Field(foreign_key="outgoingevent.id", index=True)
    subject: str
    state: DeliveryState = word(DeliveryState, default=DeliveryState.WAITING)
    tries: int = 0
    """Attempts since it was made or replayed."""
    due_at: datetime = Field(default_factory=now, sa_type=Instant)
    leased_until: datetime | None = maybe_when()
    """Until when a process is busy with it."""
    ended_at: datetime | None = maybe_when()
    copy_id: int | None = Field(default=None, foreign_key="asset.id")
    """The export that was made for it; further attempts send the same one."""
    there: str = ""
    """What the other side calls what it got: an id or a path."""

    @property
    def code(self) -> str:
        """The id people see, such as `D-4F2K`."""
        return ids.code("D", self.id or 0)


class DeliveryAttempt(SQLModel, table=True):
    """One request to a destination, and what came back. Rows are added and never changed."""

    __table_args__ = (NEVER_REUSED,)
    id: int = row()
    delivery_id: int = Field(foreign_key="delivery.id", index=True)
    status: int | None = None
    """The HTTP status; None where no answer came."""
    milliseconds: int = 0
    answer: str = ""
    """The beginning of the answer's body."""
    problem: str = ""
    """Why it counts as failed; empty when it was delivered."""
    at: datetime = when()
