"""A child process forked from this one: it shares what is loaded already, starts in milliseconds, and is handled like a Popen."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_SET_NAME = 15
"""PR_SET_NAME, from prctl(2)."""


class Forked:
    """Runs `run` in a forked child, in a session of its own, with its output in `log_file`; what it returns is the exit code.

    Of the open files only the standard ones and `keep` stay open there. Call it from a process without threads.
    """

    def __init__(
        self, run: Callable[[], int], *, name: str, environment: Mapping[str, str], log_file: str = "", keep: Collection[int] = ()
    ) -> None:
        self.returncode: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # none may reach the child before it has handlers of its own
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _live(run, name, environment, log_file, {0, 1, 2, *keep}, blocked)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def poll(self) -> int | None:
        """The exit code, or None while it runs; a signal is told as its negative number."""
        if self.returncode is None:
            try:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it
                ended, status = self.pid, 0
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.01)
        return code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _live(
    run: Callable[[], int], name: str, environment: Mapping[str, str], log_file: str, keep: set[int], mask: Collection[int]
) -> None:
    """The child's whole life; it never returns."""
    status = 70
    try:
        os.setsid()
        for number in _SIGNALS:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _close_all_but(keep)
        _redirect(log_file)
        _call_it(name)
        os.environ.update(environment)
        status = run()
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads and pools, as every interpreter does at its end
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
    except BaseException:  # noqa: BLE001  (the edge of a process: told on its standard error, which is its log)
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                continue
        os._exit(status)


def _close_all_but(keep: set[int]) -> None:
    """Locks, sockets and the ends of pipes belong to the parent."""
    try:
        known = [int(one) for one in os.listdir("/proc/self/fd")]
    except OSError:
        known = list(range(3, 1024))
    for number in known:
        if number not in keep:
            try:
                os.close(number)
            except OSError:
                continue  # the one with which the folder was listed


def _redirect(log_file: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if log_file:
        log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)


def _call_it(name: str) -> None:
    """Let `ps` and `top` tell the processes apart."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_NAME, f"slate-{name}".encode()[:15], 0, 0, 0)
