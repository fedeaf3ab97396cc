"""The log of what a simulated server has executed, in memory and as JSON lines that outlive a kill -9."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

FILE = "executed.jsonl"


@dataclass(frozen=True)
class Executed:
    """One run of one prompt: seconds since the epoch; `ended` None and outcome `running` while (or if for ever) it never ended.

    `outcome` is running, success, error, interrupted or lost (the server was restarted).
    `backend` is the server's name.
    """

    run: str
    prompt_id: str
    backend: str
    started: float
    ended: float | None = None
    outcome: str = "running"


class RunLog:
    """Writes a line when a run starts and one when it ends."""

    def __init__(self, folder: Path, backend: str) -> None:
        self._path = folder / FILE
        self._backend = backend
        self._lock = threading.Lock()
        self._runs: dict[str, Executed] = {}

    def started(self, prompt_id: str) -> str:
        """Notes a start and returns the run's own id."""
        run = Executed(run=os.urandom(6).hex(), prompt_id=prompt_id, backend=self._backend, started=time.time())
        self._keep(run)
        return run.run

    def ended(self, run: str, outcome: str) -> None:
        self._keep(replace(self._runs[run], ended=time.time(), outcome=outcome))

    def _keep(self, run: Executed) -> None:
        with self._lock:
            self._runs[run.run] = run
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run.__dict__) + "\n")

    def all(self) -> list[Executed]:
        """What this process has executed, oldest first."""
        with self._lock:
            return list(self._runs.values())


def read(folder: Path) -> list[Executed]:
    """Every run ever noted in a folder, oldest first, whichever process ran it; a line cut off by a crash is left out."""
    runs: dict[str, Executed] = {}
    path = folder / FILE
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            run = Executed(**json.loads(line))
        except (ValueError, TypeError):
            continue
        runs[run.run] = run
    return list(runs.values())
