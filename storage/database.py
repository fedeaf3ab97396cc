"""Engine and sessions, on SQLite (WAL) or PostgreSQL: one `with` is one transaction.

`reading()` sees one consistent state and never blocks writers; `writing()` takes the write lock at once on SQLite, so that two
processes wait for each other instead of failing half-way, and runs what was put under `after_commit` only when the commit held.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

if TYPE_CHECKING:
    import psycopg

_BUSY_MS = 15_000
_AFTER = "slate_after_commit"
_BEFORE = "slate_before_commit"
_POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server that vanishes without a word is noticed within about 25 seconds, not after a quarter of an hour (libpq's names)."""

_SESSION = "SET plan_cache_mode = force_custom_plan; SET jit = off; SET random_page_cost = 1.1"
"""A statement is planned for the values it is asked with: a plan for any value walks the wrong index of a million rows, 350 ms
instead of 1 ms, and planning takes a tenth of one. No statement here is worth compiling; what is asked often is in memory."""

log = structlog.get_logger(__name__)


class DatabaseDamaged(Exception):
    """The file of an SQLite database is not one, or is damaged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(str(path))


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BACKUP_EVERY = 86_400.0
_BACKUPS_KEPT = 3
_TURN_SECONDS = 2.0
"""How long a background process waits for its turn before it goes for the write lock like everybody else."""


class Database:
    """The database behind a URL such as `sqlite:////srv/slate/slate.db` or `postgresql+psycopg://slate@db/slate`."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(parsed.render_as_string(hide_password=False), self.is_sqlite)
        one_state = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reading = self.engine.execution_options(**one_state)

    background = False
    """Whether this process works in the background: of all that do, one at a time goes for SQLite's write lock, so that people
    wait for one of them at most."""

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not (self.background and self.is_sqlite and self.url.database):
            yield
            return
        with open(f"{self.url.database}.turn", "ab") as turn:
            deadline = time.monotonic() + _TURN_SECONDS
            while time.monotonic() < deadline:
                try:
                    fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.005)
            yield

    def back_up(self, folder: Path) -> Path | None:
        """Copy an SQLite database into `folder` unless the newest copy there is less than a day old; three are kept."""
        if not (self.is_sqlite and self.url.database):
            return None
        folder.mkdir(parents=True, exist_ok=True)
        copies = sorted(folder.glob("slate-*.db"))
        if copies and time.time() - copies[-1].stat().st_mtime < _BACKUP_EVERY:
            return copies[-1]
        made = folder / time.strftime("slate-%Y%m%d-%H%M%S.db", time.gmtime())
        made.touch(mode=0o600)
        with closing(sqlite3.connect(self.url.database)) as source, closing(sqlite3.connect(made)) as target:
            source.backup(target)
        for old in [*copies, made][:-_BACKUPS_KEPT]:
            old.unlink(missing_ok=True)
        return made

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state from its first statement on; its changes are thrown away."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits when the block ends well and rolls back when it does not."""
        with self._turn(), Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection(execution_options={"slate_immediate": True})
            yield session
            for act in session.info.pop(_BEFORE, []):
                act()
            session.commit()
            done: list[Callable[[], None]] = session.info.pop(_AFTER, [])
        for act in done:
            _carry_out(act)

    def migrate(self) -> None:
        """Bring the schema to the newest version; safe to call from several processes at once. Raises DatabaseDamaged."""
        try:
            self._migrate()
        except DatabaseError as problem:
            if self.url.database and getattr(problem.orig, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                raise DatabaseDamaged(Path(self.url.database)) from problem
            raise

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("SELECT pg_advisory_lock(7528323)")
                connection.commit()
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
                connection.commit()
            finally:
                if not self.is_sqlite:
                    connection.rollback()
                    connection.exec_driver_sql("SELECT pg_advisory_unlock(7528323)")
                    connection.commit()

    def close(self) -> None:
        self.engine.dispose()


def before_commit(session: Session, act: Callable[[], None]) -> None:
    """Run `act` as the last part of the session's transaction, right before it commits; what it raises ends the transaction."""
    session.info.setdefault(_BEFORE, []).append(act)


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Run `act` once the session's transaction is safely committed, and not at all if it is not."""
    session.info.setdefault(_AFTER, []).append(act)


def _carry_out(act: Callable[[], None]) -> None:
    """What was written is written: an act that fails is logged, keeps no other from being done, and is no failure to anybody."""
    try:
        act()
    except Exception:  # the edge: the transaction is over
        log.exception("database.after-commit-failed")


def _engine(url: str, is_sqlite: bool) -> Engine:
    if not is_sqlite:
        given = {name: value for name, value in _POSTGRES.items() if name not in make_url(url).query}
        engine = create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=15, connect_args=given)
        event.listen(engine, "connect", _plan_each_time)
        return engine
    engine = create_engine(url, connect_args={"timeout": _BUSY_MS / 1000, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions are begun by _begin, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        wants_lock = connection.get_execution_options().get("slate_immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if wants_lock else "BEGIN")

    return engine


def _plan_each_time(connection: psycopg.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.execute(_SESSION)
    connection.commit()


def out_of_room(problem: Exception) -> bool:
    """Whether a statement failed because the disk is full."""
    orig = getattr(problem, "orig", None)
    return getattr(orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or getattr(orig, "sqlstate", None) == "53100"


def plain(url: Any) -> str:
    """A database URL fit to be shown: no password."""
    return make_url(str(url)).render_as_string(hide_password=True)
