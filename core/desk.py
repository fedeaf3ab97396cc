"""The render desk of one process: its settings, memory and queue, opened once and passed to whoever needs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlmodel import Session

from core.errors import DatabaseUnavailable
from core.security import permissions, sandbox
from core.settings import Settings
from storage.blobs import Blobs, open_blobs
from storage.database import Database, out_of_room
from storage.queue import Queue, bind_queue

AWAY = (OperationalError, InterfaceError, InternalError, NoConnectionFree)
"""What a database that is away, locked, failing over, or out of connections raises: a moment later the same thing may work."""

UNFIT = (DataError, OverflowError, UnicodeError)
"""What a database raises for a value that none of its columns holds: trying again does not help."""


@dataclass(frozen=True)
class Desk:
    """What a command, a job or a page works with."""

    settings: Settings
    database: Database
    blobs: Blobs
    queue: Queue

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent look at the memory. Raises DatabaseUnavailable."""
        try:
            with self.database.reading() as session:
                yield session
        except AWAY as problem:
            raise _away(problem, "Try again in a moment; `slate doctor` tells more.") from problem

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction. Raises DatabaseUnavailable, and then nothing of it was kept."""
        try:
            with self.database.writing() as session:
                bind_queue(session, self.queue)
                yield session
        except AWAY as problem:
            raise _away(problem, "Nothing was changed. Try again in a moment; `slate doctor` tells more.") from problem

    def close(self) -> None:
        self.database.close()
        self.queue.close()


def _away(problem: Exception, hint: str) -> DatabaseUnavailable:
    if out_of_room(problem):
        return DatabaseUnavailable("There is no room left for the database.", hint=f"Free some room on its disk. {hint}")
    return DatabaseUnavailable(hint=hint)


def open_desk(settings: Settings) -> Desk:
    """Open everything the settings name; connections are made, and sandbox workers started, when first used."""
    permissions.tighten(settings.data)
    sandbox.use(settings)
    blobs = open_blobs(settings.blobs, endpoint=settings.s3_endpoint)
    return Desk(settings, Database(settings.database), blobs, Queue(settings.redis))


@cache
def here() -> Desk:
    """The desk of this process, from its environment: for jobs, which are called by name and bring ids only."""
    return open_desk(Settings())
