"""Checks every ComfyUI server: whether it answers, whether it works, and how many runs it has that are not ours."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import structlog

from core.comfyui.client import Comfy, ServerInfo
from core.desk import Desk
from core.errors import BackendError
from storage.clock import now
from storage.rendering import backends, left_runs, renders
from storage.tables import Backend, BackendState

log = structlog.get_logger(__name__)

GONE_ROUNDS = 3
"""Looks in a row that must fail before a backend counts as down; a single slow answer is no outage."""
STUCK_ROUNDS = 4
"""Looks in a row at which runs waited and none was carried out, before its worker thread counts as dead."""
ANSWER_SECONDS = 5.0
"""How long a server has to answer a look."""
SEEN_EVERY = timedelta(seconds=20)
"""How often it is noted that a server which is up still is."""


@dataclass(frozen=True)
class HealthReport:
    """What a look found. `info` is there when the server was not known to be up."""

    depth: int
    working: bool
    info: ServerInfo | None = None


class Health:
    """The connections to the servers, and what the last looks at them found."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._comfys: dict[str, Comfy] = {}
        self._idle: dict[int, int] = {}

    def close(self) -> None:
        """End the connections."""
        for comfy in self._comfys.values():
            comfy.close()

    def comfy(self, server: Backend) -> Comfy:
        """The client of a server."""
        if server.url not in self._comfys:
            self._comfys[server.url] = Comfy(server.url, name=server.name, timeout=ANSWER_SECONDS)
        return self._comfys[server.url]

    def look(self) -> None:
        """Ask every server, all at once as some may not answer, and note which are up."""
        with self.desk.reading() as session:
            servers = backends.in_use(session)
        for server in servers:
            self.comfy(server)
        with ThreadPoolExecutor(max(1, min(16, len(servers)))) as threads:
            found = list(threads.map(self._ask, servers))
        self._note_all(servers, found)

    def _ask(self, server: Backend) -> HealthReport | BackendError:
        """A look at one server; whether it works is asked only while something waits there."""
        comfy = self.comfy(server)
        try:
            info = comfy.server() if server.state is not BackendState.UP else None
            depth = comfy.queue_depth()
            return HealthReport(depth, depth == 0 or comfy.is_working(), info)
        except BackendError as problem:
            return problem

    def _note_all(self, servers: Sequence[Backend], found: Sequence[HealthReport | BackendError]) -> None:
        with self.desk.reading() as session:
            ours = {one.id: len(renders.submitted_on(session, one.id)) + left_runs.count_on(session, one.id) for one in servers}
        changes = {server.id: self._changes(server, told, ours[server.id]) for server, told in zip(servers, found, strict=True)}
        if not any(changes.values()):
            return
        with self.desk.writing() as session:
            for server in servers:
                if changes[server.id] and backends.mark(session, server.id, **changes[server.id]):
                    told = {key: str(value) for key, value in changes[server.id].items() if key in ("state", "detail", "version")}
                    log.info("backend.changed", backend=server.name, **told)

    def _changes(self, server: Backend, told: HealthReport | BackendError, ours: int) -> dict[str, object]:
        """What is to be written about a server; nothing for most."""
        if isinstance(told, BackendError):
            missed = min(server.missed + 1, GONE_ROUNDS)
            down = missed >= GONE_ROUNDS and server.state is BackendState.UP
            changed: dict[str, object] = {"missed": missed} if missed != server.missed else {}
            return changed | ({"state": BackendState.DOWN, "detail": told.message} if down else {})
        self._idle[server.id] = 0 if told.working else self._idle.get(server.id, 0) + 1
        outside = max(0, told.depth - ours)
        changed = {"outside": outside} if outside != server.outside else {}
        changed |= {"missed": 0} if server.missed else {}
        if self._idle[server.id] >= STUCK_ROUNDS or (not told.working and server.state is BackendState.DOWN):
            detail = f"{told.depth} runs wait there and none is carried out; it must be restarted"
            stuck = {"state": BackendState.DOWN, "detail": detail, "seen_at": now()}
            return changed | (stuck if server.state is BackendState.UP or server.detail != detail else {})
        if told.info is not None and server.state is BackendState.DOWN:
            info = told.info
            changed |= {"state": BackendState.UP, "detail": "", "version": info.version, "device": info.device}
        stale = server.seen_at is None or now() - server.seen_at > SEEN_EVERY
        return changed | ({"seen_at": now()} if changed or stale else {})
