"""A team in the room, one simulated GPU behind it, and a Slate that carries out what there is when the story says so."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from core.comfyui.client import Comfy
from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.rendering.worker import MOST_RUNS, Lane, run_id
from core.settings import Settings
from storage.files import assets
from storage.ids import number
from storage.people import audit
from storage.rendering import backends, renders
from storage.tables import Asset, AuditEvent, Render, RenderState, Role
from tests.independent import in_emulate, in_twin
from tests.independent.told import told_on
from tests.makers import make_member
from tests.shop import Shop, open_shop
from tests.stories import in_discord, in_slack, in_the_room
from tests.stories.in_the_room import Room
from tests.stories.telling import House, Person, Seen


@dataclass
class Story:
    """Everything a story speaks of."""

    desk: Desk
    shop: Shop
    house: House

    def person(self, name: str, role: Role = Role.ARTIST, slug: str = "general") -> Person:
        """Somebody with a role comes into the channel."""
        with self.desk.writing() as session:
            make_member(session, name, role)
        return self.visitor(name, slug)

    def visitor(self, name: str, slug: str = "general") -> Person:
        """Somebody who is known comes in, perhaps once more."""
        member, front = self.house.enter(name, slug)
        return Person(name, member, front, self.catches_up)

    @property
    def room(self) -> Room:
        """The room, in stories that are told there only."""
        assert isinstance(self.house, Room)
        return self.house

    # what Slate does

    def works(self) -> None:
        """Everything that waits is carried out and shown, as worker, clerk and sweeper would."""
        self.shop.sweeper.sweep()
        self.shop.drain()
        self.catches_up()

    def catches_up(self) -> None:
        """The clerk shows what is behind."""
        self.house.catches_up()

    def time_passes(self) -> None:
        """Pauses before another try are over."""
        with self.desk.writing() as session:
            for render in renders.newest(session, states=(RenderState.QUEUED,), limit=100):
                renders.change_queued(session, render.id or 0, not_before=None)

    @contextmanager
    def working(self, step_seconds: float = 0.1) -> Iterator[Lane]:
        """A worker is busy in the background while the block tells what people do meanwhile."""
        self.shop.simulator.turn(step_seconds=step_seconds)
        lane = self.shop.lane()
        thread = threading.Thread(target=_work, args=(lane,))
        thread.start()
        try:
            yield lane
        finally:
            self.shop.simulator.turn(step_seconds=0.0)
            thread.join(60)
        assert not thread.is_alive()
        with suppress(DatabaseUnavailable):
            self.catches_up()

    def works_it_out(self, of: Seen, rounds: int = 8) -> Render:
        """Go on with a render in trouble until it is over, with a worker that does not wait long for an answer.

        While its server does not answer the sweeper, the worker would wait for it, so it is left out of that round.
        """
        lane = self._impatient()
        for _ in range(rounds):
            self.shop.sweeper.sweep()
            if self._answers():
                lane.work()
            if self.render(of).state.over:
                break
            self.time_passes()
        self.catches_up()
        return self.render(of)

    def tries(self, of: Seen) -> Render:
        """The worker tries once, before the sweeper has noticed anything."""
        self._impatient().work()
        self.catches_up()
        return self.render(of)

    def _impatient(self) -> Lane:
        lane = Lane(self.desk, "gpu-01", Comfy(self.shop.simulator.url, name="gpu-01", timeout=1.0))
        self.shop.lanes.append(lane)
        return lane

    def _answers(self) -> bool:
        with self.desk.reading() as session:
            backend = backends.by_name(session, "gpu-01")
        return backend is not None and not backend.missed

    # what there is, beyond what anybody sees

    def render(self, of: Seen | str) -> Render:
        with self.desk.reading() as session:
            found = renders.by_id(session, number("R", of if isinstance(of, str) else of.subject) or 0)
        assert found is not None, of
        return found

    def renders(self) -> list[Render]:
        """All of them, newest first."""
        with self.desk.reading() as session:
            return list(renders.newest(session, limit=1000))

    def assets(self, of: Seen | str) -> list[Asset]:
        with self.desk.reading() as session:
            return list(assets.of_render(session, self.render(of).id or 0))

    def audit(self, subject: str) -> list[AuditEvent]:
        with self.desk.reading() as session:
            return list(audit.about(session, subject))

    def runs(self, of: Seen | str) -> list[str]:
        """How each run of this render ended on ComfyUI."""
        mine = {run_id(self.render(of), count) for count in range(1, MOST_RUNS + 2)}
        return [one.outcome for one in self.shop.simulator.executed if one.prompt_id in mine]

    def rows(self) -> dict[str, int]:
        """How much there is of everything but talk and what was heard: tables and their numbers of rows."""
        with self.desk.database.engine.connect() as connection:
            return {
                name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()
                for name in sorted(SQLModel.metadata.tables)
                if not name.startswith("room") and name != "incoming"
            }

    @contextmanager
    def nothing_is_kept(self) -> Iterator[None]:
        """What the block tells leaves no row behind, and no file half-written."""
        before = self.rows()
        yield
        assert self.rows() == before
        assert [name for name in self.files() if ".new-" in name] == []

    def files(self) -> set[str]:
        """Every file in the store, half-written ones too."""
        root = self.desk.settings.data / "blobs"
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def _work(lane: Lane) -> None:
    """As a job does: a database that is away ends the job, and the sweeper puts things right."""
    with suppress(DatabaseUnavailable):
        lane.work()


FRONTS: dict[str, Callable[[Desk], AbstractContextManager[House]]] = {
    "room": in_the_room.served,
    "slack": in_slack.served,
    "discord": in_discord.served,
}
"""Every story is told on each of these; `@pytest.mark.only_in("room", reason=…)` on those that cannot be."""
OTHERS: dict[str, Callable[[Desk], AbstractContextManager[House]]] = {
    "emulate": in_emulate.served,
    "twin": in_twin.served,
}
"""Servers written by others, in tests/independent/."""
INDEPENDENT = tuple(os.environ.get("STORIES_IN", "").split())
"""Those of them that stories are to be told on instead: `make independent`."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "front" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only_in")
        everywhere = only is None or metafunc.definition.get_closest_marker("everywhere") is not None
        if not INDEPENDENT:
            metafunc.parametrize("front", list(FRONTS) if everywhere else only.args)
        elif everywhere and (servers := told_on(INDEPENDENT, metafunc.definition.name)):
            metafunc.parametrize("front", servers)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On independent servers nothing else is told than what they can be told."""
    others = [one for one in items if INDEPENDENT and getattr(one, "callspec", None) is None]
    others += [one for one in items if INDEPENDENT and one not in others and "front" not in one.callspec.params]
    config.hook.pytest_deselected(items=others)
    items[:] = [one for one in items if one not in others]


@pytest.fixture
def front_settings(front: str) -> Iterator[dict[str, Any]]:
    """The settings under which Slate is reached on this front, whatever has to stand there for that."""
    if front == "slack":
        with in_slack.slack_settings() as found:
            yield found
    elif front == "discord":
        with in_discord.discord_settings() as found:
            yield found
    elif front == "emulate":
        with in_emulate.emulate_settings() as found:
            yield found
    elif front == "twin":
        with in_twin.twin_settings() as found:
            yield found
    else:
        yield {}


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str, front_settings: dict[str, Any]) -> Settings:
    """Stories are told on SQLite, unless the database is what they are about."""
    return Settings(
        data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url, sweep_seconds=0.2, **front_settings
    )  # fmt: skip


@pytest.fixture
def story(desk: Desk, front: str) -> Iterator[Story]:
    with tell(desk, front) as told:
        yield told


@contextmanager
def tell(desk: Desk, front: str = "room") -> Iterator[Story]:
    """A story on this desk. Mia was here first, but is an artist only."""
    with open_shop(desk) as shop, (FRONTS | OTHERS)[front](desk) as house:
        with desk.writing() as session:
            session.merge(shop.mia).role = Role.ARTIST
        yield Story(desk, shop, house)


@pytest.fixture
def mia(story: Story) -> Person:
    """An artist."""
    return story.visitor("Mia Chen")


@pytest.fixture
def ana(story: Story) -> Person:
    """A lead."""
    return story.person("Ana Ruiz", Role.LEAD)


@pytest.fixture
def vic(story: Story) -> Person:
    """A viewer."""
    return story.person("Vic Low", Role.VIEWER)
