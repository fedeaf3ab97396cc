"""What another program tells Slate of an asset: its status there, a comment, that it was deleted.

A webhook of the same name must exist; the program signs with its secret, as Standard Webhooks says. It acts as the Member that an
admin named for it, with that Member's rights and no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from core.deliveries import webhooks
from core.desk import Desk
from core.errors import BadInput, Conflict, Refused, UnknownAsset
from core.people.roles import Permission, allow
from core.review import verdicts
from core.text import names
from storage import deliveries
from storage.chat import seen_events
from storage.files import assets
from storage.people import members, projects
from storage.tables import Asset, Destination, Judgement, Member, Via

MOST_BYTES = 64 * 1024
PLATFORM = "webhook"
"""Under which `webhook-id`s are remembered."""
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_LONGEST = {"webhook-id": 256, "webhook-timestamp": 20, "webhook-signature": 2000}
_STATUSES = {"approved": Judgement.APPROVED, "rejected": Judgement.REJECTED, "needs work": Judgement.NEEDS_WORK}


class InboundData(BaseModel):
    """What is said of an asset."""

    model_config = ConfigDict(extra="ignore")

    asset: str = Field(max_length=40, description="Its id here, such as A-7Q0D.")
    status: Literal["approved", "rejected", "needs work", ""] = Field("", description="Of `asset.status`.")
    note: str = Field("", max_length=2000, description="Why, or the comment itself.")
    by: str = Field("", max_length=200, description="Who said it there, as that program calls them.")


class InboundEvent(BaseModel):
    """A body that another program sends."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["asset.status", "asset.comment", "asset.deleted"]
    data: InboundData


@dataclass(frozen=True)
class Heard:
    """What came of an inbound event."""

    asset: Asset
    member: Member
    sentence: str
    """What the asset's threads are told."""
    new: bool = True
    """False when it had come before."""


def is_dated(headers: Mapping[str, str]) -> bool:
    """Whether the three headers are there and of a possible length, which is looked at before the body is read."""
    return all(0 < len(headers.get(name, "")) <= _LONGEST[name] for name in HEADERS)


def verified(desk: Desk, name: str, headers: Mapping[str, str], body: bytes) -> Destination:
    """The webhook whose secret signed the request, at most five minutes ago. Raises Refused, the same for every reason."""
    with desk.reading() as session:
        one = deliveries.by_key(session, names.key(name[:100]))
    if one is not None and one.via is Via.WEBHOOK and one.off_since is None:
        for key in webhooks.keys(desk, one):
            try:
                Webhook(key).verify(body, {each: headers[each] for each in HEADERS}, json_parse=False)
            except (WebhookVerificationError, UnicodeDecodeError, ValueError):
                continue
            return one
    raise Refused("This request is not signed by a webhook of ours.", hint="docs/webhooks.md says how.")


def carry_out(desk: Desk, one: Destination, message: str, body: bytes) -> Heard:
    """Do what the event says, once for each `webhook-id`. Raises BadInput, UnknownAsset, Refused, Conflict."""
    try:
        event = InboundEvent.model_validate_json(body)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"The event cannot be read{f' at {where}' if where else ''}: {first['msg']}.") from problem
    with desk.reading() as session:
        asset = assets.by_code(session, event.data.asset)
        member = members.by_id(session, int(one.options.get("as") or 0))
    if asset is None:
        raise UnknownAsset(f"There is no asset {event.data.asset[:20]}.")
    if member is None:
        raise Conflict(f"Nobody acts here for {one.name} yet.", hint=f"An admin writes /webhooks {one.name} as:NAME.")
    key = f"{one.id}:{message}"
    if not _is_new(desk, key):
        return Heard(asset, member, "", new=False)
    heard = _done(desk, one, asset, member, event)
    with desk.writing() as session:
        new = seen_events.first(session, PLATFORM, key)
    return heard if new else Heard(asset, member, "", new=False)


def _is_new(desk: Desk, key: str) -> bool:
    with desk.reading() as session:
        return not seen_events.is_known(session, PLATFORM, key)


def _done(desk: Desk, one: Destination, asset: Asset, member: Member, event: InboundEvent) -> Heard:
    said = event.data
    note = f": {said.note}" if said.note else ""
    who = f"{said.by} in {one.name}" if said.by else one.name
    if event.type == "asset.status":
        if not said.status:
            raise BadInput("`asset.status` needs a status.", hint="It is approved, rejected or needs work.")
        judgement = _STATUSES[said.status]
        given = verdicts.decide(desk, asset, judgement, by=member, note=f"{who}{note}"[: verdicts.LONGEST_NOTE])
        what = {"approved": "approved", "rejected": "rejected", "needs work": "sent back"}[said.status]
        return Heard(given.asset, member, f"{who} {what} {asset.code}{note}")
    with desk.reading() as session:
        allow(session, member, Permission.VOTE, projects.by_id(session, asset.project_id))
    if event.type == "asset.comment":
        return Heard(asset, member, f"{who} on {asset.code}{note}")
    return Heard(asset, member, f"{who} deleted {asset.code} there{note}. It is kept here.")
