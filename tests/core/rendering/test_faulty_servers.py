"""ComfyUI servers that fall silent, hang, die inside or serve others too: nothing is made twice, nobody waits in vain."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from core.comfyui.client import Comfy
from core.desk import Desk
from core.rendering import lifecycle, scheduler
from core.rendering.backend_health import GONE_ROUNDS, STUCK_ROUNDS
from core.rendering.worker import MOST_RUNS, Lane, run_id
from hooks.simulator import RunningSimulator, SimulatorOptions, running
from storage.clock import now
from storage.rendering import backends, left_runs, renders
from storage.tables import Backend, BackendState, Render, RenderState
from tests.core.comfy import drawing
from tests.shop import Shop, open_shop
from tests.waiting import until


@dataclass
class Two:
    """A shop with two servers, gpu-01 and gpu-02."""

    shop: Shop
    first: RunningSimulator
    second: RunningSimulator

    def server(self, name: str) -> Backend:
        with self.shop.desk.reading() as session:
            found = backends.by_name(session, name)
        assert found is not None
        return found

    def sweep(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.shop.sweep()

    def outcomes(self, render: Render) -> list[str]:
        """How each run of a render ended, on either server."""
        mine = {run_id(render, number) for number in range(1, MOST_RUNS + 2)}
        return [run.outcome for one in (self.first, self.second) for run in one.executed if run.prompt_id in mine]

    def left(self) -> int:
        with self.shop.desk.reading() as session:
            return sum(left_runs.count_on(session, self.server(name).id) for name in ("gpu-01", "gpu-02"))

    def hurry(self, render: Render) -> None:
        """What was to wait a moment need not."""
        with self.shop.desk.writing() as session:
            renders.change_queued(session, render.id, not_before=None)


@pytest.fixture
def two(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    monkeypatch.setattr("core.rendering.backend_health.ANSWER_SECONDS", 1.0)
    with open_shop(desk) as shop, running(SimulatorOptions(name="gpu-02", step_seconds=0.0)) as second:
        with desk.writing() as session:
            backends.sync(session, [("gpu-01", shop.simulator.url), ("gpu-02", second.url)])
        shop.sweep()
        yield Two(shop, shop.simulator, second)


@contextmanager
def working(lane: Lane) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=lane.work)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


def outside(server: RunningSimulator, count: int, steps: int = 200) -> None:
    """Somebody else hands runs in."""
    with Comfy(server.url) as comfy:
        for _ in range(count):
            comfy.submit(drawing(steps=steps), str(uuid.uuid4()))


def test_a_server_that_is_silent_while_it_works_is_waited_for(two: Two) -> None:
    two.first.turn(step_seconds=0.05)
    render = two.shop.ask(steps=20)
    with working(two.shop.lane()):
        until(lambda: two.shop.now(render).progress > 0, "it is running")
        two.first.turn(frozen=True)
        until(lambda: "does not answer; waiting for it" in two.shop.now(render).progress_label, "the silence is told", 30)
        two.sweep(GONE_ROUNDS)
        assert two.server("gpu-01").state is BackendState.DOWN
        assert two.shop.now(render).state is RenderState.RUNNING
        two.first.turn(frozen=False)
    assert two.shop.now(render).state is RenderState.DONE
    assert two.outcomes(render) == ["success"]


def left_behind(two: Two, render: Render, *, ended: bool) -> None:
    """The render was moved off gpu-01, which is silent, while its run went on there."""
    two.first.turn(step_seconds=0.0 if ended else 0.2, worker_paused=ended)
    lane = two.shop.lane()
    with Comfy(two.first.url) as comfy:
        with working(lane):
            until(lambda: comfy.queue_depth() == 1, "it is handed in")
            lane.stop()
        two.first.turn(worker_paused=False)
        until(lambda: comfy.look(run_id(render, 1)).state.over is ended, "the run is where it should be")
    two.first.turn(frozen=True)
    two.sweep(GONE_ROUNDS + 1)
    moved = two.shop.now(render)
    assert (moved.state, moved.run_submitted, moved.run, two.left()) == (RenderState.QUEUED, False, 2, 1)
    two.first.turn(frozen=False)


def test_a_result_on_a_server_that_answers_again_is_taken_instead_of_made_again(two: Two) -> None:
    render = two.shop.ask(steps=2)
    left_behind(two, render, ended=True)
    two.sweep(2)
    assert two.left() == 1, "it stays open while the render waits"
    assert two.shop.lane("gpu-02").work()
    assert two.shop.now(render).state is RenderState.DONE
    (asset,) = two.shop.outputs(render)
    assert "gpu-01" in str(asset.statement)
    assert two.outcomes(render) == ["success"]
    two.sweep()
    assert two.left() == 0


def test_a_run_left_behind_is_cancelled_when_its_server_answers(two: Two) -> None:
    render = two.shop.ask(steps=100)
    left_behind(two, render, ended=False)
    two.sweep(2)
    until(lambda: two.outcomes(render) == ["interrupted"], "the run was stopped")
    assert two.left() == 0
    with two.shop.desk.writing() as session:
        renders.change_queued(session, render.id, inputs={**render.inputs, "steps": 2})
    assert two.shop.lane("gpu-02").work()
    assert two.shop.now(render).state is RenderState.DONE


def test_a_cancelled_render_s_run_is_stopped_when_its_silent_server_is_back(two: Two) -> None:
    two.first.turn(step_seconds=0.2)
    render = two.shop.ask(steps=100)
    lane = two.shop.lane()
    with working(lane):
        until(lambda: two.shop.now(render).progress > 0, "it is running")
        lane.stop()
    two.first.turn(frozen=True)
    lifecycle.cancel(two.shop.desk, render.code, by=two.shop.mia)
    assert two.shop.now(render).state is RenderState.CANCELLED
    assert two.left() == 1
    two.first.turn(frozen=False)
    two.sweep(2)
    until(lambda: two.outcomes(render) == ["interrupted"], "the run was stopped")


def test_other_people_s_runs_are_counted_and_the_free_server_is_preferred(two: Two) -> None:
    two.first.turn(step_seconds=0.1)
    outside(two.first, 3)
    two.sweep()
    assert two.server("gpu-01").outside == 3
    two.shop.ask()
    with two.shop.desk.reading() as session:
        busy, free = two.server("gpu-01"), two.server("gpu-02")
        assert (scheduler.should_defer(session, busy, now()), scheduler.should_defer(session, free, now())) == (True, False)
    for _ in range(5):
        two.shop.ask()
    with two.shop.desk.reading() as session:
        line = renders.next_queued(session, "house", now(), 16)
        assert len(line) == 6
        assert not scheduler.should_defer(session, two.server("gpu-02"), now())


def test_with_enough_in_line_the_shared_server_gets_its_part(two: Two) -> None:
    two.first.turn(step_seconds=0.1)
    outside(two.first, 1)
    two.sweep()
    for _ in range(6):
        two.shop.ask()
    with two.shop.desk.reading() as session:
        assert not scheduler.should_defer(session, two.server("gpu-01"), now())


def test_a_run_of_ours_is_nobody_else_s(two: Two) -> None:
    two.first.turn(step_seconds=0.1)
    render = two.shop.ask(steps=30)
    with working(two.shop.lane()):
        until(lambda: two.shop.now(render).progress > 0, "it is running")
        two.sweep()
        assert two.server("gpu-01").outside == 0
        two.first.turn(step_seconds=0.0)


def test_a_run_that_waits_behind_a_hanging_one_goes_to_a_free_server(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rendering.waiting.OVERDUE", 0.0)
    monkeypatch.setattr("core.rendering.waiting.LOOK_EVERY", 0.1)
    monkeypatch.setattr(scheduler, "LATE", 0.0)
    two.first.turn(step_seconds=0.5)
    outside(two.first, 1)
    render = two.shop.ask(steps=2)
    assert two.shop.lane().work()
    unbound = two.shop.now(render)
    assert (unbound.state, unbound.run_submitted) == (RenderState.QUEUED, False)
    assert "does not move" in unbound.progress_label
    with Comfy(two.first.url) as comfy:
        assert comfy.queue_depth() == 1, "only the other person's run is left there"
    assert two.shop.lane("gpu-02").work()
    assert two.shop.now(render).state is RenderState.DONE
    assert two.outcomes(render) == ["success"]
    two.first.turn(step_seconds=0.0)


def test_a_server_whose_worker_thread_is_dead_is_noticed_and_left(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rendering.waiting.LOOK_EVERY", 0.1)
    two.first.turn(kill_worker=1)
    render = two.shop.ask(steps=2)
    with Comfy(two.first.url) as comfy, working(two.shop.lane()):
        until(lambda: comfy.queue_depth() == 1, "it is handed in")
        two.sweep(STUCK_ROUNDS + 1)
    two.sweep(2)
    stuck = two.server("gpu-01")
    assert (stuck.state, "none is carried out" in stuck.detail) == (BackendState.DOWN, True), "also once its worker has left it"
    assert two.shop.now(render).state is RenderState.QUEUED
    two.hurry(render)
    assert two.shop.lane("gpu-02").work()
    assert two.shop.now(render).state is RenderState.DONE
    two.first.restart()
    two.sweep()
    assert (two.server("gpu-01").state, two.left()) == (BackendState.UP, 0)


def test_a_busy_server_is_not_taken_for_a_dead_one(two: Two) -> None:
    two.first.turn(step_seconds=0.2)
    outside(two.first, 3)
    with Comfy(two.first.url) as comfy:
        until(comfy.is_working, "the first is being made")
    two.sweep(STUCK_ROUNDS + 2)
    assert two.server("gpu-01").state is BackendState.UP


def test_nothing_new_is_sent_to_a_server_that_missed_a_look(two: Two) -> None:
    two.first.turn(frozen=True)
    two.sweep()
    silent = two.server("gpu-01")
    assert (silent.state, silent.missed) == (BackendState.UP, 1)
    with two.shop.desk.reading() as session:
        assert scheduler.room_in(session, silent, now(), 2.0) > 0
    two.first.turn(frozen=False)
    two.sweep()
    assert two.server("gpu-01").missed == 0


def test_nothing_is_readied_behind_a_late_run_while_another_server_is_free(two: Two) -> None:
    render = two.shop.ask()
    with two.shop.desk.writing() as session:
        server = two.server("gpu-01")
        claim = scheduler.claim(session, server, now(), now() + timedelta(seconds=60))
        assert claim is not None
        renders.change_claimed(session, render.id, claim.token, expected_end_at=now() - timedelta(seconds=60))
        assert scheduler.room_in(session, server, now(), 2.0) > 0
        backends.mark(session, two.server("gpu-02").id, state=BackendState.DOWN)
        assert scheduler.room_in(session, server, now(), 2.0) == 0


def test_run_numbers_are_never_used_twice(two: Two) -> None:
    render = two.shop.ask()
    with two.shop.desk.writing() as session:
        renders.change_queued(session, render.id, run=3, run_submitted=True, backend_id=two.server("gpu-01").id)
    with two.shop.desk.writing() as session:
        left_runs.leave(session, two.shop.now(render))
        renders.change_queued(session, render.id, run=1)
    with two.shop.desk.reading() as session:
        assert left_runs.next_number(session, two.shop.now(render)) == 4
