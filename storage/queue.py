"""RQ queues of dotted names with JSON ids, and the small live values (progress previews, wake-up calls) that may be lost.

Nothing here is the truth: rows are. A job may be lost or doubled; whoever enqueues does so after the commit, and the sweeper
enqueues again what is still due. So a Redis that is away is logged and otherwise forgiven.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog
from sqlmodel import Session

from storage.database import after_commit
from storage.known_jobs import JOBS
from storage.late_import import Late
from storage.rate_limit import Pacing

if TYPE_CHECKING:
    import redis
    import rq

    from storage import queue_worker
else:
    redis, rq, queue_worker = Late("redis"), Late("rq"), Late("storage.queue_worker")

log = structlog.get_logger(__name__)

CHAT = "chat"
"""The queue of jobs that post and edit messages."""
OUTBOX = "outbox"
"""The topic that wakes whoever sends what chats are behind with."""
DELIVERIES = "deliveries"
"""The topic that wakes whoever delivers events to other programs."""
ARCHIVE = "archive"
"""The queue of jobs that finish files that were taken in."""
_QUEUE = "slate_queue"
_JOB_SECONDS = 3600 * 6
_COMEBACK_SECONDS = 0.5
_SEEN = "slate:seen"
_NOTED_SECONDS = 60.0


def pool_queue(pool: str) -> str:
    """The queue of a pool's tickets."""
    return f"render.{pool}"


def lane_queue(backend: str) -> str:
    """The queue of calls meant for one backend only, such as taking up a run left by a dead worker."""
    return f"backend.{backend}"


def bind_queue(session: Session, queue: Queue) -> None:
    """Let the session's transaction enqueue jobs on `queue`."""
    session.info[_QUEUE] = queue


def queue_of(session: Session) -> Queue:
    """The queue bound to the session; raises RuntimeError where there is none."""
    bound: Queue | None = session.info.get(_QUEUE)
    if bound is None:
        raise RuntimeError("no queue is bound to this session: record events in `desk.writing()`")
    return bound


