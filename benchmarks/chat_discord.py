"""Discord: how soon a command is acknowledged under load, events a second, and five hundred renders that end within a minute.

`python -m benchmarks.chat_discord [--part acknowledge|events|burst] [--pace 1.0]` runs `slate discord` as a process of its own,
and the outbox, against the simulated Discord of the tests, with its rate limits. `--pace 0.1` makes its windows, the budgets of
the outbox and the minute ten times as short.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.bare import bare
from bot.discord.chat import DiscordChat
from bot.messages.outbox import Outbox
from core import files
from core.desk import Desk, open_desk
from core.operations import logs, setup
from core.settings import Settings
from storage import search, valkey
from storage.chat import posts
from storage.clock import now
from storage.files import assets, verdicts
from storage.people import members
from storage.queue import OUTBOX
from storage.rate_limit import Budget
from storage.rendering import renders
from storage.tables import Origin, Post, Render, RenderState, Role
from tests.makers import make_member
from tests.simulators.discord import Channel, DiscordServer, Person, Responded
from tests.simulators.discord.limits import ACKNOWLEDGE_SECONDS

Commands = dict[str, list[dict[str, Any]]]
PEOPLE = 200
BURST = 500
MINUTE = 60.0


class Paced(DiscordChat):
    """The outbox's budgets, as much shorter as the simulated windows are."""

    pace = 1.0

    def budgets(self, post: Post) -> Sequence[Budget]:
        return tuple(Budget(one.key, one.every * self.pace, one.burst) for one in super().budgets(post))


@contextmanager
def studio(pace: float, known: Commands | None = None) -> Iterator[tuple[Desk, DiscordServer, Channel, list[Person]]]:
    """A server with Slate on it; where its commands are `known`, with a bare bot that only acknowledges them."""
    with tempfile.TemporaryDirectory() as folder, DiscordServer(pace=pace, patience=ACKNOWLEDGE_SECONDS) as server:
        queue = valkey.start(Path(folder), Path(folder) / "v.sock")
        settings = Settings(
            data=Path(folder), redis_url=f"unix://{folder}/v.sock", discord_token=server.token, discord_api_url=server.api_url,
            log_level="ERROR", max_queued=100_000,
        )  # fmt: skip
        logs.set_up(settings, "benchmark")
        desk = open_desk(settings)
        setup.prepare(desk, [])
        guild = server.guild()
        channel = server.channel(guild)
        people = [Person(server, server.user(f"Person {number}", guild)) for number in range(PEOPLE)]
        with desk.writing() as session:
            for one in people:
                members.add_handle(session, make_member(session, one.user.name, Role.ARTIST).id, "discord", one.user.id)
        server.commands |= known or {}
        with _gateway(settings, server, only_acknowledges=known is not None):
            yield desk, server, channel, people
        desk.close()
        queue.terminate()
        queue.wait(10)


@contextmanager
def _gateway(settings: Settings, server: DiscordServer, *, only_acknowledges: bool) -> Iterator[None]:
    environment = {
        "SLATE_DATA": str(settings.data), "SLATE_REDIS_URL": settings.redis_url, "SLATE_DISCORD_TOKEN": settings.discord_token,
        "SLATE_DISCORD_API_URL": settings.discord_api_url, "SLATE_LOG_LEVEL": "ERROR", "SLATE_MAX_QUEUED": "100000",
    }  # fmt: skip
    with bare("discord", environment) if only_acknowledges else _slate(environment):
        while not server.gateway.live:
            time.sleep(0.05)
        time.sleep(1.0)
        yield


@contextmanager
def _slate(environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "discord"], env=os.environ | environment)
    yield
    process.terminate()
    process.wait(20)


def acknowledge(pace: float) -> None:
    """Two hundred people ask at the same moment, three times over; then the same of a bare bot of discord.py."""
    with studio(pace) as (_, server, channel, people):
        ours = {name: _rush(name, act, server, people) for name, act in _commands(channel).items()}
        known = {"": server.commands[""]}
    with studio(pace, known) as (_, server, channel, people):
        least = {name: _rush(f"{name}, bare", act, server, people) for name, act in _commands(channel).items()}
    print("; ".join(f"{name}: p99 is {most / least[name]:.2f} x the bare one's" for name, most in ours.items()))


def _rush(name: str, act: Callable[[Person], Responded], server: DiscordServer, people: Sequence[Person]) -> float:
    """Seconds of the 99th percentile."""
    server.talking.acknowledged.clear()
    kinds: list[int] = []
    for _ in range(3):
        with ThreadPoolExecutor(PEOPLE) as hands:
            kinds += [done.kind for done in hands.map(act, people) if not done.late]
        _calm(server)
    took = sorted(server.talking.acknowledged)
    print(
        f"{name}: {len(took)} acknowledged, p50 {_at(took, 0.5)} p99 {_at(took, 0.99)} worst {_at(took, 1.0)}, "
        f"{kinds.count(4)} answered directly, {kinds.count(5)} acknowledged first, {server.talking.late} too late"
    )
    return statistics.quantiles(took, n=100)[98]


