"""Slack at its limits: acknowledgements under 200 commands at once, events a second, and 500 renders that end in one channel.

    python -m benchmarks.chat_slack [acknowledge|events|endings …]

A whole Slate (`slate up`: web, clerk, sweeper, `slate slack` over Socket Mode) and a simulated Slack that keeps Slack's budgets.
Baselines are Slack's own: three seconds for an acknowledgement, fifty edits a minute in a workspace (`chat.update`, tier 3).
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import yaml
from PIL import Image

from benchmarks.bare import bare
from benchmarks.stage import Stage, percentile, stage, until
from bot.identity import member_for
from bot.slack.manifest import CHECKED_IN
from core import files
from core.events import Event, record
from core.events.actions import Action
from core.rendering import lifecycle
from core.rendering.lifecycle import RenderRequest
from storage.chat import posts
from storage.clock import now
from storage.files import assets
from storage.rendering import renders
from storage.tables import Origin, Post, Render, RenderState
from tests.simulators.slack import Slack, running
from tests.simulators.slack.limits import ACK_SECONDS, TIER
from tests.simulators.slack.world import Channel, Message, User

PEOPLE, ROUNDS, EVENTS, ENDINGS, WITHIN = 200, 3, 600, 500, 60.0
ASK = "text-to-image a boat steps:1 size:64x64"


@dataclass
class Scene:
    """The simulated Slack, and the Slate in it."""

    slack: Slack
    team: str
    slate: Stage

    def people(self, count: int) -> tuple[list[User], Channel]:
        made = [self.slack.do(self.slack.user, self.team, f"Person {number}") for number in range(count)]
        for user in made:
            member_for(self.slate.desk, "slack", f"{self.team}/{user.id}", user.name)
        return made, self.slack.do(self.slack.channel, self.team, "general", *made)


def acknowledge(scene: Scene) -> None:
    """200 people say a command in the same moment, three times; the same to a bare bot of Slack's own client."""
    people, channel = scene.people(PEOPLE)
    scene.slack.run(scene.slack.people.slash(people[0], channel, "/queue", ""))
    took: list[float] = []
    began = time.monotonic()
    for count in range(1, ROUNDS + 1):
        took += scene.slack.run(_all_at_once(scene.slack, people, channel), 120)
        until(lambda count=count: _asked(scene) == PEOPLE * count, "every command is carried out", 120)
    carried_out = (time.monotonic() - began) / ROUNDS
    scene.slate.stop()
    least: list[float] = []
    with bare("slack", _settings(scene.slack, scene.team)):
        until(lambda: scene.slack.wires.sockets != [], "the bare bot listens")
        for _ in range(ROUNDS):
            least += scene.slack.run(_all_at_once(scene.slack, people, channel), 120)
    print(f"{PEOPLE} commands at once, {ROUNDS} times: {_times('Slate', took)}; {_times('a bare Bolt app', least)}; ", end="")
    print(f"p99 is {percentile(took, 0.99) / percentile(least, 0.99):.2f} x the bare one's, ", end="")
    print(f"{percentile(took, 0.99) / ACK_SECONDS:.1%} of Slack's 3 s; {PEOPLE} carried out in {carried_out:.1f} s")


async def _all_at_once(slack: Slack, people: list[User], channel: Channel) -> list[float]:
    asked = [slack.people.slash(user, channel, "/render", ASK) for user in people]
    return [receipt.seconds if not receipt.error else float("inf") for receipt in await asyncio.gather(*asked)]


def _times(who: str, took: list[float]) -> str:
    half, most, worst = (f"{percentile(took, share) * 1000:.0f} ms" for share in (0.5, 0.99, 1.0))
    return f"{who} acknowledged p50 {half}, p99 {most}, worst {worst}"


def _settings(slack: Slack, team: str) -> dict[str, str]:
    given = {"SLATE_SLACK_API_URL": f"{slack.url}/api/", "SLATE_SLACK_BOT_TOKEN": slack.token(team)}
    return given | {"SLATE_SLACK_APP_TOKEN": slack.app_token}


def _asked(scene: Scene) -> int:
    with scene.slate.desk.reading() as session:
        return len(renders.newest(session, limit=PEOPLE * ROUNDS))