class Queue:
    """The Redis behind a URL (`redis://…`, `rediss://…`, `unix:///…`)."""

    def __init__(self, url: str, *, jobs: Collection[str] = JOBS) -> None:
        """`jobs` are the functions that may be called by name."""
        self.jobs = jobs
        self._url = url
        self._noted: dict[int, float] = {}

    @cached_property
    def redis(self) -> redis.Redis:
        """The client; it connects when it is first used."""
        return redis.Redis.from_url(self._url, socket_connect_timeout=2, socket_timeout=20, health_check_interval=30)

    @cached_property
    def pacing(self) -> Pacing:
        """Budgets of this process, which hold also while Redis is away."""
        return Pacing(self.redis)

    def rq(self, name: str) -> rq.Queue:
        return rq.Queue(name, connection=self.redis, serializer=queue_worker.JSONSerializer, job_class=queue_worker.KnownJob)

    def put(self, queue: str, job: str, *args: Any) -> bool:
        """Enqueue the dotted name `job` with JSON-ready arguments; False (logged) when Redis is away."""
        try:
            self.rq(queue).enqueue(job, *args, result_ttl=0, failure_ttl=3600, job_timeout=_JOB_SECONDS)
        except redis.RedisError as problem:
            log.warning("queue.away", queue=queue, job=job, problem=str(problem))
            return False
        return True

    def put_after(self, session: Session, queue: str, job: str, *args: Any) -> None:
        """Enqueue once the session's transaction is committed."""
        after_commit(session, lambda: (self.put(queue, job, *args), None)[1])

    def length(self, queue: str) -> int:
        """Jobs waiting; raises redis.RedisError."""
        return int(self.rq(queue).count)

    def is_served(self, queue: str) -> bool:
        """Whether a process takes jobs from this queue now; False when Redis is away."""
        try:
            return rq.Worker.count(queue=self.rq(queue)) > 0
        except redis.RedisError:
            return False

    def ping(self) -> bool:
        try:
            return bool(self.redis.ping())
        except redis.RedisError:
            return False

    def call(self, topic: str) -> None:
        """Wake whoever listens to `topic`; lost when nobody does or Redis is away."""
        try:
            self.redis.publish(f"slate:{topic}", b"")
        except redis.RedisError as problem:
            log.debug("queue.call-lost", topic=topic, problem=str(problem))

    def follow(self, topic: str, over: threading.Event, called: Callable[[bool], None]) -> None:
        """Until `over`: `called(True)` when connected and for each call of the topic; `called(False)` when Redis goes away."""
        while not over.is_set():
            try:
                self._follow(topic, over, called)
            except redis.RedisError as problem:
                log.debug("queue.call-lost", topic=topic, problem=str(problem))
                called(False)
                over.wait(1.0)

    def _follow(self, topic: str, over: threading.Event, called: Callable[[bool], None]) -> None:
        with self.redis.pubsub(ignore_subscribe_messages=True) as calls:  # type: ignore[no-untyped-call]
            calls.subscribe(f"slate:{topic}")
            heard: object = calls.get_message(timeout=0.5)
            called(True)  # whatever was missed meanwhile
            while not over.is_set():
                heard = calls.get_message(timeout=0.5)
                if heard is not None:
                    called(True)

    def note_seen(self, member_id: int) -> None:
        """Remember that a Member was here just now; at most once a minute for each, and lost when Redis is away."""
        moment = time.time()
        if moment - self._noted.get(member_id, 0.0) < _NOTED_SECONDS:
            return
        self._noted[member_id] = moment
        try:
            self.redis.hset(_SEEN, str(member_id), str(int(moment)))
        except redis.RedisError as problem:
            log.debug("queue.seen-lost", problem=str(problem))

    def last_seen(self, member_ids: Sequence[int]) -> dict[int, float]:
        """Member row -> when they were last here, in seconds since 1970; those of whom that is known."""
        try:
            told = self.redis.hmget(_SEEN, [str(one) for one in member_ids]) if member_ids else []
        except redis.RedisError:
            return {}
        return {row: float(value) for row, value in zip(member_ids, told, strict=True) if value is not None}

    def keep_preview(self, render_id: int, picture: bytes) -> None:
        """Remember the newest preview picture (JPEG or PNG) of a running render for two minutes."""
        try:
            self.redis.set(f"slate:preview:{render_id}", picture, ex=120)
        except redis.RedisError as problem:
            log.debug("queue.preview-lost", render=render_id, problem=str(problem))

    def preview(self, render_id: int) -> bytes | None:
        try:
            kept = self.redis.get(f"slate:preview:{render_id}")
        except redis.RedisError:
            return None
        return kept if isinstance(kept, bytes) else None

    def close(self) -> None:
        if "redis" in self.__dict__:
            self.redis.close()

    def serve(self, names: Sequence[str], *, stopping: Callable[[], None] = lambda: None, burst: bool = False) -> None:
        """Carry out jobs of these queues, the first-named first, until told to stop; `stopping` is called when that happens.

        A Redis that goes away, even in the middle of a job, is waited for. Jobs run in this process, one at a time.
        """
        while not self._serve_once(names, stopping, burst):
            time.sleep(_COMEBACK_SECONDS)

    def _serve_once(self, names: Sequence[str], stopping: Callable[[], None], burst: bool) -> bool:
        """Carry out jobs until told to stop, or until Redis is lost at a moment that ends RQ's worker; whether it was told."""
        worker = queue_worker.Server(
            [self.rq(name) for name in names],
            connection=self.redis,
            serializer=queue_worker.JSONSerializer,
            job_class=queue_worker.KnownJob,
            worker_ttl=30,
        )
        worker.stopping, worker.known = stopping, self.jobs
        worker.log_result_lifespan = False
        try:
            worker.work(burst=burst, logging_level="WARNING")
        except redis.RedisError as problem:
            if burst:
                raise
            log.warning("queue.lost", queues=list(names), problem=str(problem))
        return burst or worker.told_to_stop
