"""Which processes of Slate are alive: each writes a key in Redis every few seconds, which runs out when it has ended."""

from __future__ import annotations

import json
import os
import socket
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import structlog

from storage.clock import now
from storage.late_import import Late
from storage.queue import Queue

redis = Late("redis")
log = structlog.get_logger(__name__)

_EVERY = 5.0
_FORGOTTEN = 20
"""Seconds after which a process that says nothing counts as ended."""
_KEY = "slate:process:"


@dataclass(frozen=True)
class Presence:
    """A process that was heard of lately."""

    name: str
    """`web`, `clerk`, `worker` and so on."""
    serves: str
    """The backend of a worker; empty for the others."""
    version: str
    host: str
    pid: int
    since: str
    """When it began, ISO 8601 in UTC."""
    heard: str
    """When it wrote this, ISO 8601 in UTC."""

    @property
    def heard_at(self) -> datetime:
        return datetime.fromisoformat(self.heard)


def announce(url: str, name: str, version: str, *, serves: str = "") -> threading.Event:
    """Say from now on, in a thread, that this process is alive, until the event is set. A Redis that is away is waited for."""
    over, queue = threading.Event(), Queue(url)
    since = now().astimezone(UTC).isoformat()

    def tell() -> None:
        while True:
            try:
                write(queue, Presence(name, serves, version, socket.gethostname(), os.getpid(), since, _now()))
            except redis.RedisError as problem:
                log.debug("presence.not-told", problem=str(problem))
            if over.wait(_EVERY):
                queue.close()
                return

    threading.Thread(target=tell, name="presence", daemon=True).start()
    return over


def write(queue: Queue, one: Presence) -> None:
    """Raises redis.RedisError."""
    queue.redis.set(f"{_KEY}{one.name}:{one.host}:{one.pid}", json.dumps(asdict(one)), ex=_FORGOTTEN)


def present(queue: Queue) -> list[Presence]:
    """Every process that was heard of in the last seconds, by name. Raises redis.RedisError."""
    keys = sorted(queue.redis.scan_iter(f"{_KEY}*", count=500))
    told = queue.redis.mget(keys) if keys else []
    return [Presence(**json.loads(one)) for one in told if isinstance(one, bytes)]


def _now() -> str:
    return now().astimezone(UTC).isoformat()
