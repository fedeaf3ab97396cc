"""People on the Discord of `discord-digital-twin`: its REST, its gateway, its state, with shims for what it has not got."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from core.desk import Desk
from tests.independent.node import server
from tests.simulators.discord import Channel, DiscordServer, Guild, Message, Person, Responded, User
from tests.simulators.discord.running import Running
from tests.simulators.discord.talking import Interaction
from tests.simulators.discord.world import Json
from tests.stories.in_discord import Server

T = TypeVar("T")
TOKEN = "twin-token." + "x" * 40
_FORM = 9


class Place(Channel):
    """A channel as it is now, whenever it is looked at."""

    twin: Twin

    @property  # type: ignore[override]
    def messages(self) -> dict[str, Message]:
        return {one.id: one for one in self.twin.messages(self.id)}

    @messages.setter
    def messages(self, _: dict[str, Message]) -> None:
        pass


@dataclass
class Done:
    """Something a person did, and what the bot answered, as an Interaction of the simulated Discord shows it."""

    twin: Twin
    id: str
    token: str
    answered: Json | None
    channel: Channel
    message: Message | None
    choices: list[Json] = field(default_factory=list)

    @property
    def answer(self) -> Any:
        return SimpleNamespace(result=lambda: self.answered)

    @property
    def modal(self) -> Json | None:
        return self.answered["data"] if self.answered and self.answered["type"] == _FORM else None

    @property
    def said(self) -> list[Message]:
        found = self.channel.messages
        return [found[one] for one in self.twin.node("said", token=self.token) if one in found]


class Account(Person):
    """A user in front of their client."""

    server: Any

    def _do(
        self, kind: int, where: Channel, data: Json, message: Message | None = None, *, user_installed: bool = False
    ) -> Responded:
        twin: Twin = self.server
        about = {"type": kind, "channel": where.id, "user": self.user.id, "data": data, "message": message.id if message else ""}
        about |= {"components": message.components} if message else {}
        done = twin.node("interact", **about)
        made = Done(twin, done["id"], done["token"], done["answer"], where, message)
        return Responded(cast("Interaction", made))

    def says(
        self,
        where: Channel,
        text: str,
        *files: tuple[str, bytes],
        to: Message | None = None,
        mention: bool = False,
        ping: bool = True,
    ) -> Message:
        twin: Twin = self.server
        content = f"<@{twin.bot.id}> {text}".strip() if mention else text
        attached = [twin.store(*one) for one in files]
        said = twin.node(
            "says", channel=where.id, user=self.user.id, text=content, attachments=attached, reference=to.id if to else "",
            mention=mention or (to is not None and ping and to.author.bot),
        )  # fmt: skip
        return twin.channels[where.id].messages[said["id"]]

    def reacts(self, emoji: str, message: Message, *, added: bool = True) -> None:
        about = {"channel": message.channel_id, "message": message.id, "emoji": emoji, "added": added}
        self.server.node("react", user=self.user.id, **about)

    def opens_thread(self, message: Message, name: str = "About this") -> Channel:
        twin: Twin = self.server
        twin.node("thread", channel=message.channel_id, message=message.id, name=name, user=self.user.id)
        return twin.channels[message.id]

    def direct(self) -> Channel:
        twin: Twin = self.server
        opened = twin.node("direct", user=self.user.id)
        return twin.channels[opened["id"]]

    def sees(self, where: Channel) -> list[Message]:
        return sorted((one for one in where.messages.values() if one.only_for in ("", self.user.id)), key=lambda one: int(one.id))


class Twin:
    """The independent server, in the place of the simulated Discord."""

    def __init__(self, folder: str) -> None:
        self.node = server("twin.mjs")
        there = self.node("start", token=TOKEN, folder=folder)
        self.token, self.url, self.guild_id = TOKEN, there["url"], there["guild"]
        self.bot = User("Slate", there["bot"], bot=True)
        self.users: dict[str, User] = {self.bot.id: self.bot}
        self.refusals: list[Json] = []
        self.gateway = self

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v10"

    # what is in it

    @property
    def channels(self) -> dict[str, Channel]:
        return {one["id"]: self._channel(one) for one in self.node("channels")}

    def _channel(self, one: Json) -> Channel:
        made = Place(one["name"] or "", one["type"], one["guildId"] or "", one["id"], one["parentId"] or "")
        made.twin, made.owner_id = self, one["ownerId"] or ""
        made.recipients = [] if made.guild_id else [self.users[made.owner_id], self.bot]
        return made

    def messages(self, channel: str) -> list[Message]:
        return [self._message(channel, one) for one in self.node("messages", channel=channel)]

    def _message(self, channel: str, one: Json) -> Message:
        reactions: dict[str, list[str]] = {}
        for mark in one["reactions"]:
            reactions.setdefault(mark["emoji"], []).append(mark["userId"])
        return Message(
            channel, self.users[one["author"]["id"]], one["content"], one["components"], one["attachments"], one["flags"],
            one["id"], reactions=reactions, only_for=one["only_for"], nonce=one["nonce"] or "", edits=one["edited"],
        )  # fmt: skip

    @property
    def commands(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = {}
        for one in self.node("commands"):
            found.setdefault(one["guildId"] or "", []).append(one | {"options": json.loads(one["options"])})
        return found

    @property
    def files(self) -> Mapping[str, bytes]:
        return cast("Mapping[str, bytes]", Files(self))

    # what stories set up

    def guild(self, name: str = "Studio") -> Guild:
        made = Studio(name, self.guild_id)
        made.twin = self
        return made

    def user(self, name: str, *guilds: Guild, nick: str = "") -> User:
        made = User(name, self.node("user", name=name)["id"], global_name=name)
        self.users[made.id] = made
        return made

    def channel(self, guild: Guild, name: str = "renders", kind: int = 0) -> Channel:
        made = self.node("channel", name=name)
        return self.channels[made["id"]]

    def store(self, filename: str, content: bytes, description: str | None = None) -> Json:
        data = base64.b64encode(content).decode()
        made: Json = self.node("store", name=filename, data=data, description=description or "")
        return made

    # as the simulated one is asked to do things

    def do(self, act: T) -> T:
        return act

    def at_once(self, act: Callable[[], T]) -> T:
        return act()

    @property
    def live(self) -> list[Any]:
        return [SimpleNamespace(sequence=self.node("sequence"))]

    @property
    def talking(self) -> Any:
        return SimpleNamespace(json=lambda one: one)

    def dispatch(self, name: str, facts: Any, intent: int = 0) -> None:
        """What somebody did comes once more."""
        self.node("again", token=facts.token)


class Studio(Guild):
    """The server in it."""

    twin: Twin

    @property  # type: ignore[override]
    def channels(self) -> dict[str, Channel]:
        return {key: one for key, one in self.twin.channels.items() if one.guild_id}

    @channels.setter
    def channels(self, _: dict[str, Channel]) -> None:
        pass


@dataclass(frozen=True)
class Files:
    """The bytes behind the addresses of attachments."""

    twin: Twin

    def __getitem__(self, identity: str) -> bytes:
        return base64.b64decode(self.twin.node("file", id=identity))


class House(Server):
    """A server with Slate in it, whose people act through the twin."""

    def account(self, name: str) -> Person:
        return Account(self.discord, self.discord.user(name, self.guild))


@contextmanager
def served(desk: Desk) -> Iterator[Server]:
    """A server of its own, Slate listening at its gateway."""
    twin = RUNNING[desk.settings.discord_api_url]
    with Running(desk) as running, ExitStack() as pages:
        assert running.problem is None, running.problem
        house = House(desk, cast("DiscordServer", twin), running, pages)
        try:
            yield house
        finally:
            house.chat.close()
        assert running.alive, running.problem


RUNNING: dict[str, Twin] = {}
"""The servers of this test run, by the address of their API."""


@contextmanager
def twin_settings() -> Iterator[dict[str, str]]:
    """A server of its own, and the settings under which Slate is reached there."""
    with tempfile.TemporaryDirectory(prefix="slate-twin-") as folder:
        twin = Twin(folder)
        RUNNING[twin.api_url] = twin
        try:
            yield {"discord_api_url": twin.api_url, "discord_token": twin.token}
        finally:
            del RUNNING[twin.api_url]
            twin.node("stop")
