"""Runs whatever reads strangers' bytes in worker processes with limits, so that no file stops, fills or takes over Slate.

A function that decodes, inflates or parses something from outside is marked `@sandboxed`: called anywhere, it runs in a worker
(`process`) of this process's pool (`pool`), without network, without files but its own code, with little memory and time. Inside
a worker it is the plain function. Its arguments and its result are plain values, Slate's data classes, bytes and pictures.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from core.security.sandbox import process
from core.security.sandbox.limits import Allowance
from core.security.sandbox.pool import Answer, SandboxPlan, SandboxPool, strangers
from core.security.sandbox.process import ask
from core.settings import Settings

__all__ = [
    "Allowance",
    "Answer",
    "SandboxPlan",
    "SandboxPool",
    "ask",
    "asking",
    "close",
    "for_strangers",
    "plan_of",
    "sandboxed",
    "use",
]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_lock = threading.Lock()
_plan = SandboxPlan()
_pool: SandboxPool | None = None


def sandboxed(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """The same function of a module, carried out in a sandbox worker.

    Besides what it raises itself, a call raises TooCostly, BadPicture where its worker broke down, and SandboxBusy.
    """
    name = _called(function)

    @wraps(function)
    def through(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        if process.inside:
            return function(*args, **kwargs)
        result: _Result = _here().call(name, args, dict(kwargs))
        return result

    return through


def asking(
    answer: Answer, function: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
) -> _Result:
    """Call a sandboxed function that may once `ask` this process for something: what `answer` returns."""
    result: _Result = _here().call(_called(function), args, dict(kwargs), answer)
    return result


def _called(function: Callable[..., object]) -> str:
    return f"{function.__module__}:{function.__qualname__}"


@contextmanager
def for_strangers() -> Iterator[None]:
    """What is read within is somebody's without an account: it takes at most half of the workers, and less time."""
    token = strangers.set(True)
    try:
        yield
    finally:
        strangers.reset(token)


def plan_of(settings: Settings) -> SandboxPlan:
    allowance = Allowance(
        memory=settings.sandbox_memory_mb << 20,
        cpu_seconds=settings.sandbox_cpu_seconds,
        wall_seconds=settings.sandbox_wall_seconds,
    )
    return SandboxPlan(workers=settings.sandbox_workers, allowance=allowance)


def use(settings: Settings) -> None:
    """Read files as these settings say from now on."""
    global _plan
    plan = plan_of(settings)
    if plan != _plan:
        close()
        _plan = plan


def close() -> None:
    """End this process's workers; the next call starts them again."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        pool.close()


def _here() -> SandboxPool:
    global _pool
    with _lock:
        if _pool is None:
            _pool = SandboxPool(_plan)
        return _pool


def _forget() -> None:
    """A forked process starts workers of its own."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


atexit.register(close)
os.register_at_fork(after_in_child=_forget)
