"""A database in trouble is one kind of trouble to whoever works at the desk, and nothing of a failed transaction is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.settings import Settings
from storage.blobs import open_blobs
from storage.database import Database
from storage.queue import Queue
from storage.tables import Member
from tests.makers import make_member


@pytest.fixture
def on_postgres(postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(Settings(), Database(postgres_url), open_blobs(f"file://{tmp_path}"), Queue(redis_url))
    yield desk
    desk.close()


@pytest.mark.parametrize(
    "trouble",
    [
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "SET TRANSACTION READ ONLY",
    ],
)
def test_a_connection_that_breaks_or_a_server_that_fails_over_is_a_database_away(on_postgres: Desk, trouble: str) -> None:
    def write() -> None:
        with on_postgres.writing() as session:
            make_member(session, "Mia")
            session.execute(text(trouble))
            make_member(session, "Ana")

    with pytest.raises(DatabaseUnavailable):
        write()
    with on_postgres.writing() as session:
        make_member(session, "Mia")
    with on_postgres.reading() as session:
        assert session.exec(select(Member.name)).all() == ["Mia"]


def test_a_sqlite_that_somebody_else_holds_is_a_database_away(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    held, waiting = Database(sqlite_url), Database(sqlite_url)
    desk = Desk(Settings(), waiting, open_blobs(f"file://{tmp_path}"), Queue(redis_url))
    with held.writing() as session:
        make_member(session, "Mia")
        with desk.reading() as other:
            other.execute(text("PRAGMA busy_timeout=10"))
        with pytest.raises(DatabaseUnavailable), desk.writing():
            pass
    with desk.writing() as session:
        make_member(session, "Ana")
    held.close()
    desk.close()
