"""What `slate up` loads once, and the processes that it forks: each starts in milliseconds and shares the memory."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

CAN_FORK = sys.platform == "linux"
"""Elsewhere every process is a program of its own: system libraries of macOS do not survive a fork."""
_SERVICES = (
    "uvicorn",
    "hooks.app",
    "core.rendering.worker",
    "core.jobs",
    "bot.jobs",
    "bot.messages.sync",
    "bot.messages.outbox",
    "bot.commands.completion",
    "core.deliveries.courier",
    "core.importing.second_phase",
    "core.rendering.reconciler",
    "storage.queue_worker",
    "redis",
    "PIL.Image",
)


def load(more: Sequence[str] = ()) -> None:
    """Import what all processes need. Nothing is opened, and no thread is started."""
    from bot.commands.table import TABLE

    _load([*_SERVICES, *more])
    for command in TABLE:
        command.load()
    _freeze()


def load_workers() -> None:
    """Import what workers need."""
    if CAN_FORK:
        _load(["core.rendering.worker", "core.jobs", "storage.queue_worker", "redis", "PIL.Image"])
        _freeze()


def _load(names: Sequence[str]) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would be started now and be missing after the fork
    for name in names:
        import_module(name)


def _freeze() -> None:
    gc.collect()
    gc.freeze()  # so that no collection writes to pages that all processes share


def slate(*words: str) -> Callable[[], int] | None:
    """What a forked child does in place of `slate …`; None where processes are not forked."""

    def run() -> int:
        from bot.cli.entry import run
        from core.desk import here

        here.cache_clear()
        return int(run(words))

    return run if CAN_FORK else None


def simulator(options: Sequence[str]) -> Callable[[], int] | None:
    """The same for `python -m hooks.simulator …`."""
    return (lambda: int(import_module("hooks.simulator.__main__").main(list(options)))) if CAN_FORK else None
