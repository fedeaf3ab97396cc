"""The sandbox's own processes: a server that has everything loaded and forks workers, and the workers, which carry out calls.

The server is started with an empty environment and holds no secret, no database and no connection but the one to its client.
It answers on its control socket: `F` with a descriptor forks a worker that serves that descriptor and tells its number, `E` ends
a worker if it has not ended by itself, and tells how it ended and what it took.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import importlib
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import SlateError
from core.security.sandbox import confinement, limits, wire

FORK, END, READY = b"F", b"E", b"R"
ORDER = struct.Struct(">cq")
"""An order and its process number."""
ENDED = struct.Struct(">iqd")
"""How a worker ended (as `os.waitpid` says), the most memory it held in KiB, the CPU seconds it took."""
PRELOADED = ("core.sandbox_preload",)
_MOST_CALLS = 500
_GRACE_STEPS, _GRACE_STEP = 20, 0.002
_MOST_GROWTH = 64 << 20
"""Bytes by which a worker may have grown; then it ends, and a fresh one takes its place."""
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
"""PR_SET_PDEATHSIG and PR_SET_NO_NEW_PRIVS, from prctl(2)."""

inside = False
"""Whether this process is a sandbox worker."""
_client: socket.socket | None = None
"""Where a worker gets its calls from."""


def main(control: int, readable: list[str]) -> None:
    """Serve orders until the client is gone; `readable` are the folders that workers may read."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)  # a Ctrl-C is for the client: the server ends when its client does
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=control) as orders:
        orders.sendall(ORDER.pack(READY, os.getpid()))
        with contextlib.suppress(ConnectionError):
            while _obey(orders, readable):
                pass


def _obey(orders: socket.socket, readable: list[str]) -> bool:
    head, passed, _, _ = orders.recvmsg(ORDER.size, socket.CMSG_SPACE(array.array("i").itemsize), socket.MSG_WAITALL)
    if len(head) < ORDER.size:
        return False
    order, number = ORDER.unpack(head)
    if order == FORK:
        orders.sendall(ORDER.pack(FORK, _fork(orders, passed, readable)))
    else:
        orders.sendall(ENDED.pack(*_ended(number)))
    return True


def ask(question: bytes) -> bytes:
    """What the process that made the present call answers; only for calls that were made by `asking`, and once in each."""
    if _client is None:
        raise RuntimeError("only a call in the sandbox asks")
    wire.send(_client, ("ask", question, False))
    answer: bytes = wire.receive(_client, trusted=True)
    return answer


def _ended(number: int) -> tuple[int, int, float]:
    """How a worker ended; one that has not within a moment is ended by force."""
    try:
        for _ in range(_GRACE_STEPS):
            found, status, used = os.wait4(number, os.WNOHANG)
            if found:
                return status, used.ru_maxrss, used.ru_utime + used.ru_stime
            time.sleep(_GRACE_STEP)
        os.kill(number, signal.SIGKILL)
        _, status, used = os.wait4(number, 0)
    except (ChildProcessError, ProcessLookupError):
        return 0, 0, 0.0
    return status, used.ru_maxrss, used.ru_utime + used.ru_stime


def _fork(orders: socket.socket, passed: list[Any], readable: list[str]) -> int:
    (descriptor,) = array.array("i", passed[0][2])
    number = os.fork()
    if number:
        os.close(descriptor)
        return number
    status = 70
    try:
        orders.close()
        _live(socket.socket(fileno=descriptor), readable)
        status = 0
    finally:
        os._exit(status)


def _live(calls: socket.socket, readable: list[str]) -> None:
    global inside, _client
    inside, _client = True, calls
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _settle()
    limits.for_good()
    confinement.confine(readable)
    start, left = limits.resident(), _MOST_CALLS
    with contextlib.suppress(EOFError, ConnectionError):
        while left:
            name, args, kwargs, allowance = wire.receive(calls, trusted=True)
            limits.for_call(allowance)
            outcome, value = _outcome(name, args, kwargs)
            del args, kwargs
            left = left - 1 if limits.resident() - start < _MOST_GROWTH else 0
            _answer(calls, outcome, value, last=not left)


def _settle() -> None:
    """What every worker does first: end with the server, gain no rights, be the first to go when memory is short, and yield."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("900", "ascii")
    os.nice(5)
    os.umask(0o077)


def _outcome(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, object]:
    """("value", what it returned) or how it failed: ("slate", …), ("memory", …), ("raised", …)."""
    try:
        return "value", _named(name)(*args, **kwargs)
    except SlateError as problem:
        return "slate", (type(problem).__name__, str(problem.message), dict(vars(problem)))
    except MemoryError:
        return "memory", ""
    except Exception as problem:  # noqa: BLE001 - an edge: whatever a reader raises is raised again where it was called
        return "raised", (type(problem).__name__, str(problem)[:500])


def _answer(calls: socket.socket, outcome: str, value: object, *, last: bool) -> None:
    try:
        wire.send(calls, (outcome, value, last))
    except ConnectionError:
        raise
    except (MemoryError, OSError):  # no room for the result, or more of it than is allowed
        wire.send(calls, ("memory", "", last))


def _named(name: str) -> Callable[..., object]:
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]
