"""People in the Slack of vercel-labs' `emulate`: its Web API, its state, its files, its views and its signed events.

Slate listens over HTTP. What that server has not got is sent as Slack would send it: commands, presses and sent forms, signed.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import yaml

from bot.slack.manifest import CHECKED_IN, EVENTS_PATH
from bot.slack.runtime import Front
from bot.slack.socket_mode import SlackSockets
from core.desk import Desk
from tests.independent.node import server
from tests.simulators.slack.limits import ACK_SECONDS
from tests.simulators.slack.people import People
from tests.simulators.slack.server import Slack
from tests.simulators.slack.wires import Wires
from tests.simulators.slack.world import Channel, File, Install, Json, Message, User, View
from tests.stories.in_slack import Workspace
from tests.web import Web

TOKEN, SECRET = "xoxb-emulated", "emulated-signing-secret"
ADMIN = "U0ADMIN01"
PEOPLE_MAY = [
    "chat:write", "channels:read", "channels:history", "channels:join", "channels:manage", "channels:write", "im:read",
    "im:write", "im:history", "files:read", "files:write", "reactions:read", "reactions:write", "users:read",
]  # fmt: skip
_numbers = itertools.count(1)


class Members(set[str]):
    """Who is in a channel; who is added joins it."""

    def __init__(self, there: Sequence[str], slack: Emulated, channel: str) -> None:
        super().__init__(there)
        self._slack, self._channel = slack, channel

    def add(self, element: str) -> None:
        if element not in self:
            self._slack.call("conversations.join", element, channel=self._channel)
        super().add(element)


class Place(Channel):
    """A channel as it is now, whenever it is looked at."""

    slack: Emulated

    @property  # type: ignore[override]
    def messages(self) -> list[Message]:
        return [self._message(one) for one in self.slack.node("messages", channel=self.id)]

    @messages.setter
    def messages(self, _: list[Message]) -> None:
        pass

    def _message(self, one: Json) -> Message:
        return Message(
            one["ts"], self.id, one["user"], one["text"], one.get("blocks") or [],
            [file["file_id"] for file in one.get("files") or ()], one.get("thread_ts") or "",
            {mark["name"]: mark["users"] for mark in one["reactions"]},
            only_for=one.get("target_user") or "", by_app=one["user"] == self.slack.bot,
        )  # fmt: skip


class Modals(list[View]):
    """The forms in front of somebody; the server knows no way to close one."""

    def __init__(self, views: list[View], closed: set[str]) -> None:
        super().__init__(views)
        self._closed = closed

    def remove(self, value: View) -> None:
        self._closed.add(value.id)
        super().remove(value)


@dataclass
class World:
    """What is in the server, read from it each time."""

    slack: Emulated
    teams: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    @property
    def channels(self) -> dict[str, Channel]:
        return {one["channel_id"]: self._channel(one) for one in self.slack.node("channels")}

    def _channel(self, one: Json) -> Channel:
        kind = "im" if one.get("is_im") else "private" if one["is_private"] else "public"
        made = Place(one["channel_id"], one["team_id"], one["name"], kind)
        made.slack, made.members = self.slack, Members(one["members"], self.slack, made.id)
        return made

    @property
    def users(self) -> dict[str, User]:
        return {
            one["user_id"]: User(one["user_id"], one["team_id"], one["profile"]["display_name"], is_bot=one["is_bot"])
            for one in self.slack.node("users")
        }

    @property
    def modals(self) -> dict[str, list[View]]:
        found: dict[str, list[View]] = {}
        for one in self.slack.node("views"):
            if one["view_id"] not in self.closed:
                view = View(one["view_id"], one["hash"], one["user_id"], one["team_id"], one | {"id": one["view_id"]})
                found.setdefault(view.user, []).append(view)
        return {user: Modals(views, self.closed) for user, views in found.items()}

    @property
    def files(self) -> Mapping[str, File]:
        return cast("Mapping[str, File]", Files(self.slack))

    def install_of(self, team: str) -> Install:
        return Install(team, TOKEN, self.slack.bot, frozenset())

    def im(self, team: str, user: str, bot: str) -> Channel:
        opened = self.slack.call("conversations.open", user, users=bot)
        return self.channels[opened["channel"]["id"]]

    def trigger(self, user: str, team: str, name: str = "") -> str:
        """A fresh trigger of the server's; what is delivered twice has the same."""
        made = self.triggers.get(name) or str(self.slack.call("views.generateTriggerId", "", user_id=user)["trigger_id"])
        if name:
            self.triggers[name] = made
        return made

    def id(self, letter: str) -> str:
        return f"{letter}0EMU{next(_numbers):05}"

    def ts(self) -> str:
        return f"{next(_numbers)}.000001"


@dataclass(frozen=True)
class Files:
    """Files by id, with their bytes."""

    slack: Emulated

    def __getitem__(self, named: str) -> File:
        about = self.slack.call("files.info", "", file=named)["file"]
        data = httpx2.get(about["url_private"], headers=self.slack.headers(""), trust_env=False).raise_for_status().content
        return File(named, self.slack.team_id, about["user"], about["name"], about["mimetype"], data, complete=True)


