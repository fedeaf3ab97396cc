"""What came of one attempt to deliver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class AttemptResult:
    """An attempt that delivered has no `problem`."""

    status: int | None = None
    """The HTTP status, where an answer came."""
    answer: str = ""
    """The beginning of what the other side said."""
    problem: str = ""
    pause: timedelta | None = None
    """How long the other side asked to be left alone."""
    for_good: bool = False
    """Whether trying again makes no sense."""
    gone: bool = False
    """Whether the destination says that it does not want any more: it is switched off."""
    there: str = ""
    """What the other side calls what it got."""
