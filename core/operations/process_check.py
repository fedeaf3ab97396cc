"""Looks at every process and chat platform that this Slate should run: when it was last heard of, what it serves, its version."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import redis

from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.operations.findings import Finding, State
from core.settings import Settings
from storage.clock import now
from storage.presence import Presence, present
from storage.rendering import backends


def processes(desk: Desk) -> Iterator[Finding]:
    """A finding for each process that runs, and for each that should and does not."""
    try:
        running = present(desk.queue)
    except redis.RedisError:
        yield Finding(
            "processes", State.IDLE, "No process can be seen while the queue does not answer.", "`slate up` starts both."
        )
        return
    if not running:
        yield Finding("processes", State.IDLE, "No process of Slate is running.", "`slate up` starts them.")
        return
    yield from (_running(one) for one in running)
    yield from (_missing(*one) for one in expected(desk) if one not in {(known.name, known.serves) for known in running})


def expected(desk: Desk) -> list[tuple[str, str]]:
    """(process, backend) of what should run; backends only where the database answers."""
    settings: Settings = desk.settings
    names = ["web", "clerk", "archivist", "sweeper"]
    names += ["slack"] if settings.slack and settings.slack_app_token else []
    names += ["discord"] if settings.discord_token else []
    try:
        with desk.reading() as session:
            served = [one.name for one in backends.in_use(session)]
    except DatabaseUnavailable:
        served = []
    return [*((name, "") for name in names), *(("worker", name) for name in served)]


def _running(one: Presence) -> Finding:
    ago = max(0, round((now() - one.heard_at).total_seconds()))
    facts = {"process": one.name, "serves": one.serves, "version": one.version, "host": one.host, "pid": one.pid}
    facts |= {"since": one.since, "heard": one.heard}
    text = f"Runs{f' for {one.serves}' if one.serves else ''}, heard of {ago} s ago (process {one.pid} on {one.host})."
    if one.version != version("slate"):
        text = f"{text} It is version {one.version}; this is {version('slate')}."
        return Finding(one.name, State.WARNING, text, "Restart it, so that all processes are of one version.", "", facts)
    return Finding(one.name, State.FINE, text, "", "", facts)


def _missing(name: str, backend: str) -> Finding:
    command = f"slate {name}{f' --backend {backend}' if backend else ''}"
    text = f"Does not run{f' for {backend}' if backend else ''}, or has not been heard of for 20 s."
    return Finding(
        name, State.WARNING, text, f"`{command}` starts it; its log tells why it ended.", "", {"process": name, "serves": backend}
    )
