"""What is configured, embedded or real, reachable, missing, and how to fix it: the examinations behind `slate doctor`.

Each examination looks at one part and changes nothing that stays. Nothing found says a password or a key.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal

import redis
from sqlalchemy.exc import SQLAlchemyError

from core.desk import Desk
from core.operations.backend_check import examine_server, servers
from core.operations.findings import Finding, Kind, State
from core.operations.process_check import processes
from core.operations.settings_table import hide_password
from core.security import permissions
from storage import health, valkey
from storage.blobs import BlobError, BlobStoreFull
from storage.database import plain

_LOW, _FULL = 5 * 2**30, 200 * 2**20
"""Bytes free below which there is a warning, and below which it is broken."""


def examine(desk: Desk) -> list[Finding]:
    """Look at every part."""
    looks: list[Callable[[Desk], Iterator[Finding]]] = [
        database,
        queue,
        blobs,
        comfyui,
        web,
        processes,
        seal,
        watermark,
        fonts,
        disk,
        safety,
    ]
    return [finding for look in looks for finding in look(desk)]


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing that is needed is broken."""
    return all(finding.state is not State.BROKEN for finding in findings)


def database(desk: Desk) -> Iterator[Finding]:
    """Whether it answers and its schema is the newest."""
    kind: Kind = "real" if desk.settings.database_url else "embedded"
    where = plain(desk.settings.database)
    try:
        version, schema = health.database_version(desk.database), health.schema(desk.database)
    except SQLAlchemyError as problem:
        fix = "Start it, or correct SLATE_DATABASE_URL." if kind == "real" else "Check that the data folder can be written."
        yield Finding("database", State.BROKEN, f"{where} does not answer: {_brief(problem)}", fix, kind, {"url": where})
        return
    facts = {"url": where, "version": version, "schema": schema.at, "newest": schema.newest}
    if not schema.known:
        text = f"{version} at {where} was written by a newer Slate (schema {schema.at})."
        yield Finding("database", State.BROKEN, text, "Update this Slate; it must not write there.", kind, facts)
    elif not schema.current:
        text = f"{version} at {where}: schema {schema.at or 'not made yet'}, newest is {schema.newest}."
        yield Finding("database", State.IDLE, text, "`slate up` migrates it.", kind, facts)
    else:
        yield Finding("database", State.FINE, f"{version} at {where}, schema {schema.at}.", "", kind, facts)


def queue(desk: Desk) -> Iterator[Finding]:
    """Whether it answers and keeps what is queued."""
    settings, embedded = desk.settings, not desk.settings.redis_url
    kind: Kind = "embedded" if embedded else "real"
    where = hide_password(settings.redis)
    if embedded and not settings.redis_socket.exists():
        yield _embedded_queue_idle(where)
        return
    try:
        said = health.queue_facts(desk.queue)
    except redis.RedisError as problem:
        fix = (
            "`slate up` starts it." if embedded else "Start it, or correct SLATE_REDIS_URL. Renders asked for meanwhile are safe."
        )
        state = State.IDLE if embedded else State.BROKEN
        yield Finding("queue", state, f"{where} does not answer: {_brief(problem)}", fix, kind, {"url": where})
        return
    facts = {"url": where, "version": said.version, "keeps": said.keeps, "evicts": said.evicts}
    if said.evicts:
        fix = "Set its maxmemory-policy to noeviction; Slate queues again what was lost, but later."
        yield Finding("queue", State.WARNING, f"{said.version} at {where} may throw jobs away.", fix, kind, facts)
    elif not said.keeps:
        fix = "Set `appendonly yes`; Slate queues again what was lost, but later."
        yield Finding("queue", State.WARNING, f"{said.version} at {where} forgets its jobs at a restart.", fix, kind, facts)
    else:
        yield Finding("queue", State.FINE, f"{said.version} at {where}, survives restarts.", "", kind, facts)


def _embedded_queue_idle(where: str) -> Finding:
    try:
        binary = valkey.binary()
    except FileNotFoundError as problem:
        return Finding("queue", State.BROKEN, f"{problem}.", "Set SLATE_REDIS_URL.", "embedded")
    return Finding(
        "queue",
        State.IDLE,
        "The embedded Valkey is not running.",
        "`slate up` starts it.",
        "embedded",
        {"url": where, "binary": str(binary)},
    )


def blobs(desk: Desk) -> Iterator[Finding]:
    """Whether bytes can be written, read back and removed."""
    kind: Kind = "real" if desk.settings.blobs_url else "embedded"
    where = hide_password(desk.settings.blobs)
    facts = {"url": where}
    probe = b"slate doctor was here"
    try:
        digest = desk.blobs.put(probe)
        same = desk.blobs.get(digest) == probe
        desk.blobs.delete(digest)
    except BlobStoreFull as problem:
        yield Finding("files", State.BROKEN, f"{where} is full: {_brief(problem)}", "Make room.", kind, facts)
        return
    except (BlobError, OSError) as problem:
        fix = (
            "Check SLATE_BLOBS_URL, SLATE_S3_ENDPOINT and the AWS variables."
            if kind == "real"
            else "Check the folder's owner and rights."
        )
        yield Finding("files", State.BROKEN, f"{where} cannot be used: {_brief(problem)}", fix, kind, facts)
        return
    if same:
        yield Finding("files", State.FINE, f"{where}: written, read and removed a probe.", "", kind, facts)
    else:
        yield Finding(
            "files", State.BROKEN, f"{where} gave other bytes back than it was given.", "Do not trust this store.", kind, facts
        )


