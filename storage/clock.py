"""The one clock: aware UTC, to be swapped in tests by passing another callable."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
