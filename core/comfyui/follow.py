"""Follow one run to its end: ask the server now and then, and sooner when the WebSocket hints that something happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from core.comfyui.listener import SocketListener
from core.comfyui.progress import ProgressStep, RunProgress
from core.comfyui.responses import Run, RunState
from core.comfyui.run_state import RunStanding
from core.errors import BackendBusy, BackendError, BackendUnreachable, GarbledAnswer, RunVanished

Stand = Callable[[float], RunStanding]
"""Asks the server where the run stands; the argument is seconds for each answer."""

_TICK = 0.2
_WITH_HINTS, _WITHOUT_HINTS, _DOUBT = 1.0, 0.5, 0.3
_LEAST = 0.03
"""Seconds: between looks at `keep_going`; between polls with and without a socket, after a bad poll, and at the very least."""


@dataclass(frozen=True)
class Patience:
    """Seconds without a good answer after which a run is left: ComfyUI is silent for seconds at times and frozen for longer."""

    refused: float = 6.0
    """While connections are refused: the process is gone, and its queue with it."""
    waiting: float = 12.0
    """While the run was waiting when it was last seen: it can as well be made elsewhere."""
    running: float = 90.0
    """While it was running, or nobody can tell: a silent server goes on with it."""

    def of(self, state: RunState, problem: BackendError) -> float:
        if isinstance(problem, BackendUnreachable) and problem.facts.get("sent") is False:
            return self.refused
        return self.waiting if state is RunState.PENDING else self.running


_WITHIN = (5.0, 10.0, 20.0, 30.0)
"""Seconds an answer may take: longer after each that did not come, so that a slow server is heard in the end."""


class Watch:
    """One run being followed. Absent at two polls in a row is vanished; silence beyond patience is an error.

    `told` gets the run after each answer, and None after each that did not come.
    """

    def __init__(
        self,
        stand: Stand,
        listener: SocketListener,
        progress: RunProgress,
        *,
        server: str,
        patience: Patience,
        told: Callable[[Run | None], None] = lambda run: None,
    ) -> None:
        self.stand = stand
        self.told = told
        self.last: Run | None = None
        self.silences = 0
        self.listener = listener
        self.progress = progress
        self.server = server
        self.patience = patience
        self.absences = 0
        self.silent_since: float | None = None
        self.asked_at = self.next_at = self.stop_asked_at = 0.0

    def follow(self, seen: Callable[[ProgressStep], None], keep_going: Callable[[], bool]) -> Run | None:
        """The run once it is over, or None as soon as `keep_going` says no (it is asked about five times a second)."""
        while self._wanted(keep_going):
            if time.monotonic() >= self.next_at and (run := self._ask()):
                return run
            heard = self.listener.hear(self.progress, max(0.0, min(_TICK, self.next_at - time.monotonic())))
            if heard.step:
                seen(heard.step)
            if heard.ask:
                self.next_at = min(self.next_at, self.asked_at + (_DOUBT if self.absences else _LEAST))
        return None

    def _wanted(self, keep_going: Callable[[], bool]) -> bool:
        now = time.monotonic()
        if now - self.stop_asked_at < _TICK:
            return True
        self.stop_asked_at = now
        return keep_going()

    def _ask(self) -> Run | None:
        """The run if it is over."""
        self.asked_at = time.monotonic()
        try:
            told = self.stand(_WITHIN[min(self.silences, len(_WITHIN) - 1)])
        except (BackendUnreachable, BackendBusy, GarbledAnswer) as problem:
            self.silences += 1
            self.silent_since = self.silent_since or self.asked_at
            if time.monotonic() - self.silent_since >= self.patience.of(
                self.last.state if self.last else RunState.ABSENT, problem
            ):
                raise
            self.next_at = time.monotonic() + min(1.0, _DOUBT * self.silences)
            self.told(None)
            return None
        self.silent_since, self.silences, self.last = None, 0, told.run
        self.told(told.run)
        if told.graph and not self.progress.graph:  # another process handed it in
            self.progress.learn(told.graph)
            self.listener.join(told.client_id)
        self._plan(told.run)
        return told.run if told.run.state.over else None

    def _plan(self, run: Run) -> None:
        self.absences = self.absences + 1 if run.state is RunState.ABSENT else 0
        if self.absences >= 2:
            hint = "It was restarted or its queue was cleared; the render starts again by itself."
            raise RunVanished(f"{self.server} no longer knows the run.", hint=hint, backend=self.server)
        pause = _WITH_HINTS if self.listener.open else _WITHOUT_HINTS
        self.next_at = time.monotonic() + (_DOUBT if self.absences else pause)
