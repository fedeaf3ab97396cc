"""RQ's worker and job as the queue uses them: jobs of ours only, carried out in this process."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

import rq
import structlog
from rq.exceptions import DeserializationError, InvalidJobOperation
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker

from storage.known_jobs import JOBS

__all__ = ["JSONSerializer", "KnownJob", "Server", "foreign"]

log = structlog.get_logger(__name__)

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


class Server(SimpleWorker):
    """An RQ worker without forks that says when it is told to stop and comes back to a returned Redis within seconds."""

    max_connection_wait_time = 3.0
    told_to_stop = False
    stopping: Callable[[], None]
    known: Collection[str] = JOBS

    def subscribe(self) -> None:
        """Listen to no orders over Redis: nobody here gives any, and the listener would cost a second at every end."""

    def set_shutdown_requested_date(self) -> None:
        """Tell Redis nothing from within a signal: where it is away, the error would hit whatever this process was doing."""

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> tuple[Job, rq.Queue] | None:
        """The next job; an entry that RQ itself cannot read is dropped, and does not end this process."""
        while True:
            try:
                return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
            except (ValueError, TypeError, KeyError) as problem:
                log.error(
                    "queue.foreign-job", queue=",".join(self.queue_names())[:80], problem=f"it cannot be read: {problem}"[:200]
                )

    def execute_job(self, job: rq.job.Job, queue: rq.Queue) -> None:
        """Carry out a job of ours; what somebody else put into the queue is dropped unread."""
        if problem := foreign(job, self.known):
            log.error("queue.foreign-job", queue=queue.name, job=str(job.id)[:80], problem=problem)
            try:
                job.delete()
            except (InvalidJobOperation, ValueError):  # it lacks what RQ looks for before it deletes one
                self.connection.delete(job.key)
            return
        super().execute_job(job, queue)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.told_to_stop = True
        self.stopping()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]
