"""A team on a Discord server, Slate beside it, and a simulated GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.discord.chat import DiscordChat
from bot.messages.outbox import Outbox
from core.desk import Desk
from core.settings import Settings
from storage.blobs import open_blobs
from storage.database import Database
from storage.people import members
from storage.queue import Queue
from storage.tables import Member, Role
from tests.makers import make_member
from tests.shop import Shop, carry_out_commands, open_shop
from tests.simulators.discord import Channel, DiscordServer, Guild, Message, Person, Responded, checking
from tests.simulators.discord.running import Running
from tests.waiting import until


@pytest.fixture
def discord_server() -> Iterator[DiscordServer]:
    with DiscordServer() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str, discord_server: DiscordServer) -> Settings:
    return Settings(
        data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url, sweep_seconds=0.2,
        discord_token=discord_server.token, discord_api_url=discord_server.api_url,
    )  # fmt: skip


@dataclass
class Studio:
    """Everything a test about Discord speaks of."""

    desk: Desk
    server: DiscordServer
    shop: Shop
    running: Running
    guild: Guild
    channel: Channel
    outbox: Outbox
    may_end: bool = False
    """Whether the test is about a gateway that ends."""

    def person(self, name: str, role: Role = Role.ARTIST, *guilds: Guild) -> Person:
        """Somebody on the server, whom Slate knows with this role."""
        made = Person(self.server, self.server.user(name, *(guilds or (self.guild,))))
        with self.desk.writing() as session:
            member = make_member(session, name, role)
            members.add_handle(session, member.id, "discord", made.user.id)
        return made

    def member(self, person: Person) -> Member | None:
        with self.desk.reading() as session:
            return members.by_handle(session, "discord", person.user.id)

    def works(self) -> None:
        """Everything that waits is carried out and shown."""
        self.shop.sweeper.sweep()
        self.shop.drain()
        self.catches_up()

    def catches_up(self) -> None:
        carry_out_commands(self.desk)
        self.outbox.drain()

    def settles(self) -> None:
        """Everything people did was heard, carried out and shown."""
        self.running.settle(self.server)
        self.catches_up()

    def restart(self) -> None:
        """The gateway process ends and another begins."""
        self.running.__exit__(None, None, None)
        self.running = Running(self.desk)
        self.running.__enter__()
        assert self.running.problem is None, self.running.problem

    def asks(
        self, person: Person, prompt: str = "hero shoe, low sun", inputs: str = "seed:7 steps:2 size:128x128", **more: str
    ) -> Message:
        """A render is asked for by slash command; its message."""
        done = person.slash(self.channel, "render", workflow="text-to-image", prompt=prompt, inputs=inputs, **more)
        (message,) = self.said(done)
        return message

    def said(self, done: Responded, many: int = 1) -> list[Message]:
        """What came of it, waiting a little."""
        assert not done.late, "Discord said that the application did not respond"
        self.running.settle(self.server)
        if carry_out_commands(self.desk):
            self.outbox.drain()
        until(lambda: len(done.said) >= many, f"{many} messages come of it")
        return done.said


def words(message: Message) -> str:
    """Every word of a message."""
    return "\n".join([message.content, *(one.get("content", "") for one in checking.walk(message.components))])


def actions(message: Message) -> dict[str, str]:
    """Label -> custom id of its buttons."""
    return {
        one["label"]: one["custom_id"] for one in checking.walk(message.components) if one["type"] == 2 and "custom_id" in one
    }


@pytest.fixture
def studio(settings: Settings, discord_server: DiscordServer) -> Iterator[Studio]:
    desk = Desk(settings, Database(settings.database), open_blobs(settings.blobs), Queue(settings.redis))
    guild = discord_server.guild("Studio")
    channel = discord_server.channel(guild, "renders")
    chat = DiscordChat(desk)
    with open_shop(desk) as shop:
        studio = Studio(desk, discord_server, shop, Running(desk), guild, channel, Outbox(desk, {"discord": chat}))
        studio.running.__enter__()
        assert studio.running.problem is None, studio.running.problem
        yield studio
        ended = studio.running.problem
        studio.running.__exit__(None, None, None)
        assert ended is None or studio.may_end, ended
        assert discord_server.refusals == [], "nothing was sent that Discord does not take"
        assert all(
            not one.pings for place in discord_server.channels.values() for one in place.messages.values() if one.author.bot
        )
    chat.close()
    desk.close()


@pytest.fixture
def mia(studio: Studio) -> Person:
    return studio.person("Mia Wong")


@pytest.fixture
def ana(studio: Studio) -> Person:
    return studio.person("Ana Ruiz", Role.LEAD)
