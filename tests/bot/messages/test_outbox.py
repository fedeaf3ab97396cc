"""The outbox sends what is behind: one sender a channel, ends first, the newest state only, and no faster than allowed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.cards import Card
from bot.messages.outbox import SENDERS, Outbox
from bot.messages.sync import MOST_REFUSALS, bring_in_step, catch_up
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.errors import ChatBusy, ChatGone, ChatRefused, SlateError
from storage.chat import posts
from storage.clock import now
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
            posts.touch(session, [render.id])

    def change(self, render: Render, label: str) -> None:
        with self.talk.desk.writing() as session:
            renders.change_queued(session, render.id or 0, progress_label=label)
            posts.touch(session, [render.id])

    def now(self, post: Post) -> Post:
        with self.talk.desk.reading() as session:
            found = posts.by_id(session, post.id or 0)
        assert found is not None
        return found


@pytest.fixture
def corner(talk: Talk) -> Corner:
    platform = Platform()
    return Corner(talk, platform, Outbox(talk.desk, {"test": platform, "room": RoomChat()}))


def test_the_outbox_serves_every_platform_and_the_room(corner: Corner) -> None:
    assert corner.outbox.platforms == {"test", "room"}


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


def test_what_goes_first_is_not_overtaken_when_its_pause_ends_while_the_others_are_asked(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (corner.put_up(corner.talk.ask(f"render text-to-image shoe seed:{seed}")) for seed in (1, 2))
    waits = iter([0.05])
    monkeypatch.setattr(corner.outbox._pacing, "take", lambda budgets: next(waits, 0.0) if budgets else 0.0)
    corner.outbox.drain()
    assert [reference for _, _, reference in corner.platform.shown] == [f"m{first.id}", f"m{second.id}"]


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


@pytest.mark.parametrize("problem", [ChatGone("the channel was archived"), ChatRefused("the token was revoked")])
def test_a_message_that_was_refused_is_shown_when_it_may_be(corner: Corner, problem: SlateError) -> None:
    corner.platform.problems.append(problem)
    render = corner.talk.ask()
    post = corner.put_up(render)
    corner.outbox.drain()
    refused = corner.now(post)
    assert (refused.due, refused.error, corner.platform.shown) == (True, problem.message, [])
    come(corner, post)
    corner.outbox.drain()
    assert set(corner.platform.shown) == {("C1", "queued", f"m{post.id}")}
    assert (corner.now(post).due, corner.now(post).error) == (False, "")


def come(corner: Corner, post: Post) -> None:
    """The moment of the next attempt has come."""
    with corner.talk.desk.writing() as session:
        stored = posts.by_id(session, post.id or 0)
        assert stored is not None
        assert stored.next_try_at is not None
        stored.next_try_at = now()
        session.add(stored)


def test_a_place_that_is_gone_is_not_tried_at_every_change_but_at_the_end(corner: Corner) -> None:
    render = corner.talk.ask()
    corner.platform.problems += [ChatGone("the channel was archived")] * 3
    post = corner.put_up(render)
    corner.outbox.drain()
    for step in range(5):
        corner.change(render, f"step {step}")
        corner.outbox.drain()
    assert len(corner.platform.problems) == 1, "no change made it try again"
    corner.talk.end(render, RenderState.FAILED)
    with corner.talk.desk.writing() as session:
        posts.touch(session, [render.id], ended=True)
    corner.outbox.drain()
    assert corner.platform.problems == []
    assert corner.now(post).attempts == 3


def test_the_first_message_that_gets_through_brings_back_those_refused_before(corner: Corner) -> None:
    first, second = corner.talk.ask(), corner.talk.ask("render text-to-image shoe seed:9")
    corner.platform.problems.append(ChatRefused("not in the channel"))
    corner.platform.problems.append(ChatRefused("not in the channel"))
    refused = corner.put_up(first)
    corner.outbox.drain()
    corner.change(first, "goes on")
    corner.outbox.drain()
    allowed = corner.put_up(second)
    corner.outbox.drain()
    assert [reference for _, _, reference in corner.platform.shown][:2] == [f"m{allowed.id}", f"m{refused.id}"]


def test_pauses_grow_while_a_platform_refuses_and_end_after_a_week(corner: Corner) -> None:
    post = corner.put_up(corner.talk.ask())
    pauses = []
    for attempts in (0, 1, 5, 30, MOST_REFUSALS):
        with corner.talk.desk.writing() as session:
            stored = posts.by_id(session, post.id or 0)
            assert stored is not None
            stored.attempts, stored.next_try_at = attempts, None
            session.add(stored)
        corner.platform.problems.append(ChatGone("gone"))
        corner.outbox.drain()
        until_then = corner.now(post).next_try_at
        pauses.append(round((until_then - now()).total_seconds(), -1) if until_then else None)
    assert pauses == [10, 20, 300, 1800, None]
    assert not corner.now(post).due


def test_an_outbox_with_nothing_to_send_now_does_not_look_again_and_again(corner: Corner) -> None:
    """A message that had been held, and now waits for its next attempt, has a moment in the past that means nothing."""
    post = corner.put_up(corner.talk.ask())
    later = now() + timedelta(minutes=5)
    with corner.talk.desk.writing() as session:
        stored = posts.by_id(session, post.id or 0)
        assert stored is not None
        stored.held_until, stored.next_try_at = now() - timedelta(minutes=1), later
        session.add(stored)
    with corner.talk.desk.reading() as session:
        assert posts.wake_at(session, ["test"], now()) == later


def test_a_busy_channel_gives_way_to_the_end_of_a_render_elsewhere(corner: Corner) -> None:
    corner.platform.every = 0.0001
    for seed in range(2 * SENDERS):
        corner.put_up(corner.talk.ask(f"render text-to-image shoe seed:{seed}"), f"busy-{seed}")
    ended = corner.talk.ask("render text-to-image shoe seed:99")
    corner.put_up(ended, "quiet")
    corner.end(ended)
    with corner.talk.desk.reading() as session:
        assert posts.lines(session, ["test"], now())[0].channel_id == "quiet"


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
