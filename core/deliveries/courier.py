"""Delivers events to webhooks and files to DAMs: in order for each asset, again after a failure, several destinations at a time.

Deliveries are rows, so nothing is lost when a process dies: its leases run out, and what it was busy with is sent again with the
same `webhook-id`. A destination that hangs holds up itself only.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from core.deliveries import files, retries, webhooks
from core.deliveries.attempt_result import AttemptResult
from core.desk import Desk
from core.errors import DatabaseUnavailable, SlateError
from core.events import Event, record
from core.events.actions import Action
from storage import deliveries
from storage.clock import now
from storage.queue import DELIVERIES
from storage.tables import Delivery, DeliveryAttempt, DeliveryState, Destination, OutgoingEvent, Via

log = structlog.get_logger(__name__)

THREADS = 16
AT_ONCE = 4
"""Deliveries to one destination at the same time."""
_BEYOND_SECONDS = 60.0
"""How much longer a lease lasts than a request may."""
_LONG, _SHORT = 2.0, 0.5
"""Seconds between two looks while calls are heard, and while Redis is away."""
_SHOWN = 500

Send = Callable[[Desk, Destination, OutgoingEvent, Delivery], AttemptResult]
BY_VIA: dict[Via, Send] = {
    Via.WEBHOOK: webhooks.send,
    Via.WEBDAV: files.send,
    Via.FOLDER: files.send,
    Via.S3: files.send,
}


class Courier:
    """Delivers, for one process; several share the work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._over, self._rung = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._busy: Counter[int] = Counter()
        self._heard = False

    def run(self) -> None:
        """Deliver until `stop`; a database that is away is waited for."""
        ear = threading.Thread(target=self._listen, name="deliveries-ear", daemon=True)
        ear.start()
        with ThreadPoolExecutor(THREADS, thread_name_prefix="delivery") as senders:
            while not self._over.is_set():
                self._rung.clear()
                if not self._round(senders):
                    self._rung.wait(_LONG if self._heard else _SHORT)
        ear.join(5)

    def stop(self) -> None:
        self._over.set()
        self._rung.set()

    def drain(self, patience: float = 30.0) -> None:
        """Deliver here and now everything that is due: for tests and one-off commands."""
        ends = time.monotonic() + patience
        with ThreadPoolExecutor(THREADS, thread_name_prefix="delivery") as senders:
            while time.monotonic() < ends:
                self._rung.clear()
                if not self._round(senders) and not self._busy.total():
                    return
                self._rung.wait(_SHORT)

    def _listen(self) -> None:
        self._desk.queue.follow(DELIVERIES, self._over, self._called)

    def _called(self, connected: bool) -> None:
        self._heard = connected
        self._rung.set()

    def _round(self, senders: ThreadPoolExecutor) -> int:
        """Take what is due and hand it to senders; how much was taken."""
        try:
            taken = self._take()
        except DatabaseUnavailable as problem:
            log.warning("deliveries.no-database", problem=problem.message)
            self._over.wait(_SHORT)
            return 0
        for destination, event, held in taken:
            senders.submit(self._deliver, destination, event, held)
        return len(taken)

    def _take(self) -> list[tuple[Destination, OutgoingEvent, Delivery]]:
        taken: list[tuple[Destination, OutgoingEvent, Delivery]] = []
        with self._desk.reading() as session:
            used = deliveries.in_use(session)
            due = [one for one in used if self._free(one) and deliveries.is_due(session, one.id, now())]
        if not due:
            return []
        with self._desk.writing() as session:
            for one in due:
                until = now() + timedelta(seconds=seconds_for(self._desk, one) + _BEYOND_SECONDS)
                for held in deliveries.claim(session, one.id, now(), until, self._free(one)):
                    taken.append((one, deliveries.event_of(session, held), held))
        with self._lock:
            self._busy.update(one.id for one, _, _ in taken)
        return taken

    def _free(self, destination: Destination) -> int:
        with self._lock:
            return min(AT_ONCE - self._busy[destination.id], THREADS - self._busy.total())

    def _deliver(self, destination: Destination, event: OutgoingEvent, held: Delivery) -> None:
        started = time.monotonic()
        try:
            outcome = BY_VIA[destination.via](self._desk, destination, event, held)
        except DatabaseUnavailable as problem:
            log.warning("deliveries.no-database", problem=problem.message)
            outcome = None  # its lease runs out, and it is taken again
        except SlateError as problem:
            outcome = AttemptResult(problem=f"{problem.message} {problem.hint}".strip())
        except Exception:  # an edge: a sender that breaks must neither end the others nor lose the delivery
            log.exception("deliveries.broken", destination=destination.name, delivery=held.code)
            outcome = AttemptResult(problem="Slate itself failed here; its log says how.")
        try:
            if outcome is not None:
                settle(self._desk, destination, held, outcome, round((time.monotonic() - started) * 1000))
        except DatabaseUnavailable as problem:
            log.warning("deliveries.no-database", problem=problem.message)
        finally:
            with self._lock:
                self._busy[destination.id] -= 1
            self._rung.set()


def seconds_for(desk: Desk, destination: Destination) -> float:
    """How long one delivery may take in all."""
    return desk.settings.delivery_seconds if destination.via is Via.WEBHOOK else files.SECONDS


def settle(desk: Desk, destination: Destination, held: Delivery, outcome: AttemptResult, milliseconds: int) -> None:
    """Write down an attempt, and what becomes of the delivery: delivered, tried again later, or dead."""
    moment = now()
    attempt = DeliveryAttempt(
        delivery_id=held.id,
        status=outcome.status,
        milliseconds=milliseconds,
        answer=outcome.answer[:_SHOWN],
        problem=outcome.problem[:_SHOWN],
    )
    again = None if outcome.for_good else retries.next_at(held.tries, moment, outcome.pause)
    with desk.writing() as session:
        if not outcome.problem:
            ended = {"state": DeliveryState.DELIVERED, "ended_at": moment, "there": outcome.there[:2000]}
            deliveries.settle(session, held, attempt, **ended)
        elif again is not None:
            deliveries.settle(session, held, attempt, due_at=again)
        else:
            deliveries.settle(session, held, attempt, state=DeliveryState.DEAD, ended_at=moment)
            log.warning("deliveries.dead", destination=destination.name, delivery=held.code, problem=outcome.problem)
        stored = deliveries.by_id(session, destination.id)
        if outcome.gone and stored is not None and stored.off_since is None:
            stored.off_since, stored.off_because = moment, outcome.problem
            deliveries.save(session, stored)
            told = {"why": outcome.problem}
            record(session, Event(Action.DESTINATION_SWITCHED_OFF, f"destination/{stored.name}", after=told))
