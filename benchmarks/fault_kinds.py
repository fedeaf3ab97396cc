"""The faults that the harness strikes with: what begins, how long it lasts, what ends it, and what it may cost."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from benchmarks.faults_stage import FaultStage, Machine

Strike = Callable[[FaultStage, Machine], AbstractContextManager[None]]

PROCESSES = ("web", "worker", "clerk", "archivist", "sweeper")
SPOILINGS = (
    "refuse", "hang", "slow", "error-500", "unavailable-503", "login-302", "queue-full", "prompt-twice", "prompt-lost", "stale",
    "html", "half-json", "too-large", "reset", "view-cut", "view-short", "view-empty", "view-corrupt", "view-html", "view-late",
    "view-404", "socket-refused", "socket-silent", "socket-dropped", "socket-twice",
)  # fmt: skip
"""What a proxy does (benchmarks/faults_proxy.py)."""
_AWAY = ("refuse", "hang", "error-500", "unavailable-503", "login-302", "html")
"""While these last, nothing can be had from the machine."""


@dataclass(frozen=True)
class FaultKind:
    """One kind of fault. `seconds` is how long it lasts."""

    name: str
    strike: Strike
    seconds: float = 0.0
    forgets: bool = False
    """Whether something may be made twice by it: the machine loses runs or files, or is told twice what to run."""
    away: bool = False
    """Whether the machine cannot be reached while it lasts."""
    alone: bool = False
    """Whether no other of its sort may last at the same time."""


def kinds(*, postgres: bool, clock: bool) -> list[FaultKind]:
    """All of them, for this database."""
    found = [*_processes(), *_queue(), *_machines()]
    found += [FaultKind(f"proxy: {one}", _spoil(one), 8, forgets=one == "prompt-twice", away=one in _AWAY) for one in SPOILINGS]
    found += [
        FaultKind("proxy: away for 40 s", _spoil("refuse"), 40, away=True),
        FaultKind("proxy: slow for 30 s", _spoil("slow"), 30),
    ]
    found.append(FaultKind("all proxies: refuse", _spoil_all("refuse"), 12, away=True))
    found.append(FaultKind("all proxies: cut downloads", _spoil_all("view-cut"), 12))
    found += [
        FaultKind("database: locked for 4 s", _locked, 4, alone=True),
        FaultKind("database: locked for 12 s", _locked, 12, alone=True),
        FaultKind("disk: no room for files", _full("blobs"), 10, alone=True),
        FaultKind("disk: no room for state", _full("state"), 8, alone=True),
    ]  # fmt: skip
    if postgres:
        found += [
            FaultKind("database: restarted", _once(_restart_database), alone=True),
            FaultKind("database: connections cut", _once(lambda stage, _: stage.cut_connections()), alone=True),
            FaultKind("database: away for 6 s", _database_away, 6, alone=True),
        ]
    if clock:
        found += [FaultKind(f"clock: {step:+d} s", _clock(step), 15, alone=True) for step in (120, -120, 5400)]
    return found


def _processes() -> Iterator[FaultKind]:
    for name in PROCESSES:
        yield FaultKind(f"{name}: kill -9", _signal(name, signal.SIGKILL))
        yield FaultKind(f"{name}: stopped for 5 s", _paused(name), 5)
        yield FaultKind(f"{name}: stopped for 20 s", _paused(name), 20)
    yield FaultKind("worker: SIGTERM", _signal("worker", signal.SIGTERM))
    yield FaultKind("web: SIGTERM", _signal("web", signal.SIGTERM))
    yield FaultKind("every worker: kill -9", _signal("worker", signal.SIGKILL, every=True))
    yield FaultKind("every worker: stopped for 20 s", _paused("worker", every=True), 20)
    yield FaultKind("every process: kill -9", _signal("", signal.SIGKILL, every=True))
    yield FaultKind("supervisor: kill -9", _once(_kill_supervisor), alone=True)


def _queue() -> Iterator[FaultKind]:
    yield FaultKind("queue: kill -9", _once(lambda stage, _: stage.send(stage.pids("valkey"), signal.SIGKILL)))
    yield FaultKind("queue: flushed", _once(lambda stage, _: stage.queue("FLUSHALL")))
    yield FaultKind("queue: stopped by its own command", _once(lambda stage, _: stage.queue("SHUTDOWN", "NOSAVE")))
    yield FaultKind("queue: connections cut", _once(lambda stage, _: stage.queue("CLIENT", "KILL", "TYPE", "normal")))
    yield FaultKind("queue: commands wait for 8 s", _once(lambda stage, _: stage.queue("CLIENT", "PAUSE", "8000")), 8)
    yield FaultKind("queue: no memory left", _no_memory, 10, alone=True)
    yield FaultKind("queue: stopped for 8 s", _queue_paused, 8, alone=True)
    yield FaultKind("queue: folder deleted, then killed", _once(_delete_queue), alone=True)
    yield FaultKind("queue: socket deleted", _once(lambda stage, _: _unlink_socket(stage)), alone=True)


def _machines() -> Iterator[FaultKind]:
    yield FaultKind("machine: kill -9, back at once", _machine_killed, 0.5, forgets=True)
    yield FaultKind("machine: gone for 25 s", _machine_killed, 25, forgets=True)
    yield FaultKind("machine: stopped for 6 s", _machine_paused, 6, away=True)
    yield FaultKind("machine: stopped for 40 s", _machine_paused, 40, away=True)
    yield FaultKind("machine: takes no work", _knob("worker_paused", True, False), 12)
    yield FaultKind("machine: worker thread dead, then restarted", _worker_dead, 20, forgets=True)
    yield FaultKind("machine: files lost", _knob("files_lost", 2, 0), 8, forgets=True)
    yield FaultKind("machine: history forgotten", _knob("forget_history", 2, 0), 8, forgets=True)
    yield FaultKind("machine: history late", _knob("history_delay", 4.0, 0.0), 10)
    yield FaultKind("machine: interrupted by somebody", _once(lambda _, machine: _say(machine, "/interrupt", {})))
    yield FaultKind("machine: queue cleared by somebody", _once(lambda _, machine: _say(machine, "/queue", {"clear": True})))
    yield FaultKind(
        "machine: history cleared by somebody", _once(lambda _, m: _say(m, "/history", {"clear": True})), forgets=True
    )


def _say(machine: Machine, path: str, body: object) -> None:
    with suppress(OSError):
        machine.ask(path, body)


def _once(what: Callable[[FaultStage, Machine], None]) -> Strike:
    @contextmanager
    def strike(stage: FaultStage, machine: Machine) -> Iterator[None]:
        what(stage, machine)
        yield

    return strike


def _signal(name: str, number: int, *, every: bool = False) -> Strike:
    def send(stage: FaultStage, _machine: Machine) -> None:
        found = stage.pids(f"slate-{name}")
        stage.send(found if every else found[:1], number)

    return _once(send)


def _paused(name: str, *, every: bool = False) -> Strike:
    @contextmanager
    def strike(stage: FaultStage, _machine: Machine) -> Iterator[None]:
        found = stage.pids(f"slate-{name}")
        found = found if every else found[-1:]
        stage.send(found, signal.SIGSTOP)
        try:
            yield
        finally:
            stage.send(found, signal.SIGCONT)

    return strike


def _kill_supervisor(stage: FaultStage, _machine: Machine) -> None:
    if stage.process is not None:
        stage.process.kill()


def _spoil(name: str) -> Strike:
    @contextmanager
    def strike(_stage: FaultStage, machine: Machine) -> Iterator[None]:
        machine.proxy.on.add(name)
        try:
            yield
        finally:
            machine.proxy.on.discard(name)

    return strike


def _spoil_all(name: str) -> Strike:
    @contextmanager
    def strike(stage: FaultStage, _machine: Machine) -> Iterator[None]:
        for one in stage.machines:
            one.proxy.on.add(name)
        try:
            yield
        finally:
            for one in stage.machines:
                one.proxy.on.discard(name)

    return strike


@contextmanager
def _locked(stage: FaultStage, _machine: Machine) -> Iterator[None]:
    with stage.locked():
        yield


def _full(which: str) -> Strike:
    @contextmanager
    def strike(stage: FaultStage, _machine: Machine) -> Iterator[None]:
        disk = stage.blobs if which == "blobs" else stage.state
        disk.fill()
        try:
            yield
        finally:
            disk.empty()

    return strike


def _restart_database(stage: FaultStage, _machine: Machine) -> None:
    assert stage.cluster is not None
    stage.cluster.stop()
    stage.cluster.start()


@contextmanager
def _database_away(stage: FaultStage, _machine: Machine) -> Iterator[None]:
    assert stage.cluster is not None
    stage.cluster.stop()
    try:
        yield
    finally:
        stage.cluster.start()


def _clock(step: int) -> Strike:
    @contextmanager
    def strike(stage: FaultStage, _machine: Machine) -> Iterator[None]:
        stage.clock(step)
        try:
            yield
        finally:
            stage.clock(0)

    return strike


@contextmanager
def _no_memory(stage: FaultStage, _machine: Machine) -> Iterator[None]:
    stage.queue("CONFIG", "SET", "maxmemory", "1")
    try:
        yield
    finally:
        stage.queue("CONFIG", "SET", "maxmemory", "0")


@contextmanager
def _queue_paused(stage: FaultStage, _machine: Machine) -> Iterator[None]:
    found = stage.pids("valkey")
    stage.send(found, signal.SIGSTOP)
    try:
        yield
    finally:
        stage.send(found, signal.SIGCONT)


def _unlink_socket(stage: FaultStage) -> None:
    (stage.data / "redis" / "valkey.sock").unlink(missing_ok=True)


def _delete_queue(stage: FaultStage, _machine: Machine) -> None:
    shutil.rmtree(stage.data / "redis", ignore_errors=True)
    stage.send(stage.pids("valkey"), signal.SIGKILL)


@contextmanager
def _machine_killed(_stage: FaultStage, machine: Machine) -> Iterator[None]:
    machine.kill()
    try:
        yield
    finally:
        machine.start()


@contextmanager
def _machine_paused(_stage: FaultStage, machine: Machine) -> Iterator[None]:
    machine.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        machine.signal(signal.SIGCONT)


def _knob(name: str, on: object, off: object) -> Strike:
    @contextmanager
    def strike(_stage: FaultStage, machine: Machine) -> Iterator[None]:
        _say(machine, "/_simulator/knobs", {name: on})
        try:
            yield
        finally:
            _say(machine, "/_simulator/knobs", {name: off})

    return strike


@contextmanager
def _worker_dead(_stage: FaultStage, machine: Machine) -> Iterator[None]:
    _say(machine, "/_simulator/knobs", {"kill_worker": 1})
    try:
        yield
    finally:
        machine.kill()
        machine.start()