def events(scene: Scene) -> None:
    """600 mentions, each answered to one person alone."""
    people, channel = scene.people(20)
    install = scene.slack.world.install_of(scene.team)
    assert install is not None
    before = len(channel.messages)
    began = time.monotonic()
    for number in range(EVENTS):
        scene.slack.do(scene.slack.people.say, people[number % 20], channel, f"<@{install.bot}> queue")
    scene.slack.run(scene.slack.events.settle(), 120)
    acknowledged = time.monotonic() - began
    until(lambda: len(channel.messages) - before >= 2 * EVENTS, "every mention is answered", 180)
    done = time.monotonic() - began
    print(f"{EVENTS} mentions: acknowledged at {EVENTS / acknowledged:.0f}/s, answered at {EVENTS / done:.0f}/s; ", end="")
    print(f"{scene.slack.events.sent} deliveries, {len(scene.slack.events.given_up)} given up")


def endings(scene: Scene) -> None:
    """500 renders whose messages stand in one channel end within a minute; every last state has to be shown."""
    people, channel = scene.people(1)
    asked = [_posted(scene, people[0], channel) for _ in range(ENDINGS)]
    scene.slack.budgets.strict = True
    first = len(scene.slack.world.calls)
    began = time.monotonic()
    for number, render in enumerate(asked):
        time.sleep(max(0.0, began + number * WITHIN / ENDINGS - time.monotonic()))
        _finish(scene, render)
    ended = time.monotonic() - began
    until(lambda: _shown(channel) == ENDINGS, "every last state is shown", 1800, pause=0.5)
    done = time.monotonic() - began
    calls = list(scene.slack.world.calls)[first:]
    edits = sum(call.method == "chat.update" for call in calls)
    refused = sum(call.status == 429 for call in calls)
    budget = TIER[3]
    least = (ENDINGS - budget.burst) / budget.per_minute * 60
    told = f"{ENDINGS} renders ended within {ended:.0f} s in one channel: {_shown(channel)} last states shown after {done:.0f} s"
    print(f"{told}, {done / least:.2f} x what Slack's budget allows at best ({least:.0f} s); ", end="")
    print(f"{edits} edits for {ENDINGS} endings, {len(calls)} calls in all, {refused} times 429")


def _posted(scene: Scene, user: User, channel: Channel) -> Render:
    """A render that waits, and its message, as it was posted some time ago."""
    desk = scene.slate.desk
    member = member_for(desk, "slack", f"{scene.team}/{user.id}", user.name)
    inputs = {"prompt": "a boat", "steps": 1, "width": 64, "height": 64}
    asking = RenderRequest(
        "text-to-image", member, scene.slate.project(), inputs=inputs, pool="nowhere"
    )  # its end is written down here
    made = lifecycle.submit(desk, asking)
    install = scene.slack.world.install_of(scene.team)
    message = Message(scene.slack.world.ts(), channel.id, install.bot if install else "", f"{made.code} is queued", by_app=True)
    scene.slack.do(channel.messages.append, message)
    with desk.writing() as session:
        post = Post(platform="slack", tenant=scene.team, channel_id=channel.id, message_ref=message.ts, render_id=made.id)
        post.wanted, post.shown, post.due = 1, 1, False
        posts.add(session, post)
    return made


def _finish(scene: Scene, render: Render) -> None:
    """As a worker ends a render: one transaction with its picture, its state, and its messages marked as behind."""
    desk = scene.slate.desk
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), ((render.id or 0) % 255, (render.id or 0) // 255, 90)).save(picture, "PNG")
    draft = files.keep(desk, picture.getvalue(), "boat.png", member_id=render.member_id, project_id=render.project_id)
    draft.asset.origin, draft.asset.render_id, draft.asset.prompt = Origin.RENDER, render.id, "a boat"
    with desk.writing() as session:
        assets.add(session, draft)
        renders.change_queued(session, render.id or 0, state=RenderState.DONE, started_at=now(), finished_at=now())
        record(session, Event(Action.RENDER_DONE, render.code, render_id=render.id))


def _shown(channel: Channel) -> int:
    return sum(one.text.split(":")[0].endswith("is done") for one in channel.messages)


PARTS: dict[str, Callable[[Scene], None]] = {"acknowledge": acknowledge, "events": events, "endings": endings}


def main(wanted: list[str]) -> None:
    for name in wanted or list(PARTS):
        with running(yaml.safe_load(CHECKED_IN.read_text(encoding="utf-8"))) as slack:
            team = slack.do(slack.team, "Sim Studio")
            with stage(**_settings(slack, team), SLATE_MAX_QUEUED="2000") as slate:
                until(lambda: slack.wires.sockets != [], "Slate listens")
                PARTS[name](Scene(slack, team, slate))


if __name__ == "__main__":
    main(sys.argv[1:])