def comfyui(desk: Desk) -> Iterator[Finding]:
    """Whether each server answers, and has the nodes and models that the library's workflows need."""
    found = servers(desk)
    if not found:
        yield Finding("comfyui", State.IDLE, "The simulated ComfyUI is not running.", "`slate up` starts it.", "simulated")
    for name, url in found:
        yield from examine_server(desk, name, url)


def web(desk: Desk) -> Iterator[Finding]:
    """Whether the web process answers, or its port is free for it."""
    settings = desk.settings
    facts = {"host": settings.host, "port": settings.port, "url": settings.base_url}
    if settings.port == 0:
        yield Finding("web", State.FINE, "It will listen on any free port.", "", "", facts)
        return
    answer = _web_answers(settings.host, settings.port)
    if answer == "slate":
        yield Finding("web", State.FINE, f"Slate answers at {settings.base_url}.", "", "", facts)
    elif answer == "nobody":
        yield Finding("web", State.IDLE, f"Port {settings.port} is free.", "`slate up` serves the room there.", "", facts)
    else:
        text = f"Something else than Slate answers on port {settings.port}."
        yield Finding("web", State.BROKEN, text, "Stop it, or set SLATE_PORT to a free port.", "", facts)


def seal(desk: Desk) -> Iterator[Finding]:
    """Whether files are sealed, by whom, until when, and with a time stamp."""
    from core.operations.seal_check import look

    yield from look(desk)


def watermark(desk: Desk) -> Iterator[Finding]:
    """Whether what marking pictures needs is here, where it is asked for."""
    from core.operations.watermark_check import look

    yield from look(desk.settings)


def fonts(_desk: Desk) -> Iterator[Finding]:
    """Whether the provenance card can show every script."""
    from core.provenance.card.scripts import missing_scripts, remedy

    missing = missing_scripts()
    if missing:
        fix = _together([remedy(script) for script in missing])
        text = f"Cards cannot show {', '.join(missing)}."
        yield Finding("fonts", State.WARNING, text, fix, "", {"missing": list(missing)})
    else:
        yield Finding("fonts", State.FINE, "Cards can show every script Slate knows of.")


def _together(remedies: list[str]) -> str:
    """`A: do this.` and `B: do this.` as `A, B: do this.`"""
    subjects: dict[str, list[str]] = {}
    for one in remedies:
        subject, _, what = one.partition(": ")
        subjects.setdefault(what, []).append(subject)
    return " ".join(f"{', '.join(names)}: {what}" for what, names in subjects.items())


def safety(desk: Desk) -> Iterator[Finding]:
    """What other accounts and other machines could read or reach; nothing where all is shut."""
    for problem in permissions.problems(desk.settings):
        yield Finding("security", State.WARNING, problem, "docs/security.md tells what should be so.")


def disk(desk: Desk) -> Iterator[Finding]:
    """Whether there is room in the data folder."""
    folder = _existing(desk.settings.data.absolute())
    free = shutil.disk_usage(folder).free
    facts = {"folder": str(desk.settings.data.absolute()), "free_bytes": free}
    text = f"{free / 2**30:.1f} GiB free in {desk.settings.data.absolute()}."
    if free < _FULL:
        yield Finding("disk", State.BROKEN, text, "Make room: nothing can be stored any more.", "", facts)
    elif free < _LOW:
        yield Finding("disk", State.WARNING, text, "Make room soon.", "", facts)
    else:
        yield Finding("disk", State.FINE, text, "", "", facts)


def _web_answers(host: str, port: int) -> Literal["slate", "nobody", "stranger"]:
    reachable = "127.0.0.1" if host in ("0.0.0.0", "") else "::1" if host == "::" else host
    try:
        with socket.create_connection((reachable, port), timeout=2):
            pass
    except OSError:
        return "nobody"
    connection = HTTPConnection(reachable, port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        said = json.loads(answer.read(2000))
        return "slate" if isinstance(said, dict) and {"ok", "database", "redis"} <= said.keys() else "stranger"
    except (OSError, HTTPException, ValueError):
        return "stranger"
    finally:
        connection.close()


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _brief(problem: Exception) -> str:
    """The first line of what a library said, without the URL it may repeat."""
    said = str(getattr(problem, "orig", None) or problem).strip().splitlines()
    return (said[0] if said else type(problem).__name__)[:200]
