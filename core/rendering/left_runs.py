"""Settles runs that were left on a server that did not answer: takes what they made, or cancels them, when it answers again."""

from __future__ import annotations

import structlog

from core.comfyui.client import Comfy, RunState
from core.desk import Desk
from core.errors import BackendError
from core.rendering.attempt import run_id
from storage.clock import now
from storage.rendering import left_runs, renders
from storage.tables import LeftRun, Render

log = structlog.get_logger(__name__)


def settle(desk: Desk, left: LeftRun, comfy: Comfy) -> None:
    """Decide about one left run on a server that answers. Raises BackendError when it does not after all.

    A result that is ready stays open while its render waits in line: whoever claims the render takes it (see attempt.py). What
    waits or runs there still is cancelled, as the render goes on elsewhere; nobody else's run is touched.
    """
    with desk.reading() as session:
        render = renders.by_id(session, left.render_id)
    if render is not None and not _is_bound(render, left):
        state = comfy.look(run_id(render, left.number)).state
        if state is RunState.DONE and not render.state.over:
            return
        if state in (RunState.PENDING, RunState.RUNNING):
            comfy.cancel(run_id(render, left.number))
            log.info("left-run.cancelled", render=render.code, backend=comfy.name, run=left.number)
    with desk.writing() as session:
        left_runs.settle(session, left, now())


def settle_all(desk: Desk, found: list[tuple[LeftRun, Comfy]]) -> None:
    """One after the other; a server that does not answer after all is tried in the next round."""
    silent = set[str]()
    for left, comfy in found:
        if comfy.name in silent:
            continue
        try:
            settle(desk, left, comfy)
        except BackendError as problem:
            silent.add(comfy.name)
            log.info("left-run.not-settled", backend=comfy.name, problem=problem.message)


def _is_bound(render: Render, left: LeftRun) -> bool:
    """Whether it is the render's present run after all."""
    present = (render.backend_id, render.run, render.run_submitted)
    return not render.state.over and present == (left.backend_id, left.number, True)
