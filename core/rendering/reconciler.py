"""The sweeper: finds what was lost (tickets, dead workers, dead backends, posts left behind) and repairs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import redis
import structlog

from core.audit import checkpoints
from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.events import Event, record
from core.events.actions import Action
from core.files import reseal
from core.files import waiting as files_waiting
from core.recognition import keypoint_match
from core.rendering import left_runs, lifecycle
from core.rendering.backend_health import Health
from storage import deliveries
from storage.chat import askings, drafts, posts, seen_events
from storage.clock import now
from storage.files import imports
from storage.queue import ARCHIVE, OUTBOX, lane_queue, pool_queue
from storage.rendering import backends, renders
from storage.rendering import left_runs as storage_left_runs
from storage.tables import Backend, BackendState, Render

log = structlog.get_logger(__name__)

TICKETS = 100
"""The most tickets the sweeper keeps in a pool's queue."""
SHOWN_IN_LINE = 10
"""How many of the first in line are told when they move up."""
EVENTS_KEPT = timedelta(days=2)
"""Longer than any platform goes on delivering an event again."""
FORMS_KEPT = timedelta(days=30)
"""How long a form that was never sent can still be gone on with."""
DELIVERIES_KEPT = timedelta(days=90)
"""How long what was told to other programs can be looked up and sent again."""
FOUND, FOUND_TOGETHER = 1_000, 50
"""Found files that the sweeper enqueues in one round, and in one job."""
LANDMARKS_PAUSE = 10.0
"""Seconds between two looks for pictures whose landmarks are not noted."""
UNSENT_PAUSE = 600.0
"""Seconds between two looks for files that nobody sent."""
MODELS_PAUSE = 300.0
"""Seconds between two looks into the model folders."""
SEAL_PAUSE = 60.0
"""Seconds between two looks for what waits for its seal or its time stamp."""
IDLE_LEASES = 3.0
"""How many leases a render waits for the workers of the server it is bound to, while they carry out nothing at all."""


