"""A PostgreSQL cluster of our own in a temporary folder, on a unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

import psycopg


def find_binaries() -> Path | None:
    """The folder with initdb and postgres, or None."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    return next((path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()), None)


def quick_folder(wanted: int = 2 << 30) -> Path | None:
    """A folder in memory with room for a cluster, or None: a new database a test is a third of the wait there."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > wanted else None


class Cluster:
    """Started on entry, stopped on exit. As root it runs as the user `postgres`, for PostgreSQL refuses root."""

    def __init__(self, folder: Path) -> None:
        binaries = find_binaries()
        assert binaries is not None
        self.binaries = binaries
        self.folder = folder
        self.data = folder / "data"
        self.up = False
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.prefix: list[str] = []
        if os.getuid() == 0:
            self.user = "postgres"
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            shutil.chown(folder, "postgres")

    def _run(self, *command: str) -> None:
        done = subprocess.run([*self.prefix, *command], capture_output=True, text=True, check=False, cwd=self.folder)
        assert done.returncode == 0, f"{command}: {done.stdout[-400:]} {done.stderr[-800:]}"

    def __enter__(self) -> Cluster:
        self._run(str(self.binaries / "initdb"), "-D", str(self.data), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self.start()
        return self

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c synchronous_commit=off"
        options += " -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB"
        self._run(
            str(self.binaries / "pg_ctl"), "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )
        self.up = True

    def stop(self) -> None:
        """At once, as if the machine had lost its power: connections are cut, nothing is said."""
        self._run(str(self.binaries / "pg_ctl"), "-D", str(self.data), "-m", "immediate", "-w", "stop")
        self.up = False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.up:
            self.stop()

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{self.user}@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template0") -> None:
        self._sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def keep_what_is_committed(self, name: str) -> None:
        """Have commits of this database survive `stop`; the others trade that for speed."""
        self._sql(f'ALTER DATABASE "{name}" SET synchronous_commit = on')

    def drop(self, name: str) -> None:
        self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _sql(self, statement: str) -> None:
        with psycopg.connect(host=str(self.folder), user=self.user, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())
