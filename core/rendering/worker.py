"""A worker's lane: claims the best render for its backend, has ComfyUI make it, fetches the originals and keeps them.

No transaction is open during network calls. A run on ComfyUI has an id derived from the render, so whoever takes the render up
after a crash finds the run that was already made instead of making it twice; nothing is published unless the claim still holds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import structlog

from core import files
from core.comfyui.client import Comfy, OutputFile
from core.desk import Desk, here
from core.errors import (
    BackendBusy,
    BackendError,
    BackendUnreachable,
    BadPicture,
    BlobDamaged,
    BlobMissing,
    DatabaseUnavailable,
    DiskFull,
    GarbledAnswer,
    ModelMissing,
    NodeMissing,
    OutputLost,
    SandboxBusy,
    SlateError,
    StoreError,
)
from core.events import Event, record
from core.events.actions import Action
from core.rendering import lifecycle, scheduler
from core.rendering.attempt import MOST_RUNS, Attempt, Finished, Leaving, run_id
from core.rendering.context import Briefing, brief
from core.rendering.heartbeat import Heart, Lost, Stopping
from core.rendering.scheduler import Claim
from storage.clock import now
from storage.files import assets
from storage.rendering import backends, left_runs, renders
from storage.tables import Backend, BackendState, RenderState

log = structlog.get_logger(__name__)

__all__ = ["MOST_RUNS", "Lane", "run_id", "stop_run", "this_lane"]


DEFER_SECONDS = 20.0
"""How long renders are left to other servers because other people use this one; perhaps nobody serves those."""


class Lane:
    """One worker of one backend. `stop` may be called from a signal handler."""

    def __init__(self, desk: Desk, backend: str, comfy: Comfy) -> None:
        self.desk = desk
        self.backend = backend
        self.comfy = comfy
        self._stopping = threading.Event()
        self._deferring_since: float | None = None

    def stop(self) -> None:
        """Finish nothing more: give the render in hand back and claim no other."""
        self._stopping.set()

    def work(self) -> bool:
        """Carry out the best waiting render as soon as the backend has room; False when there was none to take."""
        claim = self._patiently_next()
        if claim is None:
            return False
        try:
            self._carry_out(claim)
        except DatabaseUnavailable:
            note = "the lease runs out and the sweeper puts the render back in line"
            log.warning("worker.no-database", render=claim.render.code, backend=self.backend, note=note)
        return True

    # claiming

    def _patiently_next(self) -> Claim | None:
        """As `_next`, waiting for a database that is away; that is told once."""
        told = False
        while not self._stopping.is_set():
            try:
                return self._next()
            except DatabaseUnavailable as problem:
                if not told:
                    log.warning("worker.no-database", backend=self.backend, problem=str(problem.__cause__)[:200])
                told = True
                self._stopping.wait(1.0)
        return None

    def _next(self) -> Claim | None:
        while not self._stopping.is_set():
            wait = self._wait()
            if wait is None:
                return None
            if wait <= 0:
                claim, overtaken = self._claim()
                if not overtaken:
                    return claim
            self._stopping.wait(min(wait, 0.25) or 0.05)
        return None

    def _wait(self) -> float | None:
        """Seconds until the backend may have room, or None when there is nothing it could do."""
        with self.desk.reading() as session:
            backend = backends.by_name(session, self.backend)
            if backend is None or backend.state is not BackendState.UP:
                return None
            if not renders.next_queued(session, backend.pool, now(), 1, backend.id):
                return None
            room = scheduler.room_in(session, backend, now(), self.desk.settings.lead_seconds)
            if room > 0 or not scheduler.should_defer(session, backend, now()):
                self._deferring_since = None
                return room
        self._deferring_since = self._deferring_since or time.monotonic()
        return 0.5 if time.monotonic() - self._deferring_since < DEFER_SECONDS else room

    def _claim(self) -> tuple[Claim | None, bool]:
        """The claim if there is one, and whether another lane took the room while we looked."""
        with self.desk.writing() as session:
            backend = backends.for_update(session, self.backend)
            if backend is None:
                return None, False
            if scheduler.room_in(session, backend, now(), self.desk.settings.lead_seconds) > 0:
                return None, True
            claim = scheduler.claim(session, backend, now(), now() + timedelta(seconds=self.desk.settings.lease_seconds))
            if claim:
                render = claim.render
                event = Event(Action.RENDER_CLAIMED, render.code, render_id=render.id, backend_id=backend.id)
                record(session, event)
        return claim, False

    # carrying out

    def _carry_out(self, claim: Claim) -> None:
        bound = log.bind(render=claim.render.code, backend=self.backend, attempt=claim.render.attempt)
        try:
            with Heart(self.desk, claim, self._stopping) as heart:
                self._make(claim, heart)
        except Lost:
            bound.warning("worker.lost-its-claim")
        except Stopping:
            self._give_back(claim, "its worker is restarting")
        except Leaving as leaving:
            self._leave_run(claim, leaving.message)
        except DatabaseUnavailable:
            raise
        except SlateError as problem:
            bound.info("worker.problem", code=problem.code, message=problem.message)
            self._settle(claim, problem)
        except Exception as bug:  # noqa: BLE001  (the edge: logged once, the render ends with a sentence)
            bound.exception("worker.bug")
            broken = SlateError(
                f"Something broke on our side ({type(bug).__name__}).", hint="Try again; the log has the details."
            )
            self._end(claim, RenderState.FAILED, broken)

    def _make(self, claim: Claim, heart: Heart) -> None:
        briefing = brief(self.desk, claim.render)
        attempt = self._attempt(briefing, heart)
        finished = attempt.run()
        if finished is None:
            self._end(claim, RenderState.CANCELLED)
            return
        made = files.Made(
            **briefing.made(),
            graph=finished.graph,
            backend=finished.backend,
            comfyui_version=finished.server.version,
            simulated="simulat" in finished.server.device.casefold(),
            started_at=finished.run.started_at or claim.render.started_at or now(),
            finished_at=finished.run.ended_at or now(),
        )
        heart.label(f"keeping the result from {self.backend}")
        drafts = [
            self._draft(attempt, finished, made, output, data, ordinal)
            for ordinal, (output, data) in enumerate(attempt.collect(finished))
        ]
        self._keep(claim, made, drafts)

    def _draft(
        self, attempt: Attempt, finished: Finished, made: files.Made, output: OutputFile, data: bytes, ordinal: int
    ) -> files.AssetDraft:
        """One result. A file that cannot be read is fetched once more: most formats do not tell that they were damaged."""
        try:
            return files.finish(self.desk, made, data, output.filename, ordinal, node=output.node_id)
        except BadPicture:
            again = attempt.once_more(finished, output)
            if again == data:
                raise
            return files.finish(self.desk, made, again, output.filename, ordinal, node=output.node_id)

    def _attempt(self, briefing: Briefing, heart: Heart) -> Attempt:
        return Attempt(self.desk, self.backend, self.comfy, briefing, heart, self._stopping)

    def _keep(self, claim: Claim, made: files.Made, drafts: list[files.AssetDraft]) -> None:
        render = claim.render
        with self.desk.writing() as session:
            if not lifecycle.end(session, claim, RenderState.DONE):
                raise Lost
            for draft in drafts:
                asset = assets.add(session, draft)
                told = {"render": render.code, "sha256": asset.sha256}
                record(session, Event(Action.ASSET_MADE, asset.code, after=told, asset_id=asset.id))
            took = max(0.01, (made.finished_at - made.started_at).total_seconds())
            renders.note_length(session, render.id, took)
            if made.backend == self.backend:
                pace = took / scheduler.work_in(render.inputs)
                backends.record_pace(session, render.workflow_version_id, render.backend_id or 0, pace)

    # ends

    def _settle(self, claim: Claim, problem: SlateError) -> None:
        """Decide what a problem means for the render: another try here, another backend, or the end."""
        if isinstance(problem, DiskFull):
            self._give_back(claim, "no room left on our disk; it goes on when there is", until=now() + timedelta(seconds=20))
        elif claim.render.attempt >= lifecycle.MOST_ATTEMPTS:
            self._end(claim, RenderState.FAILED, problem, left=isinstance(problem, BackendError))
        elif isinstance(problem, StoreError) and not isinstance(problem, BlobMissing | BlobDamaged):
            self._give_back(claim, "our file store does not answer; it resumes automatically", until=now() + timedelta(seconds=5))
        elif isinstance(problem, SandboxBusy):
            self._give_back(
                claim, "too many files are being read here; it resumes automatically", until=now() + timedelta(seconds=5)
            )
        elif isinstance(problem, BackendUnreachable | GarbledAnswer | BackendBusy):
            self._retreat(claim, problem)
        elif isinstance(problem, ModelMissing | NodeMissing):
            self._pass_on(claim, problem)
        elif isinstance(problem, OutputLost) and claim.render.run < MOST_RUNS:
            self._leave_run(claim, f"{self.backend} has lost the file; rendering it again", bound=False)
        else:
            self._end(claim, RenderState.FAILED, problem)

    def _retreat(self, claim: Claim, problem: SlateError) -> None:
        """The backend has trouble: the render waits for it, or for the sweeper to send it elsewhere.

        Only a server that takes no connections is known to be down; a silent one may be busy, which the sweeper finds out.
        """
        with self.desk.writing() as session:
            if isinstance(problem, BackendUnreachable) and problem.facts.get("sent") is False:
                backends.mark(session, claim.render.backend_id or 0, state=BackendState.DOWN, detail=problem.message)
            pause = timedelta(seconds=min(30, 2 ** min(claim.render.attempt, 5)))
            why = f"{self.backend} does not answer; it resumes automatically"
            lifecycle.back_in_line(self.desk, session, claim, why, until=now() + pause)

    def _pass_on(self, claim: Claim, problem: SlateError) -> None:
        """This backend cannot run the graph: another one may."""
        with self.desk.writing() as session:
            refused = [*claim.render.refused_by, claim.render.backend_id or 0]
            others = [one for one in backends.in_use(session) if one.pool == claim.render.pool and one.id not in refused]
            if others:
                why = f"{problem.message.rstrip('.')}; {_next_try(others)}"
                run = left_runs.next_number(session, claim.render)
                lifecycle.back_in_line(self.desk, session, claim, why, run=run, run_submitted=False, refused_by=refused)
            else:
                lifecycle.end(session, claim, RenderState.FAILED, problem)

    def _leave_run(self, claim: Claim, why: str, *, bound: bool = True) -> None:
        """The render goes on as a new run, anywhere; its present one is left behind, if it may be there still."""
        with self.desk.writing() as session:
            run = left_runs.next_number(session, claim.render)
            if bound:
                left_runs.leave(session, claim.render)
            lifecycle.back_in_line(self.desk, session, claim, why, run=run, run_submitted=False)

    def _give_back(self, claim: Claim, why: str, *, until: datetime | None = None, **values: Any) -> None:
        with self.desk.writing() as session:
            lifecycle.back_in_line(self.desk, session, claim, why, until=until, **values)

    def _end(self, claim: Claim, state: RenderState, error: SlateError | None = None, *, left: bool = False) -> None:
        with self.desk.writing() as session:
            if left:
                left_runs.leave(session, claim.render)
            lifecycle.end(session, claim, state, error)


def _next_try(others: Sequence[Backend]) -> str:
    """What becomes of a render that one server refused: the next one takes it, or it waits for one that is away."""
    if any(one.state is BackendState.UP for one in others):
        return "trying another server"
    return f"waiting for {others[0].name}, which is away and may have it"


def stop_run(desk: Desk, render_id: int) -> None:
    """Cancel the run that a cancelled render may have left on its backend; one that is away is left alone."""
    with desk.reading() as session:
        render = renders.by_id(session, render_id)
        backend = backends.by_id(session, render.backend_id) if render and render.backend_id else None
    if render is None or backend is None or backends.is_retired(backend):
        return
    if render.state is RenderState.CANCELLED and render.run_submitted:
        try:
            with Comfy(backend.url, name=backend.name, timeout=5.0) as comfy:
                comfy.cancel(run_id(render, render.run))
        except BackendError as problem:
            log.warning("worker.run-not-stopped", render=render.code, backend=backend.name, problem=problem.message)


@cache
def this_lane() -> Lane:
    """The lane of this process, from its environment; jobs are called by name and cannot bring one."""
    desk = here()
    with desk.reading() as session:
        backend: Backend | None = backends.by_name(session, desk.settings.backend)
    if backend is None:
        raise LookupError(f"there is no backend {desk.settings.backend!r}; SLATE_BACKEND names the one to serve")
    return Lane(desk, backend.name, Comfy(backend.url, name=backend.name, max_result=desk.settings.max_result_mb << 20))
