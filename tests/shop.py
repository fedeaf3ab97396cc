"""A working Slate inside a test: a desk, a simulated ComfyUI, and jobs carried out when the test says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.commands.background import PLATFORM
from bot.messages import background
from bot.messages.background import Background
from bot.messages.sync import catch_up
from bot.web.room_chat import RoomChat
from core.comfyui.client import Comfy
from core.desk import Desk, here
from core.operations.setup import prepare
from core.rendering import lifecycle, worker
from core.rendering.lifecycle import RenderRequest
from core.rendering.reconciler import Sweeper
from core.rendering.worker import Lane
from core.settings import Settings
from hooks.simulator import RunningSimulator, SimulatorOptions, running
from storage.chat import seen_events
from storage.files import assets
from storage.people import projects
from storage.queue import CHAT, lane_queue, pool_queue
from storage.rendering import backends, renders
from storage.tables import Asset, Member, Project, Render, Role
from tests.makers import make_member


@dataclass
class Shop:
    """Mia works here; `simulator` is the one GPU, called gpu-01."""

    desk: Desk
    simulator: RunningSimulator
    mia: Member
    project: Project
    sweeper: Sweeper
    lanes: list[Lane] = field(default_factory=list)

    def lane(self, backend: str = "gpu-01") -> Lane:
        """A worker of the backend."""
        with self.desk.reading() as session:
            server = backends.by_name(session, backend)
        assert server is not None
        made = Lane(self.desk, backend, Comfy(server.url, name=backend, timeout=5))
        self.lanes.append(made)
        return made

    def ask(self, workflow: str = "text-to-image", *, by: Member | None = None, **inputs: object) -> Render:
        given = {"prompt": "a red boat", "steps": 3, "width": 128, "height": 128} | inputs
        return lifecycle.submit(self.desk, RenderRequest(workflow, by or self.mia, self.project, inputs=given))

    def now(self, render: Render) -> Render:
        """The render as it is now."""
        with self.desk.reading() as session:
            found = renders.by_id(session, render.id)
        assert found is not None
        return found

    def outputs(self, render: Render) -> list[Asset]:
        with self.desk.reading() as session:
            return list(assets.of_render(session, render.id))

    def sweep(self) -> None:
        assert not self.sweeper.sweep()

    def drain(self) -> None:
        """Carry out every job there is: tickets and posts, as the real worker and clerk would."""
        carry_out_commands(self.desk)
        self.desk.queue.serve([lane_queue("gpu-01"), pool_queue("house"), CHAT], burst=True)
        catch_up(self.desk, speak={"room": RoomChat()})


def carry_out_commands(desk: Desk) -> bool:
    """Carry out the commands that take long, as the clerk would; whether there was one."""
    with desk.reading() as session:
        if not seen_events.open_ones(session, PLATFORM):
            return False
    hands = Background(desk)
    hands.drain()
    hands.close()
    return True


@contextmanager
def open_shop(desk: Desk, **knobs: object) -> Iterator[Shop]:
    """Prepare the desk, with one simulated backend that is up."""
    with running(SimulatorOptions(step_seconds=0.0, knobs=knobs)) as simulator:
        settings = desk.settings.model_copy(update={"models_paths": (simulator.folder / "models",)})
        prepare(Desk(settings, desk.database, desk.blobs, desk.queue), [("gpu-01", simulator.url)])
        with desk.writing() as session:
            project = projects.everything(session)[0]
            mia = make_member(session, "Mia Chen", Role.LEAD)
        shop = Shop(desk, simulator, mia, project, Sweeper(desk))
        shop.sweep()
        try:
            with environment_of(desk.settings):
                yield shop
        finally:
            shop.sweeper.close()
            for lane in shop.lanes:
                lane.comfy.close()


@contextmanager
def environment_of(settings: Settings, backend: str = "gpu-01") -> Iterator[None]:
    """Jobs called by name in this process find this desk and serve this backend."""
    wanted = {
        "SLATE_DATA": str(settings.data),
        "SLATE_DATABASE_URL": settings.database_url,
        "SLATE_REDIS_URL": settings.redis_url,
        "SLATE_BACKEND": backend,
        "SLATE_SLACK_API_URL": settings.slack_api_url,
        "SLATE_SLACK_BOT_TOKEN": settings.slack_bot_token,
    }
    secrets = ("discord_token", "discord_api_url")
    wanted |= {f"SLATE_{name.upper()}": getattr(settings, name) for name in secrets if name in settings.model_fields_set}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        _close_cached()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _close_cached() -> None:
    if worker.this_lane.cache_info().currsize:
        worker.this_lane().comfy.close()
    if here.cache_info().currsize:
        here().close()
    if background.here.cache_info().currsize:
        background.here().close()
    background.here.cache_clear()
    worker.this_lane.cache_clear()
    here.cache_clear()
