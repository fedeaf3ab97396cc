"""The outbox sends what is behind: one sender a channel, ends first, the newest state only, and no faster than allowed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bot.cards import Card
from bot.message_sync import bring_in_step, catch_up
from bot.outbox import Outbox
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.errors import ChatBusy, ChatGone, ChatRefused, SlateError
from storage.chat import posts
from storage.people import members
from storage.rate_limit import Budget
from storage.rendering import renders
from storage.tables import Post, Render, RenderState
from tests.bot.conftest import Talk
from tests.waiting import until

EVERY = 0.05


@dataclass
class Platform:
    """A chat with limits: keeps what it was asked to show, and may fail in between."""

    every: float = EVERY
    burst: int = 1
    shown: list[tuple[str, str, str]] = field(default_factory=list)
    """(channel, tone, message reference)"""
    told: list[tuple[str, str]] = field(default_factory=list)
    problems: list[SlateError] = field(default_factory=list)
    together: int = 0
    most_together: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        return self._show(post, card, f"m{post.id}")

    def edit(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        return self._show(post, card, post.message_ref)

    def tell(self, desk: Desk, tenant: str, user_id: str, card: Card, alt: str = "") -> None:
        self.told.append((user_id, f"{card.title} {card.text} {card.footer}"))

    def budgets(self, post: Post) -> Sequence[Budget]:
        return (Budget(f"test:{post.channel_id}", self.every, self.burst),)

    def _show(self, post: Post, card: Card, reference: str) -> str:
        with self.lock:
            self.together += 1
            self.most_together = max(self.most_together, self.together)
            problem = self.problems.pop(0) if self.problems else None
        if problem is None:
            self.shown.append((post.channel_id, card.tone, reference))
        with self.lock:
            self.together -= 1
        if problem is not None:
            raise problem
        return reference


@dataclass
class Corner:
    """A conversation, and a platform with limits that shows it."""

    talk: Talk
    platform: Platform
    outbox: Outbox

    def put_up(self, render: Render, channel: str = "C1") -> Post:
        with self.talk.desk.writing() as session:
            return posts.add(session, Post(platform="test", channel_id=channel, render_id=render.id))

    def end(self, render: Render, state: RenderState = RenderState.FAILED) -> None:
        self.talk.end(render, state)
        with self.talk.desk.writing() as session:
            posts.touch(session, render_id=render.id)

    def change(self, render: Render, label: str) -> None:
        with self.talk.desk.writing() as session:
            renders.change_queued(session, render.id or 0, progress_label=label)
            posts.touch(session, render_id=render.id)

    def now(self, post: Post) -> Post:
        with self.talk.desk.reading() as session:
            found = posts.by_id(session, post.id or 0)
        assert found is not None
        return found


@pytest.fixture
def corner(talk: Talk) -> Corner:
    platform = Platform()
    return Corner(talk, platform, Outbox(talk.desk, {"test": platform, "room": RoomChat()}))


def test_only_platforms_with_limits_are_the_outbox_s(corner: Corner) -> None:
    assert corner.outbox.platforms == {"test"}


def test_what_changed_ten_times_while_it_had_to_wait_is_sent_once_as_it_is_then(corner: Corner) -> None:
    render = corner.talk.ask()
    post = corner.put_up(render)
    for step in range(10):
        corner.change(render, f"step {step}")
    corner.end(render)
    corner.outbox.drain()
    assert corner.platform.shown == [("C1", "failed", f"m{post.id}")]
    assert not corner.now(post).due


def test_what_has_ended_goes_first_then_what_is_new_then_what_goes_on(corner: Corner) -> None:
    going_on, new, ended = (corner.talk.ask(f"render text-to-image shoe seed:{seed}") for seed in (1, 2, 3))
    first = corner.put_up(going_on)
    corner.outbox.drain()
    corner.change(going_on, "waits for the warm one")
    second, third = corner.put_up(new), corner.put_up(ended)
    corner.end(ended)
    corner.outbox.drain()
    assert [reference for _, _, reference in corner.platform.shown[1:]] == [f"m{third.id}", f"m{second.id}", f"m{first.id}"]


def test_two_outboxes_are_one_sender_a_channel(corner: Corner) -> None:
    other = Outbox(corner.talk.desk, {"test": corner.platform})
    made = [corner.put_up(corner.talk.ask(f"render text-to-image shoe seed:{seed}")) for seed in range(8)]
    threads = [threading.Thread(target=box.drain) for box in (corner.outbox, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reference for _, _, reference in corner.platform.shown) == sorted(f"m{post.id}" for post in made)
    assert corner.platform.most_together == 1


def test_a_slow_channel_keeps_no_other_waiting(corner: Corner) -> None:
    corner.platform.every = 600.0
    stuck = [corner.put_up(corner.talk.ask(f"render text-to-image shoe seed:{seed}"), "slow") for seed in range(3)]
    free = corner.put_up(corner.talk.ask(), "free")
    corner.outbox.drain(patience=0.6)
    assert [channel for channel, _, _ in corner.platform.shown].count("slow") == 1
    assert not corner.now(free).due
    assert [corner.now(post).due for post in stuck] == [False, True, True]


def test_a_pause_the_platform_asks_for_holds_the_whole_channel(corner: Corner) -> None:
    corner.platform.problems.append(ChatBusy("slow down", retry_after=300.0))
    first, second = corner.put_up(corner.talk.ask()), corner.put_up(corner.talk.ask("render text-to-image shoe seed:9"))
    corner.outbox.drain(patience=0.5)
    assert corner.platform.shown == []
    assert (corner.now(first).due, corner.now(second).due) == (True, True)
    assert (corner.now(first).attempts, corner.now(second).attempts) == (1, 0)


def test_a_place_that_is_gone_is_given_up(corner: Corner) -> None:
    corner.platform.problems.append(ChatGone("the channel was archived"))
    post = corner.put_up(corner.talk.ask())
    corner.outbox.drain()
    assert (corner.now(post).due, corner.now(post).error) == (False, "the channel was archived")


def test_whoever_asked_is_told_once_that_their_message_cannot_be_shown(corner: Corner) -> None:
    with corner.talk.desk.writing() as session:
        members.add_handle(session, corner.talk.mia.id or 0, "test", "U1")
    render = corner.talk.ask()
    corner.put_up(render)
    for _ in range(2):
        corner.platform.problems.append(ChatRefused("I am not in that channel.", hint="Invite me with /invite @Slate."))
        corner.change(render, "again")
        corner.outbox.drain()
    [(user, said)] = corner.platform.told
    assert user == "U1"
    assert render.code in said
    assert "/invite @Slate" in said
    assert said.endswith("chat-refused")


def test_jobs_leave_posts_with_limits_to_the_outbox_and_wake_it(corner: Corner) -> None:
    render = corner.talk.ask()
    post = corner.put_up(render)
    speak = {"test": corner.platform, "room": RoomChat()}
    bring_in_step(corner.talk.desk, render.id or 0, speak=speak)
    catch_up(corner.talk.desk, speak=speak)
    assert corner.platform.shown == []
    running = threading.Thread(target=corner.outbox.run)
    running.start()
    until(lambda: not corner.now(post).due, "the outbox has sent it")
    corner.change(render, "one more thing")
    bring_in_step(corner.talk.desk, render.id or 0, speak=speak)
    until(lambda: not corner.now(post).due, "the outbox was woken")
    corner.outbox.stop()
    running.join(10)
    assert not running.is_alive()
