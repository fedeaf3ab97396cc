"""Which functions a queued job may call: whoever can write to Redis must not be able to run code of their choice.

RQ calls any importable function that a job names, and calls back any that it names for its end. So every job is checked against
this list before anything is imported, and callbacks and web hooks are not known here at all.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rq.exceptions import DeserializationError
from rq.job import Job

JOBS = frozenset(
    {
        "bot.jobs.show_behind",
        "bot.jobs.show_render",
        "core.jobs.finish_found",
        "core.jobs.note_landmarks",
        "core.jobs.stop_run",
        "core.jobs.work",
    }
)
"""Every function that is queued by name."""
_MOST_ARGUMENTS, _LONGEST = 8, 4_000
_CALLS_BACK = ("_success_callback_name", "_failure_callback_name", "_stopped_callback_name")


class KnownJob(Job):
    """A job that calls nobody back, whatever stands in Redis."""

    @property
    def success_callback(self) -> Any:
        return None

    @property
    def failure_callback(self) -> Any:
        return None

    @property
    def stopped_callback(self) -> Any:
        return None

    def send_webhooks(self, *_: Any, **__: Any) -> None:
        """No job of ours has any."""


def foreign(job: Job, known: Collection[str] = JOBS) -> str:
    """Why a job is not one of `known`; empty where it is."""
    try:
        name, instance, args, kwargs = job.func_name, job.instance, job.args, job.kwargs
    except (DeserializationError, ValueError, TypeError, RecursionError):
        return "it cannot be read"
    if instance is not None or name not in known:
        return f"it calls {str(name)[:100]!r}"
    if job.webhooks or any(getattr(job, one, None) for one in _CALLS_BACK):
        return "it calls others back"
    few = isinstance(args, list | tuple) and len(args) <= _MOST_ARGUMENTS
    if kwargs or not few or not all(isinstance(one, int | str) and len(str(one)) <= _LONGEST for one in args):
        return "its arguments are not ours"
    return ""
