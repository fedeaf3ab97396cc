"""The processes of a running Slate, one command each: web, worker, clerk, archivist, sweeper."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated

import typer

from bot.cli.child_process import follow_parent, listen_for_stop, settle
from bot.cli.options import AsJson
from core.security import exposure
from core.settings import Settings


def prepare(as_json: AsJson = False) -> None:
    """Migrate the database and write the defaults; run it once per release on a real host."""
    from core.desk import here
    from core.operations import setup
    from core.people import signin

    desk = here()
    servers = setup.configured_servers(desk.settings)
    setup.prepare(desk, servers)
    address = signin.offer_first_admin(desk)
    desk.close()
    if as_json:
        from bot.cli.answer_output import print_json
        from core.schemas.operations import PreparedSchema

        told = PreparedSchema(ready=True, backends=[name for name, _ in servers])
        print_json(told.model_copy(update={"first_admin": address}) if address else told)
        return
    typer.echo("Ready.")
    if address:
        typer.echo(f"There is no admin yet. Open this within an hour to become the first:\n{address}")


def web(as_json: AsJson = False) -> None:
    """Serve the room, the asset pages and the hooks."""
    import uvicorn

    exposure.check(Settings())
    settings = _begin("web", as_json)
    import_module("hooks.app")
    settle()
    uvicorn.run(
        "hooks.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        access_log=False,
        proxy_headers=False,  # the app itself knows whom to believe (SLATE_TRUSTED_PROXIES)
        timeout_graceful_shutdown=2,
    )


def worker(
    backend: Annotated[str, typer.Option(help="Name of the backend to serve. Without it: every configured one, all lanes.")] = "",
    as_json: AsJson = False,
) -> None:
    """Carry out renders: one process per lane, SLATE_LANES lanes per backend."""
    settings = _begin("worker", as_json)
    name = backend or settings.backend
    if not name:
        _all_lanes(settings)
        return
    os.environ["SLATE_BACKEND"] = name
    say_alive(settings, "worker", name)
    _serve_lane(name)


def _begin(process: str, as_json: bool) -> Settings:
    """What every process does first: follow its supervisor, and log as the settings say; with --json, say that it has started."""
    from core.operations import logs

    settings = Settings()
    follow_parent()
    logs.set_up(settings, process)
    if process != "worker":
        say_alive(settings, process)
    if as_json:
        say_started(process)
    return settings


def say_started(process: str) -> None:
    from bot.cli.answer_output import print_json
    from core.schemas.operations import ProcessSchema

    print_json(ProcessSchema(process=process, pid=os.getpid()))
    sys.stdout.flush()


def say_alive(settings: Settings, process: str, serves: str = "") -> None:
    """Let `slate doctor` see this process."""
    from importlib.metadata import version

    from storage.presence import announce

    announce(settings.redis, process, version("slate"), serves=serves)


def _serve_lane(name: str) -> None:
    from core.desk import here
    from core.rendering.worker import this_lane
    from storage.queue import lane_queue, pool_queue
    from storage.rendering import backends

    lane, desk = this_lane(), here()
    desk.database.background = True
    with desk.reading() as session:
        backend = backends.by_name(session, name)
    pool = backend.pool if backend else "house"
    desk.queue.serve([lane_queue(name), pool_queue(pool)], stopping=lane.stop)
    lane.comfy.close()
    desk.close()


def _all_lanes(settings: Settings) -> None:
    from bot.cli import loaded
    from core.desk import open_desk
    from core.operations import setup
    from core.operations.supervisor import Child, Supervisor
    from storage.rendering import backends

    desk = open_desk(settings)
    setup.prepare(desk, setup.configured_servers(settings))
    with desk.reading() as session:
        names = [backend.name for backend in backends.in_use(session)]
    desk.close()
    lanes = [
        Child(
            f"worker-{name}-{lane + 1}",
            (sys.executable, "-m", "bot.cli", "worker", "--backend", name),
            run=loaded.slate("worker", "--backend", name),
        )
        for name in names
        for lane in range(settings.lanes)
    ]
    loaded.load_workers()
    supervisor = Supervisor(lanes)
    listen_for_stop(supervisor.stop)
    supervisor.run()


def clerk(as_json: AsJson = False) -> None:
    """Post and edit chat messages, carry out the commands that take long, deliver events and files to other programs."""
    import threading

    from bot.messages import background
    from bot.messages.outbox import Outbox
    from bot.messages.sync import chats
    from core.deliveries.courier import Courier
    from core.desk import here
    from storage.queue import CHAT

    _begin("clerk", as_json)
    desk = here()
    desk.database.background = True
    outbox, courier = Outbox(desk, chats(desk)), Courier(desk)

    def stop() -> None:
        outbox.stop()
        courier.stop()

    sending = [threading.Thread(target=outbox.run, name="outbox"), threading.Thread(target=courier.run, name="courier")]
    for one in sending:
        one.start()
    hands = background.here()
    hands.start()
    try:
        desk.queue.serve([CHAT], stopping=stop)
    finally:
        hands.close()
        stop()
        for one in sending:
            one.join(10)
    desk.close()


def archivist(as_json: AsJson = False) -> None:
    """Finish imported files: store them, make fingerprints, thumbnails and previews."""
    from core.desk import here
    from storage.queue import ARCHIVE

    _begin("archivist", as_json)
    desk = here()
    desk.database.background = True
    desk.queue.serve([ARCHIVE])
    desk.close()


def discord(as_json: AsJson = False) -> None:
    """Listen to Discord; exits with an error when the connection breaks for good, so that it is restarted."""
    from bot.discord.client import serve
    from core.desk import here

    _begin("discord", as_json)
    desk = here()
    settle()
    try:
        serve(desk)
    finally:
        desk.close()


def sweeper(as_json: AsJson = False) -> None:
    """Recover what got lost: missing tickets, renders of dead workers, messages that are behind."""
    from core.desk import here
    from core.rendering.reconciler import Sweeper

    _begin("sweeper", as_json)
    desk = here()
    desk.database.background = True
    broom = Sweeper(desk)
    listen_for_stop(broom.stop)
    broom.sweep_on()
    broom.close()
    desk.close()
