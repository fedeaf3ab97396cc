"""What the stores say about themselves, for the doctor: versions, how far the schema is, whether the queue survives a restart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import inspect, text

from storage.database import Database
from storage.late_import import Late
from storage.queue import Queue

if TYPE_CHECKING:
    import redis
else:
    redis = Late("redis")

_REVISION = re.compile(r"^revision(?:: str)? = [\"'](\w+)[\"']", re.MULTILINE)
_FOLLOWS = re.compile(r"^down_revision(?:: [^=]*)? = [\"'](\w+)[\"']", re.MULTILINE)


@dataclass(frozen=True)
class DatabaseSchema:
    """How far a database's schema is. `at` is empty when there is none yet."""

    at: str
    newest: str
    known: bool
    """Whether this program knows the revision `at`; False: a newer Slate has been here."""

    @property
    def current(self) -> bool:
        return self.at == self.newest


def schema(database: Database) -> DatabaseSchema:
    """Raises sqlalchemy.exc.OperationalError when the database does not answer."""
    with database.engine.connect() as connection:
        known_here = inspect(connection).has_table("alembic_version")
        at = str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "") if known_here else ""
    newest, known = _revisions()
    return DatabaseSchema(at, newest, at in known or not at)


def database_version(database: Database) -> str:
    """`SQLite 3.45.1` or `PostgreSQL 16.2`. Raises sqlalchemy.exc.OperationalError."""
    asked = "SELECT sqlite_version()" if database.is_sqlite else "SHOW server_version"
    with database.engine.connect() as connection:
        version = str(connection.execute(text(asked)).scalar_one()).split(" ")[0]
    return f"{'SQLite' if database.is_sqlite else 'PostgreSQL'} {version}"


@dataclass(frozen=True)
class QueueFacts:
    """What a Redis or Valkey says about itself."""

    version: str
    """Such as `Valkey 8.1.1`."""
    keeps: bool
    """Whether what is queued survives a restart of it (append-only file or snapshots)."""
    evicts: bool
    """Whether it throws keys away when memory is short."""


def queue_facts(queue: Queue) -> QueueFacts:
    """Raises redis.RedisError."""
    said: dict[str, Any] = queue.redis.info()
    name = "Valkey" if "valkey_version" in said else "Redis"
    version = said.get("valkey_version") or said.get("redis_version", "")
    return QueueFacts(
        version=f"{name} {version}",
        keeps=bool(said.get("aof_enabled")) or _snapshots(queue),
        evicts=said.get("maxmemory", 0) > 0 and said.get("maxmemory_policy") != "noeviction",
    )


def _snapshots(queue: Queue) -> bool:
    try:
        return bool(cast("dict[str, str]", queue.redis.config_get("save")).get("save"))
    except redis.ResponseError:  # hosted servers often forbid CONFIG; they say in their console what they keep
        return True


@cache
def _revisions() -> tuple[str, frozenset[str]]:
    """(the newest revision, all of them), as the files of the migrations say, without the library that carries them out."""
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).with_name("migrations").glob("versions/*.py")]
    known = frozenset(found.group(1) for text in texts if (found := _REVISION.search(text)))
    followed = {found.group(1) for text in texts if (found := _FOLLOWS.search(text))}
    [newest] = known - followed
    return newest, known
