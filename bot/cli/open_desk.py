"""The desk of a command line: settings read, stores opened, made ready the first time, closed at the end."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, OperationalError

from bot.cli.address import as_served
from core.desk import Desk, open_desk
from core.errors import BadInput, Conflict, DatabaseUnavailable
from core.people.projects import PLAYGROUND
from core.settings import Settings
from storage import health
from storage.people import projects
from storage.rendering import workflows


def begin_logging() -> None:
    """Errors go to standard error: standard output belongs to the answer, and what a person can do is said in sentences."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def read_settings() -> Settings:
    """The environment's settings. Raises BadInput that names the variable."""
    try:
        return Settings()
    except ValidationError as problem:
        first = problem.errors()[0]
        name = "SLATE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise BadInput(f"{name} cannot be used: {first['msg']}.", hint="`slate settings` describes every variable.") from problem


@contextmanager
def plain_desk() -> Iterator[Desk]:
    """The desk as it is, not made ready; links lead to the Slate that runs on it. Raises BadInput for senseless settings."""
    begin_logging()
    try:
        desk = open_desk(as_served(read_settings()))
    except (ArgumentError, ValueError, OSError) as problem:
        raise BadInput(f"The settings cannot be used: {problem}", hint="`slate settings` describes every variable.") from problem
    try:
        yield desk
    finally:
        desk.close()


@contextmanager
def opened() -> Iterator[Desk]:
    """The desk, ready to work: a new database is set up first. Raises DatabaseUnavailable, BadInput, Conflict."""
    with plain_desk() as desk:
        make_ready(desk)
        yield desk


def make_ready(desk: Desk) -> None:
    """Migrate and set up where that has not been done. Raises DatabaseUnavailable, Conflict."""
    try:
        schema = health.schema(desk.database)
    except OperationalError as problem:
        raise DatabaseUnavailable(hint="`slate doctor` tells more.") from problem
    if not schema.known:
        raise Conflict("A newer Slate has written this database.", hint="Update this Slate.", schema=schema.at)
    if not schema.current or not _furnished(desk):
        from core.operations.setup import prepare

        prepare(desk, [])


def _furnished(desk: Desk) -> bool:
    """Whether the project and the workflows that every Slate has are there."""
    with desk.reading() as session:
        return projects.by_slug(session, PLAYGROUND) is not None and bool(workflows.everything(session))
