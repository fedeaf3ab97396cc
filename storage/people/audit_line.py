"""The line of an audited event: the exact bytes that its hash is of, and that an export holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def line_of(
    *,
    number: int,
    at: datetime,
    action: str,
    subject: str,
    actor_id: int | None,
    project_id: int | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    previous: str,
) -> str:
    """JSON on one line: keys sorted, no blanks, ASCII only, the time in UTC to the microsecond. `previous` is the hash before it.

    >>> line_of(number=1, at=datetime(2026, 3, 12, tzinfo=UTC), action="client:added", subject="client/acme", actor_id=7,
    ...         project_id=None, before={}, after={"name": "Acme"}, previous="00")  # doctest: +ELLIPSIS
    '{"action":"client:added","actor_id":7,"after":{"name":"Acme"},"at":"2026-03-12T00:00:00.000000+00:00","before":{},"number":1,...'
    """
    told = {
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": action,
        "subject": subject,
        "actor_id": actor_id,
        "project_id": project_id,
        "before": before,
        "after": after,
        "previous": previous,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def hash_of(line: str) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(line.encode("ascii")).hexdigest()
