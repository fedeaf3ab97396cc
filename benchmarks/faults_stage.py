"""What the fault harness strikes: simulated ComfyUI processes, a `slate up`, its queue, its database and its disks."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

from benchmarks.faults_proxy import Proxies, SpoilingProxy
from benchmarks.stage import free_port, until
from tests.postgres import Cluster


@dataclass
class Machine:
    """A simulated ComfyUI in a process of its own, behind a proxy that spoils."""

    name: str
    folder: Path
    port: int
    proxy: SpoilingProxy
    url: str = ""
    """Where Slate reaches it: the proxy."""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; twice is once."""
        if self.process is not None and self.process.poll() is None:
            return
        command = [sys.executable, "-m", "hooks.simulator", "--port", str(self.port), "--folder", str(self.folder)]
        command += ["--name", self.name, "--step-seconds", "0.05"]
        with (self.folder.parent / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def ask(self, path: str, body: object = None) -> bytes:
        """Past the proxy, as somebody at the machine would. Raises OSError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"} if data is not None else {}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: bytes = answer.read()
        return found

    def answers(self) -> bool:
        try:
            return bool(self.ask("/system_stats"))
        except OSError:
            return False


@dataclass
class Disk:
    """A small file system in memory, whose size can be brought down to what is on it."""

    folder: Path
    megabytes: int

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m", "tmpfs", str(self.folder)], check=True)

    def fill(self) -> None:
        used = os.statvfs(self.folder)
        kept = (used.f_blocks - used.f_bfree) * used.f_frsize // 1024 + 24
        subprocess.run(["mount", "-o", f"remount,size={kept}k", str(self.folder)], check=True)

    def empty(self) -> None:
        subprocess.run(["mount", "-o", f"remount,size={self.megabytes}m", str(self.folder)], check=True)

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=False)


@dataclass
class FaultStage:
    """A whole Slate with all it needs. `machines` are the good servers; two more are configured that are none."""

    folder: Path
    machines: list[Machine]
    state: Disk
    blobs: Disk
    environment: dict[str, str]
    cluster: Cluster | None = None
    faketime: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def data(self) -> Path:
        return self.state.folder / "data"

    @property
    def port(self) -> int:
        return int(self.environment["SLATE_PORT"])

    def start(self) -> None:
        """`slate up`, and again whenever it has ended, until `stop`."""

        def keep_up() -> None:
            while not self._over.is_set():
                with (self.folder / "up.log").open("ab") as log:
                    command = [sys.executable, "-m", "bot.cli", "up"]
                    env = {**os.environ, **self.environment}
                    self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
                self.starts += 1
                self.process.wait()
                self._over.wait(1)

        threading.Thread(target=keep_up, name="keep-up", daemon=True).start()

    def stop(self) -> None:
        self._over.set()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
        for pid in self.pids("slate") + self.pids("valkey"):
            os.kill(pid, signal.SIGKILL)

    def pids(self, name: str) -> list[int]:
        """The processes of this Slate whose name begins so."""
        found = []
        mark = f"SLATE_DATA={self.data}".encode()
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                comm = (entry / "comm").read_text().strip() if entry.name.isdecimal() else ""
                if comm.startswith(name) and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return sorted(found)

    def send(self, pids: Sequence[int], number: int) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def queue(self, *command: str) -> None:
        """Say something to the queue; a queue that is away has a fault already."""
        socket = str(self.data / "redis" / "valkey.sock")
        with suppress(redis.RedisError, OSError), redis.Redis(unix_socket_path=socket, socket_timeout=5) as queue:
            queue.execute_command(*command)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """SQLite: another program holds the lock; PostgreSQL: all its processes stand still."""
        if self.cluster is None:
            other = sqlite3.connect(self.data / "slate.db", timeout=30, isolation_level=None, check_same_thread=False)
            try:
                other.execute("BEGIN IMMEDIATE")
                yield
                other.execute("ROLLBACK")
            finally:
                other.close()
            return
        pids = self._postgres()
        self.send(pids, signal.SIGSTOP)
        try:
            yield
        finally:
            self.send(pids, signal.SIGCONT)

    def _postgres(self) -> list[int]:
        assert self.cluster is not None
        first = int((self.cluster.data / "postmaster.pid").read_text().split()[0])
        listed = subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True, check=False).stdout.split()
        return [first, *map(int, listed)]

    def cut_connections(self) -> None:
        assert self.cluster is not None
        with psycopg.connect(host=str(self.cluster.folder), user=self.cluster.user, dbname="postgres", autocommit=True) as one:
            one.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'slate'")

    def clock(self, seconds: int) -> None:
        """Let Slate's processes see another time; its machines and its database do not."""
        if self.faketime is not None:
            (self.folder / "clock").write_text(f"{seconds:+d}s\n")


@contextmanager
def fault_stage(folder: Path, *, machines: int, postgres: bool, faketime: Path | None) -> Iterator[FaultStage]:
    """Set all of it up, and take it down at the end."""
    proxies, made = Proxies(), list[Machine]()
    for number in range(1, machines + 1):
        port = free_port()
        proxy = SpoilingProxy(f"http://127.0.0.1:{port}")
        made.append(Machine(f"gpu-{number:02}", folder / f"gpu-{number:02}", port, proxy, proxies.serve(proxy)))
        made[-1].folder.mkdir(parents=True)
        made[-1].start()
    state, blobs = Disk(folder / "state", 2048), Disk(folder / "blobs", 4096)
    servers = [f"{one.name}={one.url}" for one in made]
    servers += [f"a-page={proxies.page()}", f"nobody=http://127.0.0.1:{free_port()}"]
    environment = {
        "SLATE_DATA": str(state.folder / "data"), "SLATE_BLOBS_URL": f"file://{blobs.folder}", "SLATE_PORT": str(free_port()),
        "SLATE_COMFYUI_URLS": ",".join(servers), "SLATE_CLERKS": "2", "SLATE_LANES": "2", "SLATE_MAX_QUEUED": "500",
    }  # fmt: skip
    cluster: Cluster | None = None
    if postgres:
        (folder / "pg").mkdir()
        cluster = Cluster(folder / "pg").__enter__()
        cluster.create("slate")
        cluster.keep_what_is_committed("slate")
        environment["SLATE_DATABASE_URL"] = cluster.url("slate")
    if faketime is not None:
        (folder / "clock").write_text("+0s\n")
        environment |= {
            "LD_PRELOAD": str(faketime), "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"), "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_CACHE_DURATION": "1",
        }  # fmt: skip
    stage = FaultStage(folder, made, state, blobs, environment, cluster, faketime)
    try:
        for one in made:
            until(one.answers, f"{one.name} answers")
        stage.start()
        until(lambda: web_answers(stage.port), "Slate is up", 300)
        yield stage
    finally:
        stage.stop()
        for one in made:
            one.signal(signal.SIGCONT)
            one.kill()
        proxies.close()
        if cluster is not None:
            cluster.__exit__(None, None, None)
        blobs.close()
        state.close()


def web_answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait(seconds: float, stopped: Callable[[], bool] = lambda: False) -> None:
    """Sleep, but no longer than needed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not stopped():
        time.sleep(0.1)
