"""Keeps every acknowledged event until it is carried out, so that a process that dies in between loses nothing.

A row with the payload is written before the acknowledgement, or right at it, and marked as done when the work is. What a process
that died has left is carried out by whichever listens next. A process refreshes its own rows while it works on them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from core.desk import Desk
from core.errors import DatabaseUnavailable
from storage.chat import seen_events
from storage.clock import now

log = structlog.get_logger(__name__)

ABANDONED = timedelta(seconds=12)
"""A row that nobody has kept young for so long was left by a process that died."""
ROUND = 3.0
"""Seconds between two rounds of keeping rows young and looking for abandoned ones."""
MOST_ATTEMPTS = 3
"""What was begun again so often, and never done, is given up: it may be what ends the processes."""

_present: ContextVar[Errand | None] = ContextVar("errand", default=None)


@dataclass
class Errand:
    """One thing that was taken in. It is done when every piece of work that was begun for it is."""

    key: str
    done: Callable[[str], None] = field(repr=False)
    again: bool = False
    """Whether another process had begun it before."""
    _left: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self) -> None:
        with self._lock:
            self._left += 1

    def end(self) -> None:
        with self._lock:
            self._left -= 1
            over = self._left == 0
        if over:
            self.done(self.key)


def present() -> Errand | None:
    """What this thread, or this task, works on."""
    return _present.get()


@contextmanager
def working_on(errand: Errand | None) -> Iterator[None]:
    """The block, and what is begun in it, is work for this errand."""
    if errand is None:
        yield
        return
    errand.begin()
    token = _present.set(errand)
    try:
        yield
    finally:
        _present.reset(token)
        errand.end()


class Inbox:
    """What one platform's process has taken in. `carry_out` does again what was left; it gets the errand and the payload."""

    def __init__(self, desk: Desk, platform: str) -> None:
        self._desk = desk
        self._platform = platform
        self._mine: set[str] = set()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def take_in(self, key: str, payload: dict[str, Any]) -> Errand | None:
        """Write it down; None when it was taken in before. Raises DatabaseUnavailable, and then nothing is kept."""
        with self._desk.writing() as session:
            if not seen_events.first(session, self._platform, key, payload=payload):
                return None
        self._mine.add(key)
        return Errand(key, self.done)

    def done(self, key: str) -> None:
        """It was carried out. While the database is away it stays open, and is carried out again."""
        try:
            with self._desk.writing() as session:
                seen_events.done(session, self._platform, key)
        except DatabaseUnavailable as problem:
            log.warning("inbox.no-database", platform=self._platform, problem=problem.message)
        self._mine.discard(key)

    def start(self, carry_out: Callable[[Errand, dict[str, Any]], None]) -> None:
        """Look after what was left behind, now and from time to time, until `stop`."""
        self._thread = threading.Thread(target=self._look_after, args=(carry_out,), name=f"{self._platform}-inbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join(10)

    def _look_after(self, carry_out: Callable[[Errand, dict[str, Any]], None]) -> None:
        while not self._over.is_set():
            self.tend(carry_out)
            self._over.wait(ROUND)

    def tend(self, carry_out: Callable[[Errand, dict[str, Any]], None]) -> None:
        """One round: keep our own rows young, and carry out what was abandoned."""
        try:
            left = self._left_behind()
        except DatabaseUnavailable:
            return
        for key, payload in left:
            log.info("inbox.again", platform=self._platform, key=key)
            self._mine.add(key)
            try:
                carry_out(Errand(key, self.done, again=True), payload)
            except Exception:  # an edge: one that breaks must not keep the others from being carried out
                log.exception("inbox.broken", platform=self._platform, key=key)

    def _left_behind(self) -> list[tuple[str, dict[str, Any]]]:
        mine = set(self._mine)
        with self._desk.reading() as session:
            found = seen_events.abandoned(session, self._platform, now() - ABANDONED)
        theirs = [key for key in found if key not in mine]
        if not theirs and not mine:
            return []
        with self._desk.writing() as session:
            seen_events.keep_young(session, self._platform, mine, now())
            return [
                (key, payload)
                for key in theirs
                if (payload := seen_events.take_over(session, self._platform, key, now() - ABANDONED, MOST_ATTEMPTS)) is not None
            ]
