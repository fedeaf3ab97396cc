"""Destinations of events and files: webhooks, DAMs and their deliveries."""

from __future__ import annotations

from pydantic import Field

from core.schemas.base import Schema, Time


class DeliveryTotals(Schema):
    """How many deliveries are in each state."""

    waiting: int
    delivered: int
    dead: int = Field(description="given up; they can be replayed")


class DestinationSchema(Schema):
    """A webhook or a DAM."""

    name: str
    via: str = Field(description="webhook, webdav, folder or s3")
    url: str
    events: list[str] = Field(description="patterns of event kinds")
    project: str = Field(description="empty: of all projects")
    client: str = Field(description="empty: of all clients")
    profile: str = Field(description="the export profile of files; empty: no file is sent")
    path: str = Field(description="where files go; empty: as by default")
    sidecar: str
    user: str
    cloudevents: bool
    acts_as: str = Field(description="who acts here for what it says to Slate; empty: nobody")
    on: bool
    off_because: str
    totals: DeliveryTotals


class DestinationList(Schema):
    """Every webhook, or every DAM."""

    destinations: list[DestinationSchema]
    count: int


class DeliverySchema(Schema):
    """One event on its way to one destination."""

    delivery: str = Field(description="its id, such as `D-4F2K`")
    event: str = Field(description="its kind")
    message: str = Field(description="the `webhook-id`")
    subject: str = Field(description="the asset or render; empty for a test")
    at: Time = Field(description="when it happened")
    state: str = Field(description="waiting, delivered or dead")
    tries: int
    status: int | None = Field(description="the HTTP status of the newest attempt")
    problem: str = Field(description="why the newest attempt failed")
    there: str = Field(description="what the other side calls the file")


class DestinationDetail(Schema):
    """One destination and its newest deliveries."""

    destination: DestinationSchema
    deliveries: list[DeliverySchema]
    secret: str = Field("", description="what requests are signed with; told once, when it is made")


class RemovedDestination(Schema):
    """A destination that was removed."""

    removed: str
