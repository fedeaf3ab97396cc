"""One render on three platforms: asked in Slack, approved in Discord, found in the room, while the platforms have a bad day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.messages.outbox import Outbox
from bot.messages.sync import catch_up
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.settings import Settings
from storage.queue import CHAT
from storage.tables import Role
from tests.makers import make_member
from tests.shop import Shop, open_shop
from tests.stories import in_discord, in_slack, in_the_room
from tests.stories.in_discord import Server
from tests.stories.in_slack import Workspace
from tests.stories.in_the_room import Room
from tests.stories.telling import House, Person
from tests.waiting import until


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Iterator[Settings]:
    """Slate in Slack and in Discord at once."""
    with in_slack.slack_settings() as slack, in_discord.discord_settings() as discord:
        yield Settings(
            data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url, sweep_seconds=0.2, **slack, **discord
        )  # fmt: skip


@dataclass
class Everywhere:
    """One desk, three front ends."""

    desk: Desk
    shop: Shop
    slack: Workspace
    discord: Server
    room: Room

    def person(self, house: House, name: str, role: Role = Role.ARTIST) -> Person:
        with self.desk.writing() as session:
            make_member(session, name, role)
        return self.visitor(house, name)

    def visitor(self, house: House, name: str) -> Person:
        member, front = house.enter(name)
        return Person(name, member, front, self.catches_up)

    def works(self) -> None:
        self.shop.sweeper.sweep()
        self.shop.drain()
        self.catches_up()

    def catches_up(self) -> None:
        self.slack.settle()
        self.discord.running.settle(self.discord.discord)
        self.desk.queue.serve([CHAT], burst=True)
        catch_up(self.desk, speak={"room": RoomChat()})
        Outbox(self.desk, {**self.slack.outbox._chats, **self.discord.outbox._chats}).drain(5)


@pytest.fixture
def everywhere(desk: Desk) -> Iterator[Everywhere]:
    with ExitStack() as houses:
        shop = houses.enter_context(open_shop(desk))
        fronts = [houses.enter_context(one(desk)) for one in (in_slack.served, in_discord.served, in_the_room.served)]
        slack, discord, room = fronts
        assert isinstance(slack, Workspace)
        assert isinstance(discord, Server)
        assert isinstance(room, Room)
        yield Everywhere(desk, shop, slack, discord, room)


def test_asked_in_slack_approved_in_discord_found_in_the_room(everywhere: Everywhere) -> None:
    mia = everywhere.visitor(everywhere.slack, "Mia Chen")
    ana = everywhere.person(everywhere.discord, "Ana Ruiz", Role.LEAD)
    jo = everywhere.person(everywhere.room, "Jo Lee")
    faults = everywhere.discord.discord.faults
    asked = mia.asks("/render text-to-image hero shoe, low sun seed:7 steps:2 size:128x128 shot:sh010")
    everywhere.works()
    done = mia.sees("Took", again=asked)
    shown = ana.asks(f"/whatis {done.subject}")
    everywhere.discord.discord.do(everywhere.discord.discord.gateway.drop())
    for kind in ("busy", "broken", "half-done"):
        faults.add(r"^PATCH /channels", kind, times=1, after=0.01)  # type: ignore[arg-type]
    ana.reacts("✅", to=shown)
    until(lambda: everywhere.discord.discord.gateway.resumed == 1, "the gateway has come back")
    approved = mia.sees("approved by Ana Ruiz", again=asked)
    assert approved.tone == "approved"
    assert ana.sees("approved by Ana Ruiz", again=shown).tone == "approved", "and so does the card in Discord, after its bad day"
    found = jo.asks("/find who made sh010?")
    assert "Mia Chen" in found.text
    assert "approved" in found.text
    ana.takes_back("✅", from_=shown)
    everywhere.catches_up()
    until(lambda: (everywhere.catches_up(), "approved by" not in mia.sees(again=asked).text)[1], "it is taken back everywhere")
