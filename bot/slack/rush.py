"""In a rush, everybody is acknowledged before anything is worked on: the work would take the time the others have left."""

from __future__ import annotations

import threading
import time

CALM = 0.02
"""Seconds without anybody new after which work begins: people who press at the same moment do not arrive at the same one."""
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
        with self._lock:
            self._waiting, self._last = self._waiting + 1, time.monotonic()
            self._over.clear()

    def acknowledged(self) -> None:
        """One fewer; what is acknowledged without having been counted is no matter."""
        with self._lock:
            self._waiting = max(0, self._waiting - 1)
            if not self._waiting:
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
