"""The sandbox of this process: a few workers, each used by one call at a time, ended and replaced when they pass a limit."""

from __future__ import annotations

import array
import builtins
import contextlib
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from storage.late_import import Late

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = Late("PIL.Image")

import core
import storage
from core import errors
from core.errors import BadPicture, SandboxBusy, SlateError, TooCostly
from core.security.sandbox import process, wire
from core.security.sandbox.limits import Allowance

log = structlog.get_logger(__name__)

Answer = Callable[[bytes], bytes]
"""What a call may ask this process for, as signing a few bytes with a key that no worker ever holds."""

_START_SECONDS = 60.0
_TRIES = 2
_OUTCOMES = ("value", "slate", "memory", "raised")
_LONGEST_QUESTION = 1 << 20
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONHASHSEED")
_QUIET = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "33554432",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "OPENCV_LOG_LEVEL": "OFF",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
}
"""One thread each, as workers run beside each other and a server with threads cannot be forked; memory of usual pictures is used
again, that of large ones goes back to the system. What OpenCV and FFmpeg remark of broken films helps nobody."""

strangers: ContextVar[bool] = ContextVar("strangers", default=False)
"""Whether what runs now is for somebody without an account: at most half of the workers, and less time, are for them."""


@dataclass(frozen=True)
class SandboxPlan:
    """How large the sandbox is: workers, calls that may wait, seconds they wait at most, what a call may take."""

    workers: int = 2
    waiting: int = 64
    wait_seconds: float = 60.0
    allowance: Allowance = field(default_factory=Allowance)
    strangers_cpu_seconds: float = 8.0
    readable: tuple[str, ...] = ()
    """Folders that workers may read besides those with code and libraries."""


class _LostError(Exception):
    """A worker ended for no reason of its own: its server is gone, or it was idle for too long."""


@dataclass
class _Worker:
    calls: socket.socket
    number: int