class Sweeper:
    """Makes one round after the other; every step is safe to repeat and safe to run twice at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._stop = threading.Event()
        self.health = Health(desk)
        self._line: dict[str, list[int]] = {}
        self._idle_since: dict[tuple[int, int], float] = {}
        self._troubled: set[str] = set()
        self._forget_at = 0.0
        self._seal_at, self._sealed_to = time.monotonic() + SEAL_PAUSE, 0
        self._landmarks_at = self._checkpoint_at = self._unsent_at = 0.0
        self._models_at = time.monotonic() + MODELS_PAUSE

    def stop(self) -> None:
        self._stop.set()

    def sweep_on(self) -> None:
        """Round after round until `stop`; a database that is away is waited for."""
        while not self._stop.is_set():
            self.sweep()
            self._stop.wait(self.desk.settings.sweep_seconds)

    def close(self) -> None:
        """End the connections to the servers."""
        self.health.close()

    def sweep(self) -> frozenset[str]:
        """One round; which steps could not be made. A failed step keeps none from being made, and is told once while it lasts."""
        steps = (
            self.look_at_backends,
            self.cancel_of_leavers,
            self.settle_left_runs,
            self.take_back_expired,
            self.move_off_dead_backends,
            self.move_off_idle_backends,
            self.let_refused_be_told,
            self.tell_who_moved_up,
            self.ticket_again,
            self.post_again,
            self.forget_old_events,
            self.finish_again,
            self.seal_due,
            self.note_landmarks,
            self.sign_the_audit_log,
            self.delete_unsent,
            self.look_at_models,
        )
        for step in steps:
            self._make(step)
        return frozenset(self._troubled)

    def seal_due(self) -> None:
        """Files that wait for a key or a time stamp are tried again, a few every minute."""
        if time.monotonic() >= self._seal_at:
            self._seal_at = time.monotonic() + SEAL_PAUSE
            _, self._sealed_to = reseal.seal_some(self.desk, after=self._sealed_to)

    def note_landmarks(self) -> None:
        """Pictures whose landmarks nobody has noted: new ones, and those from before there were any; a few hundred at a time."""
        if time.monotonic() < self._landmarks_at or self.desk.queue.length(ARCHIVE) > 0:
            return
        self._landmarks_at = time.monotonic() + LANDMARKS_PAUSE
        if keypoint_match.left(self.desk):
            self.desk.queue.put(ARCHIVE, "core.jobs.note_landmarks")

    def sign_the_audit_log(self) -> None:
        """A checkpoint of the audit log once a day; looked for once an hour."""
        if time.monotonic() >= self._checkpoint_at:
            self._checkpoint_at = time.monotonic() + 3600
            checkpoints.write_daily(self.desk)

    def delete_unsent(self) -> None:
        """Files that were put into the room and not sent are deleted in the end; once in ten minutes."""
        if time.monotonic() >= self._unsent_at:
            self._unsent_at = time.monotonic() + UNSENT_PAUSE
            files_waiting.delete_old(self.desk)

    def look_at_models(self) -> None:
        """Model files that came, changed or went since Slate started; the archivist reads them, a second or so a gigabyte."""
        if time.monotonic() >= self._models_at and self.desk.settings.models_paths and not self.desk.queue.length(ARCHIVE):
            self._models_at = time.monotonic() + MODELS_PAUSE
            self.desk.queue.put(ARCHIVE, "core.jobs.scan_models")

    def _make(self, step: Callable[[], None]) -> None:
        name = step.__name__
        try:
            step()
        except (DatabaseUnavailable, redis.RedisError) as problem:
            if name not in self._troubled:
                log.warning("sweeper.away", step=name, problem=str(problem.__cause__ or problem)[:200])
            self._troubled.add(name)
        except Exception:  # (the edge: one bad step must not keep the others from being made)
            if name not in self._troubled:
                log.exception("sweeper.bug", step=name)
            self._troubled.add(name)
        else:
            self._troubled.discard(name)

    def look_at_backends(self) -> None:
        """Ask every server how it is, and note what changed."""
        self.health.look()

    def cancel_of_leavers(self) -> None:
        """Renders that somebody asked for in the moment they were deactivated are cancelled."""
        with self.desk.reading() as session:
            left = renders.waiting_of_inactive(session)
        if left:
            with self.desk.writing() as session:
                lifecycle.cancel_waiting(self.desk, session, left, by=None)

    def settle_left_runs(self) -> None:
        """Runs that were left on servers which answer again are taken up or cancelled."""
        with self.desk.reading() as session:
            up = {one.id: one for one in backends.in_use(session) if one.state is BackendState.UP and not one.missed}
            left = storage_left_runs.open_on(session, list(up))
        if left:
            left_runs.settle_all(self.desk, [(one, self.health.comfy(up[one.backend_id])) for one in left])

    def take_back_expired(self) -> None:
        """Renders whose worker is not heard of any more go back in line; their run is taken up where it is."""
        with self.desk.reading() as session:
            lost = renders.expired(session, now())
        for render in lost:
            with self.desk.writing() as session:
                if lifecycle.take_back(self.desk, session, render, "its worker was lost; taking it up again"):
                    log.warning("sweeper.took-back", render=render.code, attempt=render.attempt)
                    if server := backends.by_id(session, render.backend_id or 0):
                        self.desk.queue.put_after(session, lane_queue(server.name), lifecycle.TICKET, render.pool)

    def move_off_dead_backends(self) -> None:
        """A render whose run was on a server that is down goes to another that is up; on one that was retired, in any case."""
        with self.desk.reading() as session:
            servers = backends.everything(session)
            up = {server.pool for server in servers if server.state is BackendState.UP}
            dead = [
                one.id for one in servers if one.state is not BackendState.UP and (one.pool in up or backends.is_retired(one))
            ]
            stuck = renders.bound_to(session, dead)
        for render in stuck:
            self._move(render)

    def move_off_idle_backends(self) -> None:
        """A render bound to a server that is up but has no workers any more (they make nothing at all) goes to another."""
        with self.desk.reading() as session:
            up = {one.id: one for one in backends.in_use(session) if one.state is BackendState.UP}
            bound = [render for render in renders.bound_to(session, list(up)) if _others(up, render)]
            idle = [one for one in bound if not renders.running_on(session, one.backend_id or 0) and not _later(one)]
        since = {(one.id, one.attempt): self._idle_since.get((one.id, one.attempt), time.monotonic()) for one in idle}
        self._idle_since = since
        long = IDLE_LEASES * self.desk.settings.lease_seconds
        for render in idle:
            if time.monotonic() - since[render.id, render.attempt] > long:
                self._move(render)

    def _move(self, render: Render) -> bool:
        """Unbind it from its run, which is noted as left behind; whether it was still bound."""
        with self.desk.writing() as session:
            number = storage_left_runs.next_number(session, render)
            storage_left_runs.leave(session, render)
            moved = renders.change_bound(session, render, run=number, run_submitted=False, backend_id=None, not_before=None)
            if moved:
                why = "its server is away or has no workers"
                backend = render.backend_id
                event = Event(Action.RENDER_UNBOUND, render.code, render_id=render.id, backend_id=backend, note=why)
                record(session, event)
                log.warning("sweeper.moved", render=render.code)
            else:
                session.rollback()
        return moved

    def let_refused_be_told(self) -> None:
        """A render all servers have refused, as the others were retired since, is offered once more, to end with a reason."""
        with self.desk.reading() as session:
            pools = {
                pool: [one.id for one in backends.in_use(session) if one.pool == pool]
                for pool in renders.pools_with_waiting(session)
            }
            stuck = [render for pool, servers in pools.items() for render in renders.refused_by_all(session, pool, servers)]
        for render in stuck:
            with self.desk.writing() as session:
                renders.change_queued(session, render.id, refused_by=[])

    def tell_who_moved_up(self) -> None:
        """Those near the front see their new position."""
        with self.desk.reading() as session:
            lines = {
                pool: renders.next_queued(session, pool, now(), SHOWN_IN_LINE) for pool in renders.pools_with_waiting(session)
            }
        for pool, line in lines.items():
            before = dict(enumerate(self._line.get(pool, [])))
            moved = [render for at, render in enumerate(line) if before.get(at) != render.id]
            self._line[pool] = [render.id for render in line]
            if not moved:
                continue
            with self.desk.writing() as session:
                for render in moved:
                    record(session, Event(Action.RENDER_MOVED_UP, render.code, render_id=render.id))

    def ticket_again(self) -> None:
        """As many tickets as renders wait for a server that is up, to a bound: some may have been lost with Redis."""
        with self.desk.reading() as session:
            pools = [pool for pool in renders.pools_with_waiting(session) if backends.up_in(session, pool)]
            waiting = {pool: renders.waiting_in(session, pool, TICKETS, ready=now()) for pool in pools}
        for pool, count in waiting.items():
            for _ in range(count - self.desk.queue.length(pool_queue(pool))):
                self.desk.queue.put(pool_queue(pool), lifecycle.TICKET, pool)

    def post_again(self) -> None:
        """Wake whoever sends when a message is behind: the call may have been lost."""
        with self.desk.reading() as session:
            behind = bool(posts.due(session, now(), limit=1))
        if behind:
            self.desk.queue.call(OUTBOX)

    def forget_old_events(self) -> None:
        """Events that no platform delivers again need not be known any more; once an hour."""
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + 3600
        with self.desk.writing() as session:
            seen_events.forget(session, now() - EVENTS_KEPT)
            storage_left_runs.forget(session, now() - EVENTS_KEPT)
            drafts.forget(session, now() - FORMS_KEPT)
            askings.forget(session, now() - FORMS_KEPT)
            deliveries.forget(session, now() - DELIVERIES_KEPT)

    def finish_again(self) -> None:
        """Files that were taken in and wait for their second look, when no job for them is left."""
        if self.desk.queue.length(ARCHIVE) > 0:
            return
        with self.desk.reading() as session:
            left = [one.asset_id for one in imports.waiting(session, limit=FOUND) if one.asset_id]
        for at in range(0, len(left), FOUND_TOGETHER):
            some = left[at : at + FOUND_TOGETHER]
            self.desk.queue.put(ARCHIVE, "core.jobs.finish_found", some[0], some[-1])


def _others(up: Mapping[int, Backend], render: Render) -> bool:
    """Whether another server that is up may take the render."""
    return any(one.pool == render.pool and row != render.backend_id and row not in render.refused_by for row, one in up.items())


def _later(render: Render) -> bool:
    """Whether its moment is yet to come."""
    return render.not_before is not None and render.not_before > now()