def _commands(channel: Channel) -> dict[str, Callable[[Person], Responded]]:
    def render(one: Person) -> Responded:
        return one.slash(channel, "render", workflow="text-to-image", prompt="a shoe", inputs="steps:1 size:64x64")

    return {"/queue": lambda one: one.slash(channel, "queue"), "/render": render}


def events(pace: float) -> None:
    """Reactions on a result, as fast as the gateway brings them."""
    with studio(pace) as (desk, server, channel, people):
        shown = people[0].slash(channel, "render", workflow="text-to-image", prompt="a shoe")
        (message,) = shown.said
        _calm(server)
        finish(desk, _newest(desk)[0])
        begun = time.monotonic()
        for one in people:
            one.reacts("✅", message)
        while _verdicts(desk) < PEOPLE:
            time.sleep(0.02)
        print(
            f"reactions: {PEOPLE / (time.monotonic() - begun):.0f} a second, each with its verdict, audit event and search index"
        )


def _verdicts(desk: Desk) -> int:
    with desk.reading() as session:
        (asset,) = assets.of_render(session, _newest(desk)[0].id or 0)
        return len(verdicts.history(session, asset.id or 0))


def burst(pace: float) -> None:
    """Five hundred renders end within a minute in one channel; until each message shows its end."""
    with studio(pace) as (desk, server, channel, people):
        for number in range(BURST):
            people[number % PEOPLE].slash(channel, "render", workflow="text-to-image", prompt=f"shoe {number}")
        _calm(server)
        Paced.pace = pace
        chat = Paced(desk)
        outbox = Outbox(desk, {"discord": chat})
        sending = threading.Thread(target=outbox.run)
        sending.start()
        server.rates.calls.clear()
        server.rates.refused = 0
        begun = time.monotonic()
        for number, render in enumerate(_newest(desk)):
            time.sleep(max(0.0, begun + number * MINUTE * pace / BURST - time.monotonic()))
            finish(desk, render)
        ended = time.monotonic() - begun
        while _behind(desk):
            time.sleep(0.5 * pace)
        shown = time.monotonic() - begun
        outbox.stop()
        sending.join()
        chat.close()
        messages = [one for one in channel.messages.values() if one.author.bot]
        calls = sum(server.rates.calls.values())
        budget = 5 * shown / (5.0 * pace)
        ends = sum("Took" in str(one.components) for one in messages)
        print(f"{BURST} renders ended within {ended / pace:.0f} s; {ends} messages show the end after {shown / pace:.0f} s")
        print(f"{calls} calls, where Discord allows {budget:.0f}; {server.rates.refused} answered with 429")


def finish(desk: Desk, render: Render) -> None:
    """Bring a render to its good end, with one small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), ((render.id or 0) % 255, 90, 120)).save(buffer, "PNG")
    draft = files.keep(desk, buffer.getvalue(), "slate.png", member_id=render.member_id, project_id=render.project_id)
    draft.asset.origin, draft.asset.render_id, draft.asset.ordinal = Origin.RENDER, render.id, 0
    draft.asset.prompt = str(render.inputs.get("prompt", ""))
    with desk.writing() as session:
        search.index(session, assets.add(session, draft).id or 0)
        done = {"state": RenderState.DONE, "started_at": render.created_at, "finished_at": now()}
        renders.change_queued(session, render.id or 0, **done)
        posts.touch(session, [render.id])
    desk.queue.call(OUTBOX)


def _calm(server: DiscordServer) -> None:
    """Wait until nothing has come from Slate for a second."""
    seen = -1
    while seen != (seen := len(server.log)):
        time.sleep(1.0)


def _newest(desk: Desk) -> list[Render]:
    with desk.reading() as session:
        return list(reversed(renders.newest(session, limit=BURST)))


def _behind(desk: Desk) -> bool:
    with desk.reading() as session:
        return bool(posts.due(session, now(), limit=1)) or posts.wake_at(session, ["discord"]) is not None


def _at(took: Sequence[float], share: float) -> str:
    return f"{(statistics.quantiles(took, n=100)[int(share * 100) - 1] if share < 1 else took[-1]) * 1000:.0f} ms"


if __name__ == "__main__":
    parts = {"acknowledge": acknowledge, "events": events, "burst": burst}
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--part", choices=parts, action="append")
    asked.add_argument("--pace", type=float, default=1.0)
    given = asked.parse_args()
    for part in given.part or parts:
        parts[part](given.pace)