class Persons(People):
    """What people do: through the Web API with a token of their own, or as a signed request where the server has nothing."""

    slack: Emulated  # type: ignore[assignment]

    def _response_url(self, user: User, channel: Channel, message: Message | None = None) -> str:
        return ""  # it has none: Slate answers by its Web API

    def say(self, user: User, channel: Channel, text: str, files: Sequence[File] = (), thread: str = "") -> Any:
        about = {"thread_ts": thread} if thread else {}
        if files:
            named = [{"id": one.id, "title": one.name} for one in files]
            about |= {"initial_comment": text} if text else {}
            return self.slack.call("files.completeUploadExternal", user.id, files=named, channel_id=channel.id, **about)
        return self.slack.call("chat.postMessage", user.id, channel=channel.id, text=text, **about)

    def react(self, user: User, channel: Channel, message: Message, name: str, added: bool) -> bool:
        what = "add" if added else "remove"
        about = {"channel": channel.id, "timestamp": message.ts, "name": name}
        done = self.slack.call(f"reactions.{what}", user.id, allow=("already_reacted", "no_reaction"), **about)
        return bool(done["ok"])


class Emulated(Slack):
    """The independent server, in the place of the simulated Slack."""

    people: Persons
    world: World  # type: ignore[assignment]

    def __init__(self) -> None:
        self.manifest = yaml.safe_load(CHECKED_IN.read_text(encoding="utf-8"))
        self.app_id, self.signing_secret, self.patience = "A0SLATE01", SECRET, 10 * ACK_SECONDS
        self.node = server("emulate.mjs")
        scopes = self.manifest["oauth_config"]["scopes"]["bot"]
        events = self.manifest["settings"]["event_subscriptions"]["bot_events"]
        there = self.node("start", token=TOKEN, secret=SECRET, scopes=scopes, events=events)
        self.url, self.team_id, self.bot = there["url"], there["team"], there["bot"]
        self.world, self.people, self.wires = World(self, {self.team_id: "Emulate"}), Persons(self), Wires(self)
        self.tokens = {"": TOKEN, self.bot: TOKEN}
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="emulate-people", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.run(self.wires.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        self.node("stop")

    def listen(self, url: str) -> None:
        """Where commands and presses go, and what the server is to tell of events."""
        self.wires.http = url
        self.node("subscribe", url=url)

    def headers(self, user: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[user]}"}

    def call(self, method: str, user: str, allow: Sequence[str] = (), **asked: Any) -> Json:
        """A call of the Web API in somebody's name; by Slate's token for nobody's."""
        answer = httpx2.post(f"{self.url}/api/{method}", json=asked, headers=self.headers(user), timeout=30, trust_env=False)
        said: Json = answer.raise_for_status().json()
        assert said["ok"] or said["error"] in allow, (method, said)
        return said

    # what stories set up

    def user(self, team: str, name: str, **more: Any) -> User:
        made = User(self.world.id("U"), team, name)
        self.tokens[made.id] = f"xoxp-{made.id}"
        self.node("user", id=made.id, name=name, token=self.tokens[made.id], scopes=PEOPLE_MAY)
        return made

    def channel(self, team: str, name: str, *people: User, kind: str = "public", with_bot: bool = True) -> Channel:
        there = next((one for one in self.world.channels.values() if one.name == name), None)
        named = there.id if there else str(self.call("conversations.create", ADMIN, name=name)["channel"]["id"])
        self.world.channels[named].members.add(self.bot)
        return self.world.channels[named]

    def file(self, owner: User, name: str, data: bytes) -> File:
        """A file somebody uploads in their client; where it goes is said when it is sent."""
        about = self.call("files.getUploadURLExternal", owner.id, filename=name, length=len(data))
        httpx2.post(about["upload_url"], content=data, trust_env=False).raise_for_status()
        return File(about["file_id"], owner.team, owner.id, name, "", data)

    def token(self, team: str) -> str:
        return TOKEN

    def settle(self) -> None:
        """Everything was told already: the server answers nobody before Slate has taken in what came of it."""


@dataclass(frozen=True)
class Listening:
    """Slate's web process, as what a workspace speaks to."""

    front: Front


@contextmanager
def served(desk: Desk) -> Iterator[Workspace]:
    """A workspace of its own, Slate listening to signed HTTP."""
    slack = RUNNING[desk.settings.slack_api_url]
    with Web(desk) as web:
        slack.listen(web.url + EVENTS_PATH)
        yield Workspace(desk, slack, slack.team_id, cast("SlackSockets", Listening(web.app.state.slack)))


RUNNING: dict[str, Emulated] = {}
"""The servers of this test run, by the address of their Web API."""


@contextmanager
def emulate_settings() -> Iterator[dict[str, str]]:
    """A server of its own, and the settings under which Slate is installed there."""
    slack = Emulated()
    slack.tokens[ADMIN] = "xoxp-admin"
    slack.node("user", id=ADMIN, name="Admin", token="xoxp-admin", scopes=PEOPLE_MAY)
    for channel in slack.world.channels.values():
        channel.members.add(slack.bot)
    url = f"{slack.url}/api/"
    RUNNING[url] = slack
    try:
        yield {"slack_api_url": url, "slack_bot_token": TOKEN, "slack_signing_secret": SECRET}
    finally:
        del RUNNING[url]
        slack.close()
