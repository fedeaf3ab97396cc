"""Fixtures every floor shares: real databases, a real embedded Valkey, a desk on a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

import httpcore2
import httpx2
import pytest
import redis
import structlog

from core.desk import Desk
from core.settings import Settings
from storage import valkey
from storage.blobs import open_blobs
from storage.database import Database
from storage.queue import Queue
from tests.postgres import Cluster, find_binaries, quick_folder
from tests.waiting import until

ROOT = Path(__file__).parents[1]
DATABASES = ("sqlite", "postgres")
ONE_DATABASE = (("tests", "bot"), ("tests", "hooks"))


def missing(what: str, remedy: str) -> NoReturn:
    """Skip loudly, by name and with the remedy; in CI a missing part is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and in CI nothing may be skipped: {remedy}")
    pytest.skip(f"{what} is missing: {remedy}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of the front ends run on one of the two databases, half of them on each; all others run on both.

    SQL is written in storage only. `SLATE_TEST_DATABASES=both` runs everything on both.
    """
    if os.environ.get("SLATE_TEST_DATABASES") == "both":
        return
    there = Counter(test for item in items if (test := _without_database(item)))
    left = {item for item in items if there[_without_database(item)] > 1 and not _on_its_database(item)}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


def _chosen(item: pytest.Item) -> str:
    """The database that a test of a front end is to run on; empty for other tests, which keep theirs."""
    chosen = item.callspec.params.get("database_url") if hasattr(item, "callspec") else None
    return str(chosen) if chosen in DATABASES and item.path.relative_to(ROOT).parts[:2] in ONE_DATABASE else ""


def _without_database(item: pytest.Item) -> str:
    """What both runs of a test are called alike; empty where there is no choice."""
    chosen = _chosen(item)
    return item.nodeid.replace(chosen, "", 1) if chosen else ""


def _on_its_database(item: pytest.Item) -> bool:
    return _chosen(item) == DATABASES[zlib.crc32(_without_database(item).encode()) % 2]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on how the machine, or the test before it, has set Slate up."""
    for name in [one for one in os.environ if one.startswith("SLATE_")]:
        monkeypatch.delenv(name)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """Every HTTP client reads all authorities' certificates when it is made, which takes longer than most requests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore2, "default_ssl_context", cache(httpcore2.default_ssl_context))
        yield


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL of our own in a temporary folder, with a migrated template database."""
    if find_binaries() is None:
        missing("PostgreSQL", "apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="slate-pg-", dir=quick_folder()) as folder, Cluster(Path(folder)) as cluster:
        cluster.create("slate_template")
        database = Database(cluster.url("slate_template"))
        database.migrate()
        database.close()
        yield cluster


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite database."""
    path = tmp_path / "slate.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgres_cluster.create(name, template="slate_template")
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database: once on SQLite, once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def _valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("valkey")
    process = valkey.start(folder, folder / "v.sock")
    yield f"unix://{folder / 'v.sock'}"
    process.terminate()
    process.wait(10)


@pytest.fixture
def redis_url(_valkey: str) -> str:
    """The URL of a real, empty Valkey."""
    with redis.Redis.from_url(_valkey) as client:
        client.flushall()
    return _valkey


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of an S3 server of our own on loopback, with nothing in it."""
    server = Path(__file__).parents[1] / ".venv-s3" / "bin" / "moto_server"
    if not server.exists():
        missing("The S3 test server", "make test sets it up")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path_factory.mktemp("s3") / "log").open("wb")
    with log, subprocess.Popen([str(server), "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log) as process:
        endpoint = f"http://127.0.0.1:{port}"
        until(lambda: _answers(port), "the S3 server answers")
        yield endpoint
        process.terminate()


@pytest.fixture
def s3_url(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a fresh bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    bucket = f"slate-{uuid.uuid4().hex[:12]}"
    httpx2.put(f"{s3_endpoint}/{bucket}", trust_env=False).raise_for_status()
    return f"s3://{bucket}/some/prefix"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return Settings(data=tmp_path / "data", database_url=database_url, redis_url=redis_url, sweep_seconds=0.2)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    """A desk on a temporary folder, with a fresh database and an empty queue."""
    opened = Desk(settings, Database(settings.database), open_blobs(settings.blobs), Queue(settings.redis))
    yield opened
    opened.close()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
