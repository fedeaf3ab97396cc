"""In a rush, everybody is acknowledged before anything is worked on: the work would take the time the others have left."""

from __future__ import annotations

import threading
import time

CALM = 0.02
"""Seconds without anybody new after which work begins: people who press at the same moment do not arrive at the same one."""
_FORGOTTEN = 10.0
"""Seconds after which nobody waits any more: Slack does for three, and a broken line takes what it had with it."""
PATIENCE = 0.3
"""Seconds for which work waits for others to be acknowledged, at most: a rush that does not end must not stop it."""


class Rush:
    """How many have come in and are not acknowledged yet."""

    def __init__(self) -> None:
        self._waiting, self._last = 0, 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()

    def came(self) -> None:
        """One more, even where it was acknowledged a moment before it is counted."""
        with self._lock:
            now = time.monotonic()
            if self._waiting > 0 and now > self._last + _FORGOTTEN:
                self._waiting = 0
            self._waiting, self._last = self._waiting + 1, now
            self._tell()

    def acknowledged(self) -> None:
        """One fewer."""
        with self._lock:
            self._waiting -= 1
            self._tell()

    def _tell(self) -> None:
        if self._waiting > 0:
            self._over.clear()
        else:
            self._over.set()

    def wait(self) -> None:
        """Let those who come in at this moment be acknowledged first."""
        begun = time.monotonic()
        while (now := time.monotonic()) < begun + PATIENCE:
            if not self._over.wait(begun + PATIENCE - now):
                return
            if (since := time.monotonic() - self._last) >= CALM:
                return
            time.sleep(CALM - since)