class SandboxPool:
    """Calls functions in sandbox workers. Safe to use from any number of threads."""

    def __init__(self, plan: SandboxPlan) -> None:
        self.plan = plan
        self._free = threading.Semaphore(plan.workers)
        self._free_for_strangers = threading.Semaphore(max(1, plan.workers // 2))
        self._lock, self._server_lock = threading.Lock(), threading.Lock()
        self._idle: list[_Worker] = []
        self._server: _Server | None = None
        self._waiting = 0

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Answer | None = None) -> Any:
        """What the function `module:name` returns there. It may ask once, where there is an `answer`.

        Raises what it raises; TooCostly when it passes a limit, BadPicture when its worker breaks down, SandboxBusy.
        """
        with self._turn():
            allowance = self._allowance(args, kwargs)
            for last in (False, True):
                worker = self._worker()
                try:
                    return self._result(worker, (name, args, kwargs, allowance), answer)
                except _LostError:
                    if last:
                        raise SandboxBusy() from None
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the server and with it every worker."""
        with self._server_lock:
            self._lose_server()

    def _allowance(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Allowance:
        allowance = self.plan.allowance
        if strangers.get():
            allowance = replace(allowance, cpu_seconds=min(allowance.cpu_seconds, self.plan.strangers_cpu_seconds))
        return allowance.for_input(sum(_size(one) for one in (*args, *kwargs.values())))

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for a worker to be free. Raises SandboxBusy when too many wait, or for too long."""
        gates = [self._free_for_strangers, self._free] if strangers.get() else [self._free]
        most = self.plan.waiting // 2 if strangers.get() else self.plan.waiting
        with self._lock:
            if self._waiting >= most:
                raise SandboxBusy()
            self._waiting += 1
        deadline, held = time.monotonic() + self.plan.wait_seconds, list[threading.Semaphore]()
        try:
            try:
                for gate in gates:
                    if not gate.acquire(timeout=max(0.0, deadline - time.monotonic())):
                        raise SandboxBusy()
                    held.append(gate)
            finally:
                with self._lock:
                    self._waiting -= 1
            yield
        finally:
            for gate in held:
                gate.release()

    def _worker(self) -> _Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        with self._server_lock:
            for _ in range(_TRIES):
                try:
                    self._server = self._server or _Server(self.plan.readable)
                    return self._server.fork()
                except (OSError, EOFError) as problem:
                    log.warning("sandbox.server-lost", problem=repr(problem))
                    self._lose_server()
        raise SandboxBusy()

    def _lose_server(self) -> None:
        """Its workers end with it."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.calls.close()
        if self._server is not None:
            self._server.close()
        self._server = None

    def _result(
        self, worker: _Worker, call: tuple[str, tuple[Any, ...], dict[str, Any], Allowance], answer: Answer | None
    ) -> Any:
        name, _, _, allowance = call
        deadline = time.monotonic() + allowance.wall_seconds
        try:
            wire.send(worker.calls, call)
            outcome, value, last = wire.receive(worker.calls, deadline=deadline, most=allowance.result)
            if outcome == "ask" and answer is not None:
                wire.send(worker.calls, self._answered(worker, answer, value))
                outcome, value, last = wire.receive(worker.calls, deadline=deadline, most=allowance.result)
            if outcome not in _OUTCOMES:
                raise wire.Garbled("no outcome")
            worker.calls.settimeout(None)
        except TimeoutError:
            self._discard(worker)
            log.warning("sandbox.ended", call=name, why="wall clock")
            raise TooCostly("Reading this file takes longer than is allowed.", hint=_HINT) from None
        except (EOFError, OSError, wire.Garbled, ValueError, TypeError) as problem:
            raise self._died(worker, problem, name) from None
        if last:
            self._discard(worker)
        else:
            with self._lock:
                self._idle.append(worker)
        return _unpacked(outcome, value)

    def _answered(self, worker: _Worker, answer: Answer, question: Any) -> bytes:
        """The answer to what a worker asks. One whose question fails has nothing to go on with, and ends."""
        try:
            if type(question) is not bytes or len(question) > _LONGEST_QUESTION:
                raise wire.Garbled("no question")
            return answer(question)
        except BaseException:
            self._discard(worker)
            raise

    def _died(self, worker: _Worker, problem: Exception, name: str) -> Exception:
        status, peak, seconds = self._discard(worker)
        if not status and not isinstance(problem, wire.Garbled):
            return _LostError()
        ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        log.warning("sandbox.ended", call=name, signal=ended_by, peak_kib=peak, cpu_seconds=round(seconds, 2), how=repr(problem))
        if ended_by == signal.SIGXCPU:
            return TooCostly("Reading this file takes more computing than is allowed.", hint=_HINT)
        if ended_by == signal.SIGKILL or isinstance(problem, wire.Garbled):
            return TooCostly("Reading this file takes more memory than is allowed.", hint=_HINT)
        return BadPicture("This file cannot be read: its reader broke down over it.", hint="Send another copy of it.")

    def _discard(self, worker: _Worker) -> tuple[int, int, float]:
        """End a worker: (status, peak memory in KiB, CPU seconds), as far as its server can tell."""
        worker.calls.close()
        with self._server_lock:
            if self._server is None:
                return 0, 0, 0.0
            try:
                return self._server.end(worker.number)
            except (OSError, EOFError):
                self._lose_server()
                return 0, 0, 0.0


def _unpacked(outcome: str, value: Any) -> Any:
    if outcome == "value":
        return value
    if outcome == "memory":
        raise TooCostly("Reading this file takes more memory than is allowed.", hint=_HINT)
    if outcome == "slate":
        raise _slate_error(*value)
    name, message = value
    kind = getattr(builtins, str(name), None)
    if isinstance(kind, type) and issubclass(kind, UnicodeError):
        kind = ValueError  # those of Unicode are not made of a message
    raise (kind if isinstance(kind, type) and issubclass(kind, Exception) else RuntimeError)(f"{message}")


def _slate_error(name: str, message: str, state: dict[str, Any]) -> SlateError:
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, SlateError)):
        return BadPicture(message)
    problem = kind.__new__(kind, message)
    problem.__dict__.update(state)
    return problem


def _size(value: object) -> int:
    """Bytes that an argument takes."""
    if isinstance(value, Image.Image):
        return value.width * value.height * 4
    return len(value) if isinstance(value, bytes | bytearray) else 0


_HINT = "If the file is meant to be so large, an admin can raise SLATE_SANDBOX_MEMORY_MB and SLATE_SANDBOX_CPU_SECONDS."


class _Server:
    """The process that forks workers. Use it under a lock."""

    def __init__(self, readable: tuple[str, ...]) -> None:
        here, there = socket.socketpair()
        with there:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _code(there.fileno(), readable)],
                env=_environment(),
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                cwd="/",
            )
        self.orders = here
        here.settimeout(_START_SECONDS)
        self._heard(process.ORDER.size)

    def fork(self) -> _Worker:
        """A new worker. Raises OSError, EOFError when the server is gone."""
        here, there = socket.socketpair()
        with there:
            order = process.ORDER.pack(process.FORK, 0)
            passed = array.array("i", [there.fileno()])
            self.orders.sendmsg([order], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
            _, number = process.ORDER.unpack(self._heard(process.ORDER.size))
        return _Worker(here, number)

    def end(self, number: int) -> tuple[int, int, float]:
        """How a worker ended whose socket is closed: its status, peak memory in KiB, CPU seconds."""
        self.orders.sendall(process.ORDER.pack(process.END, number))
        status, peak, seconds = process.ENDED.unpack(self._heard(process.ENDED.size))
        return status, peak, seconds

    def _heard(self, length: int) -> bytes:
        heard = b""
        while len(heard) < length:
            piece = self.orders.recv(length - len(heard))
            if not piece:
                raise EOFError
            heard += piece
        return heard

    def close(self) -> None:
        self.orders.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _code(control: int, readable: tuple[str, ...]) -> str:
    """The program of the server: the same modules from the same places as here, and nothing of this process's state."""
    return (
        f"import sys; sys.path[:] = {[os.path.abspath(one) for one in sys.path]!r}; "
        f"from core.security.sandbox import process; process.main({control}, {[*_readable(), *readable]!r})"
    )


def _readable() -> list[str]:
    """Folders with code, libraries, fonts and zones: what workers may read, and nothing that holds data or keys."""
    code = [folder for package in (core, storage) for folder in package.__path__]
    installed = [one for one in sys.path if Path(one).name in ("site-packages", "dist-packages")]
    return [*code, *installed, *sysconfig.get_paths().values(), sys.base_prefix, "/usr", "/lib", "/lib64", "/etc/ld.so.cache",
            "/etc/localtime", "/dev/urandom", "/dev/null"]  # fmt: skip


def _environment() -> dict[str, str]:
    """Nothing of this process's environment that may be secret."""
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ} | _QUIET
