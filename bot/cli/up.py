"""`slate up`: everything on one machine with one command, embedded unless the settings say otherwise."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import urlsplit

import typer

from bot.cli import loaded
from bot.cli.address import announced
from bot.cli.child_process import listen_for_stop
from bot.cli.options import AsJson
from core.desk import Desk, open_desk
from core.errors import CannotStart
from core.operations.setup import Server, configured_servers, prepare
from core.operations.supervisor import Child, Supervisor
from core.security import exposure
from core.settings import Settings
from storage import valkey
from storage.database import DatabaseDamaged, plain
from storage.rendering import backends

if TYPE_CHECKING:
    from core.schemas.operations import RunningSchema

Ready = Callable[[Settings, Sequence[Server]], None]
"""Tells that Slate is up, with its ComfyUI servers."""

QUEUE, MACHINES, SLATE = 0, 1, 2
"""Groups of processes; they are stopped from the last to the first."""
READY_SECONDS = 600.0
"""Longer than a start takes on a machine that has much else to do."""
TELL_EVERY = 30.0
MOST_DEATHS = 5
"""A process that ended so often while it was waited for will not start."""
PORT_SECONDS = 9.0
"""A little longer than the processes of a killed Slate take to end."""


def up(as_json: AsJson = False) -> None:
    """Start everything: queue, web room, workers, clerk, sweeper, and a simulated ComfyUI if none is configured.

    With --json, what is running is printed as one JSON value as soon as it is up, and everything else to standard error.
    """
    if not as_json:
        _run(lambda settings, servers: typer.echo(_block(settings, servers)))
        return
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        _run(lambda settings, servers: print(json.dumps(_running(settings, servers).as_json()), file=answers, flush=True))


def _run(ready: Ready) -> None:
    """Run Slate until it is stopped; `ready` is called once it is up. Raises CannotStart."""
    settings = Settings()
    exposure.check(settings)
    with _only_one(settings.data), announced(settings):
        supervisor = Supervisor([])
        listen_for_stop(supervisor.stop)
        try:
            _await_port(settings, supervisor)
            _start(settings, supervisor, ready)
            supervisor.run()
        except DatabaseDamaged as damaged:
            raise _about_damage(settings, damaged) from None
        finally:
            supervisor.end()
    typer.echo("Slate has stopped. What was queued goes on at the next start.")


def _start(settings: Settings, supervisor: Supervisor, ready: Ready) -> None:
    logs = settings.data.absolute() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    _step(f"Starting Slate on {settings.data.absolute()}; logs are in {logs}.")
    if not settings.redis_url:
        _step("Starting the embedded queue …")
        _start_queue(settings, supervisor, logs)
    if loaded.CAN_FORK:
        _step("Loading …")
        loaded.load(_more(settings))
    simulated = _simulated(settings) if settings.simulated else []
    if simulated:
        _step(f"Starting {len(simulated)} simulated ComfyUI …")
    supervisor.add([_simulator(settings, server, logs) for server in simulated])
    supervisor.tend()
    servers = simulated or configured_servers(settings)
    for name, url in simulated:
        _wait_for(f"the simulated ComfyUI {name}", f"{url}/system_stats", supervisor)
    if supervisor.stopping:
        return
    _step(f"Preparing the database ({plain(settings.database)}) and the shipped workflows …")
    with _desk(_with_models(settings)) as desk:
        prepare(desk, servers)
        desk.database.back_up(settings.data / "backups")
    children = [*_slate(settings, logs), *_lanes(settings, servers, logs)]
    _step(f"Starting {', '.join(child.name for child in children)} …")
    supervisor.add(children)
    supervisor.tend()
    _wait_for("the web process", f"http://{_reach(settings)}/healthz", supervisor)
    if not supervisor.stopping:
        ready(settings, servers)


def first_admin(settings: Settings) -> str:
    """The link for the first admin, where people sign in with an account and there is no admin yet; else empty."""
    from core.people import signin

    if settings.sign_in == "name":
        return ""
    with _desk(settings) as desk:
        return signin.offer_first_admin(desk)


def _step(text: str) -> None:
    """What happens now, a line each; it is shown at once, also through a pipe."""
    print(text, flush=True)


def _more(settings: Settings) -> list[str]:
    """What only this Slate needs loaded."""
    simulated = ["hooks.simulator.__main__"] if settings.simulated else []
    slack = ["bot.slack.socket_mode"] if settings.slack and settings.slack_app_token else []
    return [*simulated, *slack, *(["bot.discord.client"] if settings.discord_token else [])]


def _about_damage(settings: Settings, damaged: DatabaseDamaged) -> CannotStart:
    """What is wrong with the database, the last good copy of it, and what to do."""
    copies = sorted((settings.data / "backups").glob("slate-*.db"))
    if copies:
        do = f"The last good copy is {copies[-1]}: move the damaged file away and copy this one to its place."
    else:
        do = (
            f"There is no copy of it in {settings.data / 'backups'}. `sqlite3 {damaged.path} .recover` may save what is readable."
        )
    said = f"The database {damaged.path} is damaged and cannot be opened."
    return CannotStart(said, hint=f"{do} Files and running renders are not touched.")


def _await_port(settings: Settings, supervisor: Supervisor) -> None:
    """Wait a moment for the port, as a Slate that was killed may be ending still; Exit when another program has it."""
    deadline = time.monotonic() + PORT_SECONDS
    while problem := _port_problem(settings.host, settings.port):
        if supervisor.stopping:
            return
        if problem.errno != errno.EADDRINUSE or time.monotonic() > deadline:
            where = f"{settings.host}:{settings.port}"
            said = f"The web process cannot listen on {where}: {problem.strerror}."
            raise CannotStart(said, hint="Choose another SLATE_PORT.")
        time.sleep(0.1)


def _port_problem(host: str, port: int) -> OSError | None:
    """Why nobody could listen there now."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as problem:
        return problem
    return None


