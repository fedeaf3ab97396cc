"""The bell that wakes the feeds when something was said: Redis pub/sub, and a short nap instead when Redis is away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.web.room_chat import TOPIC
from storage.queue import Queue

log = structlog.get_logger(__name__)

POLL = 0.6
"""Seconds between two looks while Redis is away."""
_LONG = 5.0
"""Seconds between two looks while it is there: a call may be lost."""


class Ear:
    """One listener, on the event loop that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._loop.call_soon_threadsafe(self._rung.set)

    async def hears(self, patience: float) -> bool:
        """Wait for the bell, at most `patience` seconds; whether it rang."""
        try:
            async with asyncio.timeout(patience):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Bell:
    """One subscription for all listeners of a process, in a thread of its own."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._ears: set[Ear] = set()
        self._lock = threading.RLock()  # a signal may close the bell while its own thread is inside
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.connected = False

    @property
    def over(self) -> bool:
        return self._over.is_set()

    @property
    def patience(self) -> float:
        """How long a listener may wait before it looks by itself."""
        return _LONG if self.connected else POLL

    @contextmanager
    def listening(self) -> Iterator[Ear]:
        """An Ear for as long as the block lasts; the first one starts the thread."""
        ear = Ear()
        with self._lock:
            self._ears.add(ear)
            if self._thread is None and not self.over:
                self._thread = threading.Thread(target=self._listen, name="room-bell", daemon=True)
                self._thread.start()
        try:
            yield ear
        finally:
            with self._lock:
                self._ears.discard(ear)

    def ring(self) -> None:
        with self._lock:
            for ear in list(self._ears):
                ear.ring()

    def close(self) -> None:
        """Wake every listener for the last time."""
        self._over.set()
        self.ring()

    def join(self) -> None:
        """Wait for the thread to end, after `close`; a last call spares it the rest of its half second."""
        if self._thread is not None:
            if self.connected:
                self._queue.call(TOPIC)
            self._thread.join(5)

    def _listen(self) -> None:
        self._queue.follow(TOPIC, self._over, self._called)

    def _called(self, connected: bool) -> None:
        if self.connected and not connected:
            log.warning("room.bell-lost")
        self.connected = connected
        if connected:
            self.ring()
