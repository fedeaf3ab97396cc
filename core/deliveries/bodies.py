"""The body of a webhook request: Standard Webhooks' own form, or a CloudEvent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from core.events.outgoing import EventData
from storage.tables import OutgoingEvent

MOST_BYTES = 20_000
"""What Standard Webhooks recommends as the largest body."""


class Links(BaseModel):
    """Where to see and fetch what an event is about."""

    page: str = Field("", description="Its page, for people with an account.")
    file: str = Field("", description="The exported file, for some days and downloads; only where the webhook has `file`.")


class DeliveredData(EventData):
    """An event's data as it is delivered."""

    links: Links


class WebhookBody(BaseModel):
    """A body in Standard Webhooks' own form."""

    type: str = Field(description="The event's kind, such as asset.approved.")
    timestamp: datetime = Field(description="When it happened.")
    data: DeliveredData


class CloudEventBody(BaseModel):
    """A body as a CloudEvent 1.0 in JSON (https://github.com/cloudevents/spec)."""

    specversion: Literal["1.0"]
    id: str = Field(description="The same as the header webhook-id.")
    source: str = Field(description="The address of this Slate.")
    type: str = Field(description="`slate.` and the event's kind.")
    subject: str = Field(description="The asset or render.")
    time: datetime
    datacontenttype: Literal["application/json"]
    data: DeliveredData


def page_of(event: OutgoingEvent, base_url: str) -> str:
    """The address of the page of what an event is about; empty where there is none."""
    pages = {"A": "assets", "R": "renders"}
    page = pages.get(event.subject.partition("-")[0])
    return f"{base_url}/{page}/{event.subject}" if page else ""


def body(event: OutgoingEvent, links: Mapping[str, str], *, cloudevents: bool, source: str) -> tuple[bytes, str]:
    """(body, content type) of a request about an event."""
    data = {**event.data, "links": {"page": "", "file": "", **links}}
    if not cloudevents:
        told: dict[str, Any] = {"type": event.kind, "timestamp": event.at.isoformat(), "data": data}
        return _json(told), "application/json"
    told = {
        "specversion": "1.0",
        "id": event.message,
        "source": source,
        "type": f"slate.{event.kind}",
        "subject": event.subject,
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    return _json(told), "application/cloudevents+json"


def _json(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
