"""A studio in Slack: Mia (artist) and Ana (lead), one simulated GPU, and a Slate that works when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.slack.runtime import Front
from core.settings import Settings
from storage.chat import posts
from storage.people import members
from storage.tables import Handle, Post, Role
from tests.simulators.slack import Slack
from tests.simulators.slack.world import Channel, Install, Message, User
from tests.stories.conftest import Story, tell
from tests.stories.in_slack import Client, Workspace, slack_settings
from tests.stories.telling import Person, Seen

SHOE = "/render text-to-image hero shoe, low sun seed:7 steps:2 size:64x64"


@dataclass
class Studio:
    """What a test about Slack speaks of."""

    story: Story

    @property
    def house(self) -> Workspace:
        assert isinstance(self.story.house, Workspace)
        return self.story.house

    @property
    def slack(self) -> Slack:
        return self.house.slack

    @property
    def front(self) -> Front:
        return self.house.sockets.front

    @property
    def install(self) -> Install:
        found = self.slack.world.install_of(self.house.team)
        assert found is not None
        return found

    @property
    def general(self) -> Channel:
        return self.house.channel("general")

    def user(self, person: Person) -> User:
        return self.house.users[person.name]

    def client(self, person: Person) -> Client:
        assert isinstance(person.front, Client)
        return person.front

    def direct(self, person: Person) -> Channel:
        found: Channel = self.slack.do(self.slack.world.im, self.house.team, self.user(person).id, self.install.bot)
        return found

    def do(self, act: Any, *args: Any, **more: Any) -> Any:
        """People do something in Slack, and everything that comes of it is done."""
        done = self.slack.do(act, *args, **more)
        self.story.catches_up()
        return done

    def run(self, act: Any) -> Any:
        done = self.slack.run(act)
        self.story.catches_up()
        return done

    def shoe(self, by: Person) -> Seen:
        """A finished picture."""
        asked = by.asks(SHOE)
        self.story.works()
        return by.sees("Took", again=asked)

    def message(self, seen: Seen) -> Message:
        return next(one for channel in self.slack.world.channels.values() for one in channel.messages if one.ts == seen.ref)

    def posts(self, seen: Seen) -> list[Post]:
        with self.story.desk.reading() as session:
            return posts.of_render(session, self.story.render(seen).id or 0)

    def handle(self, person: Person) -> Handle:
        with self.story.desk.reading() as session:
            found = members.handle(session, "slack", f"{self.house.team}/{self.user(person).id}")
        assert found is not None
        return found

    def whispers(self, person: Person) -> list[str]:
        """What was told to this person alone, oldest first."""
        return [one.text for one in self.client(person).read() if one.private]


@pytest.fixture
def more_settings() -> dict[str, Any]:
    """Settings beyond the usual ones."""
    return {}


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str, more_settings: dict[str, Any]) -> Iterator[Settings]:
    with slack_settings(every=True) as found:
        given = {"public_url": "https://slate.example.com"} | found | more_settings
        yield Settings(data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url, sweep_seconds=0.2, **given)


@pytest.fixture
def studio(desk: Any) -> Iterator[Studio]:
    with tell(desk, "slack") as story:
        yield Studio(story)


@pytest.fixture
def mia(studio: Studio) -> Person:
    return studio.story.visitor("Mia Chen")


@pytest.fixture
def ana(studio: Studio) -> Person:
    return studio.story.person("Ana Ruiz", Role.LEAD)
