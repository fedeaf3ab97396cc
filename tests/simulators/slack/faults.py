"""What a test may tell the simulated Slack to do wrong: refusals, losses, delays, duplicates, disorder."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Fault:
    """Something that goes wrong with the next `times` calls of `method` (empty: of any)."""

    method: str = ""
    times: int = 1
    status: int = 0
    """An HTTP status such as 429 or 503, instead of an answer."""
    retry_after: int = 1
    error: str = ""
    """A declared refusal: `{"ok": false, "error": …}`."""
    lost: bool = False
    """Do it, and hang up without an answer."""
    refused: bool = False
    """Hang up without doing it."""


@dataclass
class Faults:
    """The faults that wait to happen."""

    waiting: deque[Fault] = field(default_factory=deque)
    duplicates: int = 0
    """Each event is sent this many times more."""
    withheld: bool = False
    """Events wait until they are let go, newest first."""

    def next(self, method: str) -> Fault | None:
        for fault in self.waiting:
            if fault.method in ("", method) and fault.times > 0:
                fault.times -= 1
                if not fault.times:
                    self.waiting.remove(fault)
                return fault
        return None
