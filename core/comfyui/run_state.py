"""Finds out where a run stands on a server: in its history, running, waiting at some place, or nowhere.

ComfyUI's `/queue` is everybody's graphs, megabytes where many wait, so it is read rarely: `/history/{id}` and `/api/jobs/{id}`
(from 0.6 on) tell the state of one run in a few bytes. Older servers, and those whose jobs list is broken by a bad entry, are
asked for the queue, at most as often as its size allows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from core.comfyui import answers
from core.comfyui.graph import Graph
from core.comfyui.http import Wire
from core.comfyui.responses import Run, RunState, finished
from core.errors import BackendError

_BYTES_PER_SECOND = 50_000.0
"""What reading queues may cost: a queue of 4 MB is read every 80 seconds, one of 20 kB at every look."""
_LEAST_PAUSE = 3.0
"""Seconds between two reads of the queue while something lighter tells the state."""
_LONGEST_HISTORY, _LONGEST_QUEUE = 32 << 20, 128 << 20
"""Bytes that are taken of one run's history, and of a queue with everybody's graphs."""
_JOB_STATES = {"pending": RunState.PENDING, "in_progress": RunState.RUNNING}


@dataclass(frozen=True)
class RunStanding:
    """A run as the server tells it; while it waits or runs, with its graph and the client id it was handed in under."""

    run: Run
    graph: Graph = field(default_factory=dict)
    client_id: str = ""


def stand(wire: Wire, prompt_id: str, within: float) -> RunStanding:
    """Where the run stands, asked once; `within` is seconds for each answer."""
    return RunPoller(wire, prompt_id).now(within)


class RunPoller:
    """Looks for one run again and again. `followed` asks also for its place, its graph and who handed it in."""

    def __init__(self, wire: Wire, prompt_id: str, *, followed: bool = False) -> None:
        self.wire = wire
        self.prompt_id = prompt_id
        self.followed = followed
        self.last: RunStanding | None = None
        self.next_queue_at = 0.0
        self.has_jobs = True

    def now(self, within: float) -> RunStanding:
        """Where it stands. History, then queue, then history once more: a run that ends in between is in one of them."""
        for last in (False, True):
            if (entry := _history(self.wire, self.prompt_id, within)) is not None:
                return RunStanding(finished(self.prompt_id, entry, server=self.wire.name))
            if not last and (waiting := self._waiting(within)):
                return waiting
        return RunStanding(Run(self.prompt_id, RunState.ABSENT))

    def _waiting(self, within: float) -> RunStanding | None:
        state = self._job(within) if self.has_jobs else None
        if state is None:
            return self._in_queue(within)
        if state is RunState.ABSENT:
            return None
        if self.followed and self._wants_queue(state) and (found := self._read_queue(within)):
            return found
        before = self.last or RunStanding(Run(self.prompt_id, state))
        place = before.run.position if state is RunState.PENDING else None
        self.last = replace(before, run=Run(self.prompt_id, state, place))
        return self.last

    def _wants_queue(self, state: RunState) -> bool:
        unknown = self.last is None or (not self.last.graph and not self.last.client_id)
        return (unknown or state is RunState.PENDING) and time.monotonic() >= self.next_queue_at

    def _job(self, within: float) -> RunState | None:
        """The state by `/api/jobs`; None where only the queue can tell."""
        answer = self.wire.ask("GET", f"/api/jobs/{self.prompt_id}", within=within)
        try:
            told = self.wire.read(answer) if answer.status_code in (200, 404) else None
        except BackendError:
            told = None
        if answer.status_code == 404 and not isinstance(told, dict):
            self.has_jobs = False  # the route is not there: an older server
        if not isinstance(told, dict):
            return None
        if answer.status_code == 404:
            return RunState.ABSENT
        status = told.get("status")
        if not isinstance(status, str):
            return None
        return _JOB_STATES.get(status, RunState.ABSENT)  # one that has ended is in the history

    def _in_queue(self, within: float) -> RunStanding | None:
        """By the queue itself, unless it was read lately, is large, and is not empty now."""
        if self.last is not None and time.monotonic() < self.next_queue_at and depth(self.wire, within):
            return self.last
        return self._read_queue(within, least=0.0)

    def _read_queue(self, within: float, *, least: float = _LEAST_PAUSE) -> RunStanding | None:
        answer = self.wire.ask("GET", "/queue", within=within, most=_LONGEST_QUEUE)
        if answer.status_code != 200:
            raise self.wire.unexpected(answer)
        size = len(answer.content)
        pause = size / _BYTES_PER_SECOND
        self.next_queue_at = time.monotonic() + max(least, pause if pause > 1 else 0.0)
        self.last = self._queued(answer.content)
        return self.last

    def _queued(self, queue: bytes) -> RunStanding | None:
        found = self.wire.understood(answers.in_queue, queue, self.prompt_id)
        if found is None:
            return None
        state, position, graph, client_id = found
        return RunStanding(Run(self.prompt_id, RunState(state), position), graph, client_id)


def depth(wire: Wire, within: float) -> int:
    """Everybody's runs on the server, waiting and running, in one small answer."""
    told = wire.json("GET", "/prompt", within=within)
    info = told.get("exec_info") if isinstance(told, dict) else None
    depth = info.get("queue_remaining") if isinstance(info, dict) else None
    if type(depth) is not int:
        raise wire.garbled("no queue length")
    return depth


def is_working(wire: Wire, within: float) -> bool:
    """Whether the server carries out any run now."""
    answer = wire.ask("GET", "/api/jobs", within=within, params={"status": "in_progress", "limit": "1"})
    try:
        told = wire.read(answer) if answer.status_code == 200 else None
    except BackendError:
        told = None
    jobs = told.get("jobs") if isinstance(told, dict) else None
    if not isinstance(jobs, list):
        told = wire.json("GET", "/queue", within=within, most=_LONGEST_QUEUE)
        jobs = told.get("queue_running") if isinstance(told, dict) else None
    return bool(jobs)


def _history(wire: Wire, prompt_id: str, within: float) -> dict[str, Any] | None:
    told = wire.json("GET", f"/history/{prompt_id}", within=within, most=_LONGEST_HISTORY)
    entry = told.get(prompt_id) if isinstance(told, dict) else 0
    if entry is not None and not isinstance(entry, dict):
        raise wire.garbled("no history")
    return entry
