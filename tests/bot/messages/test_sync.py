"""Messages show the newest state, once each, whoever dies or overtakes whom while they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
import structlog

from bot.cards import Card
from bot.jobs import show_render
from bot.messages.sync import bring_in_step
from bot.web.room_chat import RoomChat
from core import workflows
from core.desk import Desk
from core.errors import NotFound, QueueUnavailable
from core.people import projects
from storage.chat import posts, room
from storage.clock import now
from storage.people import projects as storage_projects
from storage.rate_limit import Budget
from storage.rendering import renders
from storage.tables import Post, Render
from tests.makers import make_backend, make_member, make_render, make_version


@dataclass
class Messenger:
    """A platform of our own: keeps what it shows, and may do something in the middle of it."""

    shown: list[str] = field(default_factory=list)
    meanwhile: list[Callable[[], None]] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    costs: tuple[Budget, ...] = ()

    def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        return self.edit(desk, post, card, alt)

    def edit(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        self.shown.append(f"{alt} {card}")
        return "m-1"

    def tell(self, desk: Desk, tenant: str, user_id: str, card: Card, alt: str = "") -> None:
        self.told.append((user_id, f"{card.title} {card.text}"))

    def budgets(self, post: Post) -> Sequence[Budget]:
        return self.costs


class Killed(BaseException):
    """The clerk is no more."""


@dataclass
class Wall:
    """One render, and where it is shown."""

    desk: Desk
    render: Render
    messenger: Messenger = field(default_factory=Messenger)

    def put_up(self, platform: str = "messenger", channel: str = "general") -> Post:
        with self.desk.writing() as session:
            return posts.add(session, Post(platform=platform, channel_id=channel, render_id=self.render.id))

    def change(self, label: str) -> None:
        with self.desk.writing() as session:
            renders.change_queued(session, self.render.id, progress_label=label)
            posts.touch(session, [self.render.id])

    def show(self) -> None:
        bring_in_step(self.desk, self.render.id, speak={"messenger": self.messenger, "room": RoomChat()})

    def now(self, post: Post) -> Post:
        with self.desk.reading() as session:
            found = posts.by_id(session, post.id)
        assert found is not None
        return found


@pytest.fixture
def wall(desk: Desk) -> Wall:
    with desk.writing() as session:
        projects.ensure_defaults(session)
        workflows.seed_library(session)
        project = projects.default(session)
        make_backend(session)
        render = make_render(session, make_member(session), project, make_version(session))
    return Wall(desk, render)


def fail(problem: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise problem

    return act


def test_a_message_that_is_in_step_is_left_alone(wall: Wall) -> None:
    post = wall.put_up()
    wall.show()
    wall.show()
    assert len(wall.messenger.shown) == 1
    assert (wall.now(post).due, wall.now(post).message_ref) == (False, "m-1")


def test_a_change_while_a_message_is_written_is_not_lost(wall: Wall) -> None:
    post = wall.put_up()
    wall.messenger.meanwhile.append(lambda: wall.change("waiting for the warm one"))
    wall.show()
    assert wall.now(post).due
    wall.show()
    assert "warm one" in wall.messenger.shown[-1]
    assert not wall.now(post).due


def test_a_clerk_that_was_overtaken_shows_the_newest_once_more(wall: Wall) -> None:
    post = wall.put_up()

    def another_clerk() -> None:
        wall.change("the later state")
        wall.show()

    wall.messenger.meanwhile.append(another_clerk)
    wall.show()
    assert "the later state" in wall.messenger.shown[-1]
    assert (wall.now(post).shown, wall.now(post).due) == (2, False)


def test_a_clerk_that_dies_between_posting_and_noting_it_leaves_one_message(wall: Wall) -> None:
    class Dying(RoomChat):
        def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
            super().post(desk, post, card, alt)
            raise Killed

    post = wall.put_up("room")
    with pytest.raises(Killed):
        bring_in_step(wall.desk, wall.render.id, speak={"room": Dying()})
    assert wall.now(post).due
    wall.show()
    with wall.desk.reading() as session:
        channel = storage_projects.channel(session, "room", "general")
        assert channel is not None
        assert [str(one.id) for one in room.page(session, channel.id, seen_by=0)] == [wall.now(post).message_ref]
    assert not wall.now(post).due


@pytest.mark.parametrize("problem", [QueueUnavailable("the platform is away"), ValueError("a bug of ours")])
def test_a_message_that_cannot_be_written_is_tried_later_and_keeps_no_other_waiting(wall: Wall, problem: Exception) -> None:
    first, second = wall.put_up(), wall.put_up()
    wall.messenger.meanwhile.append(fail(problem))
    wall.show()
    assert not wall.now(second).due
    failed = wall.now(first)
    assert (failed.due, failed.attempts) == (True, 1)
    assert failed.error
    assert failed.next_try_at is not None
    assert failed.next_try_at > now()
    wall.show()
    assert not wall.now(first).due


def test_a_trouble_that_lasts_is_logged_once(wall: Wall) -> None:
    wall.put_up()
    wall.put_up("pigeon")
    with structlog.testing.capture_logs() as told:
        for second in range(4):
            wall.messenger.meanwhile.append(fail(QueueUnavailable("the platform is away")))
            wall.change(f"step {second}")
            wall.show()
    assert [line["event"] for line in told] == ["post.failed", "post.failed"]


def test_a_message_whose_channel_is_gone_is_given_up_until_its_subject_changes(wall: Wall) -> None:
    post = wall.put_up("room", "no-such-channel")
    wall.show()
    assert not wall.now(post).due
    assert "no-such-channel" in wall.now(post).error
    wall.change("something new")
    assert wall.now(post).due


def test_a_change_while_a_message_is_given_up_is_not_lost(wall: Wall) -> None:
    post = wall.put_up()

    def gone() -> None:
        wall.change("a later state")
        raise NotFound("the channel is gone")

    wall.messenger.meanwhile.append(gone)
    wall.show()
    assert wall.now(post).due
    wall.show()
    assert "a later state" in wall.messenger.shown[-1]


def test_a_job_about_a_render_that_is_not_there_does_nothing(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in_step(wall.desk, 10**6)
    monkeypatch.setattr("bot.jobs.here", lambda: wall.desk)
    show_render(10**6)
