"""Watches a run that waits in a server's own queue, and tells when its render would be made sooner on another server."""

from __future__ import annotations

import time

from core.comfyui.client import Run, RunState
from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.rendering import scheduler
from core.rendering.heartbeat import Heart
from storage.rendering import backends
from storage.tables import BackendState

LOOK_EVERY = 2.0
"""Seconds between two looks at the other servers."""
OVERDUE = 10.0
"""Seconds that a run may wait longer than expected before another server is preferred."""


class Waiting:
    """What is known of one run while it is followed.

    `reason` says why to leave, once there is one; `down` then tells whether the server itself counts as down.
    """

    def __init__(self, desk: Desk, backend: str, heart: Heart) -> None:
        self.desk = desk
        self.backend = backend
        self.heart = heart
        self.reason = ""
        self.down = False
        self._waits = False
        self._since = self._look_at = time.monotonic()

    def told(self, run: Run | None) -> None:
        """The run as it is now, or None when the server did not answer."""
        if run is None:
            self.heart.label(f"{self.backend} does not answer; waiting for it")
            return
        self._waits = run.state is RunState.PENDING
        if self._waits and run.position is not None and run.position > 1:
            self.heart.label(f"number {run.position} in the queue of {self.backend}, which others use too")

    def worth_it(self) -> bool:
        """Whether to go on following the run here."""
        if self._waits and not self.reason and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY
            self.reason = self._why_leave()
        return self.heart.steady() and not self.reason

    def _why_leave(self) -> str:
        try:
            with self.desk.reading() as session:
                own = backends.by_name(session, self.backend)
                self.down = own is not None and own.state is not BackendState.UP
                late = time.monotonic() - self._since > OVERDUE
                return scheduler.better_elsewhere(session, self.heart.claim.render, self.backend, overdue=late)
        except DatabaseUnavailable:
            return ""
