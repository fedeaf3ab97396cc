"""A whole Slate, started as a person would start it, on a temporary folder and free ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.desk import Desk, open_desk
from core.settings import Settings
from storage.people import projects
from storage.rendering import backends
from storage.tables import Member, Project


@dataclass
class Stage:
    """A running `slate up` and a desk that shares its memory."""

    folder: Path
    desk: Desk
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End Slate; a second time does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def member(self, name: str = "Mia Chen") -> Member:
        from bot.identity import member_for

        return member_for(self.desk, "cli", name.casefold(), name)

    def project(self) -> Project:
        with self.desk.reading() as session:
            return projects.everything(session)[0]

    def servers(self) -> list[tuple[str, str]]:
        with self.desk.reading() as session:
            return [(one.name, one.url) for one in backends.in_use(session)]

    def children(self) -> dict[int, str]:
        """Process id -> command line of everything the supervisor started."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, ValueError, IndexError):
                continue
            if parent == self.process.pid:
                found[int(entry.name)] = line
        return found


@contextmanager
def stage(*, backend_count: int = 1, step_seconds: float = 0.1, **environment: str) -> Iterator[Stage]:
    """Start Slate, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="slate-bench-") as folder:
        given = {
            "SLATE_DATA": folder,
            "SLATE_PORT": str(free_port()),
            "SLATE_SIMULATED_BACKENDS": str(backend_count),
            "SLATE_SIMULATED_STEP_SECONDS": str(step_seconds),
            **environment,
        }
        os.environ.update(given)
        process = subprocess.Popen([sys.executable, "-m", "bot.cli", "up"], stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"Slate is up"):
                break
        desk = open_desk(Settings())
        made = Stage(Path(folder), desk, process)
        try:
            until(lambda: all_up(made), "every backend is up")
            yield made
        finally:
            made.stop()
            process.stdout.close()
            desk.close()


def all_up(made: Stage) -> bool:
    with made.desk.reading() as session:
        return all(one.state.value == "up" for one in backends.in_use(session))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], what: str, seconds: float = 120.0, pause: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(pause)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` is 0 to 1."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
