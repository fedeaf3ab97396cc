"""When a delivery that failed is tried again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

PAUSES = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Seconds after the first, second … failed attempt: the schedule that Standard Webhooks gives as its example; 3 days in all."""
_JITTER = 0.2
LONGEST = timedelta(hours=24)
"""The longest pause that a receiver may ask for."""


def next_at(tries: int, at: datetime, asked: timedelta | None = None) -> datetime | None:
    """When to try again after `tries` failed attempts, up to a fifth later at random; None when it is over.

    `asked` is the pause that the receiver asked for; a shorter one changes nothing.
    """
    if tries > len(PAUSES):
        return None
    pause = timedelta(seconds=PAUSES[tries - 1] * random.uniform(1.0, 1.0 + _JITTER))
    return at + max(pause, min(asked, LONGEST) if asked else pause)


def asked_for(header: str, at: datetime) -> timedelta | None:
    """The pause in a `Retry-After` (RFC 9110, 10.2.3): seconds or a date; None for what is neither, and for the past.

    >>> from datetime import UTC
    >>> moment = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    >>> asked_for("120", moment), asked_for("Mon, 30 Nov 2026 12:01:00 GMT", moment)
    (datetime.timedelta(seconds=120), datetime.timedelta(seconds=60))
    >>> asked_for("soon", moment), asked_for("-5", moment)
    (None, None)
    """
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        pause = parsedate_to_datetime(text) - at
    except (ValueError, TypeError):
        return None
    return pause if pause > timedelta(0) else None
