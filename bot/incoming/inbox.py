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
from sqlmodel import Session

from core.desk import Desk
from core.errors import DatabaseUnavailable
from storage.chat import seen_events
from storage.chat.seen_events import TakenOver
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
    attempts: int = 0
    """How often it was begun again, this time included."""
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
    """What one platform's process has taken in. `carry_out` does again what was left; it gets the errand and the payload.

    `free` says how much more this process can take over now. `given_up` learns what was begun too often, in the
    same transaction.
    """

    def __init__(
        self,
        desk: Desk,
        platform: str,
        *,
        free: Callable[[], int] = lambda: 100,
        given_up: Callable[[Session, dict[str, Any]], None] = lambda session, payload: None,
    ) -> None:
        self._desk = desk
        self._platform = platform
        self._free, self._given_up = free, given_up
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

    def let_go(self, key: str) -> None:
        """This process works on it no more; unless it is done, it is begun again after a while, here or elsewhere."""
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
        for key, taken in left:
            log.info("inbox.again", platform=self._platform, key=key)
            try:
                carry_out(Errand(key, self.done, again=True, attempts=taken.attempts), taken.payload)
            except Exception:  # an edge: one that breaks must not keep the others from being carried out
                log.exception("inbox.broken", platform=self._platform, key=key)

    def _left_behind(self) -> list[tuple[str, TakenOver]]:
        mine = set(self._mine)
        with self._desk.reading() as session:
            found = seen_events.abandoned(session, self._platform, now() - ABANDONED, limit=max(0, self._free()))
        theirs = [key for key in found if key not in mine]
        if not theirs and not mine:
            return []
        with self._desk.writing() as session:
            seen_events.keep_young(session, self._platform, mine, now())
            taken = [(key, one) for key in theirs if (one := self._taken_over(session, key)) is not None]
            self._mine.update(key for key, _ in taken)
            return taken

    def _taken_over(self, session: Session, key: str) -> TakenOver | None:
        taken = seen_events.take_over(session, self._platform, key, now() - ABANDONED)
        if taken is None or taken.attempts <= MOST_ATTEMPTS:
            return taken
        log.error("inbox.given-up", platform=self._platform, key=key)
        seen_events.done(session, self._platform, key)
        self._given_up(session, taken.payload)
        return None
