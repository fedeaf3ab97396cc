"""A claim's heartbeat: keeps the lease, writes progress every second, and learns when the render is cancelled or lost."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from types import TracebackType

import structlog

from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.events import Event, record
from core.events.actions import Action
from core.rendering.scheduler import Claim
from storage.clock import now
from storage.rendering import renders

log = structlog.get_logger(__name__)

BEAT_SECONDS = 1.0


class Lost(Exception):
    """The claim no longer holds; another worker has the render."""


class Stopping(Exception):
    """This worker was told to stop; the render goes back in line and its run is taken up later."""


class Heart:
    """Beats in a thread of its own from entry to exit."""

    def __init__(self, desk: Desk, claim: Claim, stopping: threading.Event) -> None:
        self.desk = desk
        self.claim = claim
        self._stopping = stopping
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name=f"heart-{claim.render.code}", daemon=True)
        self._held_until = time.monotonic() + desk.settings.lease_seconds
        self._lost = False
        self._cancelled = False
        self._done = claim.render.progress
        self._said = ""
        self._news: tuple[float, str] | None = None
        self._started: datetime | None = None

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()

    def progress(self, done: float, label: str) -> None:
        """Remember the newest progress, 0 to 1; the next beat writes it. It never falls within a claim."""
        self._started = self._started or now()  # not since the claim: the run may have waited behind others
        self._done = max(self._done, done)
        self._news, self._said = (self._done, label), label

    def label(self, label: str) -> None:
        """Say something else about the render and keep its progress."""
        if self._said != label:
            self._news = (self._done, label)
            self._said = label

    def rest(self, seconds: float) -> None:
        """Wait while the claim holds. Raises Lost or Stopping."""
        self._stopping.wait(seconds)
        self.check()

    def holds(self) -> bool:
        """Whether the claim is still ours and nobody told this worker to stop."""
        return not self._lost and time.monotonic() < self._held_until and not self._stopping.is_set()

    def steady(self) -> bool:
        """Whether to go on as before: the claim holds and nobody asked to cancel."""
        return self.holds() and not self._cancelled

    def check(self) -> None:
        """Nothing while the claim holds; raises Lost or Stopping."""
        if self._stopping.is_set():
            raise Stopping
        if not self.holds():
            raise Lost

    def _beat_on(self) -> None:
        pause = min(BEAT_SECONDS, self.desk.settings.lease_seconds / 4)
        while not self._end.wait(pause) and not self._lost:
            try:
                self._beat()
            except DatabaseUnavailable as problem:
                log.warning("heart.no-database", render=self.claim.render.code, problem=str(problem))

    def _beat(self) -> None:
        lease = self.desk.settings.lease_seconds
        asked = time.monotonic()
        news, self._news = self._news, None
        values: dict[str, object] = {"lease_until": now() + timedelta(seconds=lease)}
        if news:
            values |= {"progress": news[0], "progress_label": news[1], **self._expected_end(news[0])}
        with self.desk.writing() as session:
            if not renders.change_claimed(session, self.claim.render.id or 0, self.claim.token, **values):
                self._lost = True
                return
            render = renders.by_id(session, self.claim.render.id or 0)
            assert render is not None
            if news:
                record(session, Event(Action.RENDER_PROGRESSED, render.code, render_id=render.id))
            self._cancelled = render.cancel_requested_by is not None
        self._held_until = asked + lease

    def _expected_end(self, done: float) -> dict[str, object]:
        """Once a twentieth is done, the pace so far tells more than the usual time."""
        if done < 0.05 or self._started is None:
            return {}
        elapsed = now() - self._started
        return {"expected_end_at": now() + elapsed * ((1 - done) / done)}
