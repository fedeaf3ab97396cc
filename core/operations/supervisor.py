"""Starts child processes, restarts those that die, and stops them in order: the last started first."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from core.operations.forked import Forked

log = structlog.get_logger(__name__)

LIFELINE = "SLATE_LIFELINE"
"""Environment variable with the number of a pipe that closes when the supervisor ends, however it ends."""
STOP_SECONDS = 6.0
"""How long a child may take to end by itself."""
LONGEST_PAUSE = 15.0
UNREACHED_SECONDS = 10.0
"""How long the file by which a child is reached may be missing; a start takes some of it."""
LONG_LIFE = 20.0
"""Seconds after which a child that dies is started again at once."""


_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG, from prctl(2)."""


@dataclass(frozen=True)
class Child:
    """A process to keep alive."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    group: int = 0
    """Children are stopped group by group, the highest first."""
    log_file: str = ""
    run: Callable[[], int] | None = None
    """What it does, where it is forked from this process instead of started as a program."""
    foreign: bool = False
    """A program that does not watch the lifeline, as it is not ours: where the system can (Linux), it is told to end instead."""
    folder: str = ""
    """A folder it needs, made before each start: somebody may have deleted it meanwhile."""
    reached_by: str = ""
    """A file, such as its socket, without which nobody reaches it: one whose file is gone is ended, and started again."""


class Supervisor:
    """Keeps children alive until `stop`; each holds one end of a pipe, so that none outlives a supervisor that was killed."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self._running: dict[str, subprocess.Popen[bytes] | Forked] = {}
        self._started: dict[str, float] = {}
        self._next_start: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._missing: dict[str, float] = {}
        self.deaths: Counter[str] = Counter()
        """How often each child has died."""
        self._stop = threading.Event()
        self._lifeline: tuple[int, ...] = os.pipe()

    def add(self, children: Sequence[Child]) -> None:
        """Keep these alive too, from the next look on."""
        self.children += children

    def stop(self) -> None:
        """May be called from a signal handler."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def pids(self) -> dict[str, int]:
        """Name -> process id of what runs now."""
        return {name: process.pid for name, process in self._running.items() if process.poll() is None}

    def run(self) -> None:
        """Start everything, keep it running, and when told to stop end it all."""
        try:
            while not self._stop.is_set():
                self.tend()
                self._stop.wait(0.2)
        finally:
            self.end()

    def tend(self) -> None:
        """Start what does not run, each after a pause that grows while it keeps dying young."""
        for child in self.children:
            process = self._running.get(child.name)
            if process is not None and process.poll() is None:
                self._end_unreached(child, process)
                continue
            if process is not None and child.name not in self._next_start:
                self._note_death(child, process)
            if time.monotonic() >= self._next_start.get(child.name, 0.0):
                self._next_start.pop(child.name, None)
                self._start(child)

    def _end_unreached(self, child: Child, process: subprocess.Popen[bytes] | Forked) -> None:
        """End a child that lives and that nobody can reach any more."""
        if not child.reached_by or os.path.exists(child.reached_by):
            self._missing.pop(child.name, None)
        elif time.monotonic() - self._missing.setdefault(child.name, time.monotonic()) >= UNREACHED_SECONDS:
            log.warning("supervisor.unreached", child=child.name, missing=child.reached_by)
            self._missing.pop(child.name)
            process.kill()

    def _note_death(self, child: Child, process: subprocess.Popen[bytes] | Forked) -> None:
        self.deaths[child.name] += 1
        lived = time.monotonic() - self._started[child.name]
        pause = 0.2 if lived > LONG_LIFE else min(LONGEST_PAUSE, self._pauses.get(child.name, 0.1) * 2)
        self._pauses[child.name] = pause
        self._next_start[child.name] = time.monotonic() + pause
        log.warning("supervisor.died", child=child.name, status=process.returncode, again_in=pause)

    def _start(self, child: Child) -> None:
        for needed in (child.folder, os.path.dirname(child.log_file)):
            if needed:
                os.makedirs(needed, exist_ok=True)
        if child.run is not None:
            given = {**child.environment, LIFELINE: str(self._lifeline[0])}
            self._running[child.name] = Forked(
                child.run, name=child.name, environment=given, log_file=child.log_file, keep=self._lifeline[:1]
            )
        else:
            self._running[child.name] = self._program(child)
        self._started[child.name] = time.monotonic()

    def _program(self, child: Child) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **child.environment, LIFELINE: str(self._lifeline[0])}
        output = open(child.log_file, "ab") if child.log_file else None  # noqa: SIM115  (closed right after the start)
        try:
            return subprocess.Popen(
                child.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=(self._lifeline[0],),
                preexec_fn=_end_with_parent if child.foreign and _LIBC else None,
            )
        finally:
            if output:
                output.close()

    def end(self) -> None:
        """Stop every group in turn, politely first; doing it twice is doing it once."""
        for group in sorted({child.group for child in self.children}, reverse=True):
            names = [child.name for child in self.children if child.group == group]
            self._end_all([self._running[name] for name in names if name in self._running])
        for number in self._lifeline:
            os.close(number)
        self._lifeline = ()

    def _end_all(self, processes: Sequence[subprocess.Popen[bytes] | Forked]) -> None:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in processes:
            try:
                process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_with_parent() -> None:
    """In the child, before it becomes the program: have the kernel send SIGTERM when whoever started it is gone."""
    assert _LIBC is not None
    _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
