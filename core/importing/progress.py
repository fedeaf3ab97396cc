"""How far an Intake is: files and bytes seen, how fast, and how long it will still take."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

_WINDOW = 30.0
"""Seconds that the pace is taken from: short enough to follow a slow disk, long enough to be steady."""


@dataclass(frozen=True)
class ImportProgress:
    """Counts so far. `seconds_left` is None until there is a pace to tell it by."""

    phase: str
    """`reading` or `finishing`."""
    done: int
    total: int
    bytes_done: int = 0
    rate: float = 0.0
    """Files a second."""
    byte_rate: float = 0.0
    seconds_left: float | None = None


@dataclass
class Pace:
    """Tells progress from counts as they grow."""

    phase: str
    total: int
    total_bytes: int = 0
    done: int = 0
    bytes_done: int = 0
    _marks: deque[tuple[float, int, int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._marks.append((time.monotonic(), 0, 0))

    def add(self, files: int, size: int = 0) -> ImportProgress:
        self.done += files
        self.bytes_done += size
        now = time.monotonic()
        self._marks.append((now, self.done, self.bytes_done))
        while len(self._marks) > 2 and now - self._marks[0][0] > _WINDOW:
            self._marks.popleft()
        return self._told(now)

    def _told(self, now: float) -> ImportProgress:
        then, files, size = self._marks[0]
        span = max(now - then, 1e-6)
        rate, byte_rate = (self.done - files) / span, (self.bytes_done - size) / span
        left = None
        if byte_rate > 0 and self.total_bytes:
            left = max(0, self.total_bytes - self.bytes_done) / byte_rate
        elif rate > 0:
            left = max(0, self.total - self.done) / rate
        return ImportProgress(self.phase, self.done, self.total, self.bytes_done, rate, byte_rate, left)
