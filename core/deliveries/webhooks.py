"""Sends one event to a webhook as Standard Webhooks says, and reads its answer."""

from __future__ import annotations

from core.deliveries import bodies, copies, reaching, retries, signing
from core.deliveries.attempt_result import AttemptResult
from core.desk import Desk
from core.errors import BadInput
from core.security import safe_fetch
from core.security.encryption import vault
from storage.clock import now
from storage.tables import Delivery, Destination, OutgoingEvent

_READ = 4096
"""Bytes of an answer that are read."""
_GONE = 410


def send(desk: Desk, destination: Destination, event: OutgoingEvent, held: Delivery) -> AttemptResult:
    """POST the event; 2xx is delivered, 410 switches the webhook off, anything else is tried again."""
    settings, moment = desk.settings, now()
    links = {"page": bodies.page_of(event, settings.base_url), "file": copies.link(desk, destination, event, held)}
    cloudevents = bool(destination.options.get("cloudevents"))
    body, content_type = bodies.body(event, links, cloudevents=cloudevents, source=settings.base_url)
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slate-webhooks",
        "Content-Length": str(len(body)),
        **signing.headers(event.message, moment, body, keys(desk, destination)),
    }
    try:
        answered = safe_fetch.ask(
            "POST",
            destination.url,
            headers=headers,
            body=body,
            reachable=reaching.reachable(settings, destination.url),
            most=_READ,
            seconds=settings.delivery_seconds,
        )
    except BadInput as problem:
        return AttemptResult(problem=problem.message)
    said = answered.body.decode("utf-8", "replace")
    status = answered.status
    if 200 <= status < 300:
        return AttemptResult(status, said)
    if status == _GONE:
        return AttemptResult(status, said, "It answered 410: it wants no more events.", for_good=True, gone=True)
    pause = retries.asked_for(answered.headers.get("retry-after", ""), moment)
    what = "a redirect, which is not followed" if 300 <= status < 400 else "an error"
    return AttemptResult(status, said, f"It answered {status}, {what}.", pause)


def keys(desk: Desk, destination: Destination) -> list[str]:
    """What a request is signed with: the newest secret, and the one before it until its time is over."""
    box = vault(desk.settings)
    found = [box.open(destination.secret)]
    ends = destination.old_secret_ends
    if destination.old_secret and ends is not None and ends > now():
        found.append(box.open(destination.old_secret))
    return found