def _start_queue(settings: Settings, supervisor: Supervisor, logs: Path) -> None:
    folder = settings.data.absolute() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    valkey.shut_down(settings.redis_socket)  # one that a killed Slate left behind
    command = tuple(valkey.command(folder, settings.redis_socket))
    log = str(logs / "queue.log")
    reached_by = str(settings.redis_socket)
    supervisor.add([Child("queue", command, group=QUEUE, log_file=log, foreign=True, folder=str(folder), reached_by=reached_by)])
    supervisor.tend()
    _wait(lambda: valkey.answers(settings.redis_socket), "the embedded queue", supervisor)


def _simulated(settings: Settings) -> list[Server]:
    """Name and URL of the simulated backends: the ports of last time where they are still free."""
    with _desk(settings) as desk:
        desk.database.migrate()
        with desk.reading() as session:
            before = {backend.name: backend.url for backend in backends.in_use(session)}
    names = [f"gpu-{number:02}" for number in range(1, settings.simulated_backends + 1)]
    return [(name, f"http://127.0.0.1:{_free_port(before.get(name, ''))}") for name in names]


def _free_port(last: str) -> int:
    text = last.rpartition(":")[2]
    for port in (int(text) if text.isdecimal() else 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on this machine")


def _with_models(settings: Settings) -> Settings:
    """A simulated ComfyUI's model files can be read, so their hashes and licences are known."""
    if not settings.simulated or settings.models_paths:
        return settings
    return settings.model_copy(update={"models_paths": (_comfy_folder(settings, "gpu-01") / "models",)})


def _comfy_folder(settings: Settings, name: str) -> Path:
    return settings.data.absolute() / "comfyui" / name


def _simulator(settings: Settings, server: Server, logs: Path) -> Child:
    name, url = server
    options = ["--port", url.rpartition(":")[2], "--folder", str(_comfy_folder(settings, name)), "--name", name]
    options += ["--step-seconds", str(settings.simulated_step_seconds)]
    command = (sys.executable, "-m", "hooks.simulator", *options)
    log = str(logs / f"comfyui-{name}.log")
    return Child(f"comfyui-{name}", command, group=MACHINES, log_file=log, run=loaded.simulator(options))


def _slate(settings: Settings, logs: Path) -> list[Child]:
    names = ["web", "clerk", "archivist", "sweeper"]
    names += ["slack"] if settings.slack and settings.slack_app_token else []
    names += ["discord"] if settings.discord_token else []
    more = [_child(f"clerk-{number}", ("clerk",), logs) for number in range(2, settings.clerks + 1)]
    return [*(_child(name, (name,), logs) for name in names), *more]


def _lanes(settings: Settings, servers: Sequence[Server], logs: Path) -> list[Child]:
    return [
        _child(f"worker-{name}-{lane + 1}", ("worker", "--backend", name), logs)
        for name, _ in servers
        for lane in range(settings.lanes)
    ]


def _child(name: str, command: tuple[str, ...], logs: Path) -> Child:
    program = (sys.executable, "-m", "bot.cli", *command)
    return Child(name, program, group=SLATE, log_file=str(logs / f"{name}.log"), run=loaded.slate(*command))


@contextmanager
def _desk(settings: Settings) -> Iterator[Desk]:
    desk = open_desk(settings)
    try:
        yield desk
    finally:
        desk.close()


@contextmanager
def _only_one(folder: Path) -> Iterator[TextIO]:
    """Hold the data folder; two Slates on one folder would share a queue without knowing."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "slate.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            said = f"Slate is running on {folder.absolute()} already (process {lock.read().strip()})."
            raise CannotStart(said, hint="Stop that one first, or give this one another SLATE_DATA.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock


def _wait_for(what: str, url: str, supervisor: Supervisor) -> None:
    place = urlsplit(url)

    def answers() -> bool:
        connection = HTTPConnection(place.hostname or "", place.port, timeout=2)
        try:
            connection.request("GET", place.path)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    _wait(answers, what, supervisor)


def _wait(ready: Callable[[], bool], what: str, supervisor: Supervisor) -> None:
    """Wait while it starts, however busy the machine is; give up when it keeps dying, or after very long."""
    begun, told = time.monotonic(), 1
    while not supervisor.stopping and not ready():
        supervisor.tend()
        waited = time.monotonic() - begun
        if waited > READY_SECONDS or max(supervisor.deaths.values(), default=0) >= MOST_DEATHS:
            why = "keeps ending" if waited <= READY_SECONDS else f"did not start within {READY_SECONDS / 60:.0f} minutes"
            raise CannotStart(f"{what} {why}.", hint="Its log is in the folder `logs` of the data folder.")
        if waited > told * TELL_EVERY:
            _step(f"Still waiting for {what} ({waited:.0f} seconds); the machine is busy.")
            told += 1
        time.sleep(0.05)


def _reach(settings: Settings) -> str:
    return f"{'127.0.0.1' if settings.host in ('0.0.0.0', '::') else settings.host}:{settings.port}"


def _running(settings: Settings, servers: Sequence[Server]) -> RunningSchema:
    from core.schemas.operations import RunningSchema

    comfy = ", ".join(f"{name} {url}" for name, url in servers)
    address = first_admin(settings)
    told = RunningSchema(
        room=settings.base_url,
        database=f"real, {plain(settings.database_url)}" if settings.database_url else "embedded SQLite",
        queue="real Redis" if settings.redis_url else "embedded Valkey",
        files=f"real, {settings.blobs_url}" if settings.blobs_url else "embedded folder",
        comfyui=f"SIMULATED, {comfy}" if settings.simulated else f"real, {comfy}",
        data=str(settings.data.absolute()),
    )
    return told.model_copy(update={"first_admin": address}) if address else told


def _block(settings: Settings, servers: Sequence[Server]) -> str:
    """What a person needs to know, in one short block."""
    told = _running(settings, servers)
    lines = [
        ("room", told.room),
        ("database", told.database),
        ("queue", told.queue),
        ("files", told.files),
        ("ComfyUI", told.comfyui),
        ("data", told.data),
    ]
    rows = "\n".join(f"  {name:<9} {value}" for name, value in lines)
    admin = f"\n  There is no admin yet. Open this within an hour to become the first:\n  {told.first_admin}\n"
    return (
        f"\nSlate is up.\n\n{rows}\n\n  Ctrl-C stops everything. `slate doctor` looks at every part.\n"
        f"{admin if told.first_admin else ''}"
    )
