"""The sweeper finds what was lost and puts it back on its way; nothing waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog

from core.desk import Desk
from core.rendering import lifecycle
from core.rendering.backend_health import GONE_ROUNDS
from core.rendering.reconciler import Sweeper
from hooks.simulator import RunningSimulator, SimulatorOptions, running
from storage.chat import posts
from storage.clock import now
from storage.people import members
from storage.queue import OUTBOX, pool_queue
from storage.rendering import backends, renders
from storage.tables import Backend, BackendState, Post, Render, RenderState
from tests.shop import Shop, open_shop
from tests.waiting import until


@pytest.fixture
def shop(desk: Desk) -> Iterator[Shop]:
    with open_shop(desk) as opened:
        yield opened


@pytest.fixture
def second(shop: Shop) -> Iterator[RunningSimulator]:
    """A second backend, called gpu-02, that is up."""
    with running(SimulatorOptions(name="gpu-02", step_seconds=0.0)) as server:
        with shop.desk.writing() as session:
            backends.sync(session, [("gpu-01", shop.simulator.url), ("gpu-02", server.url)])
        shop.sweep()
        yield server


@pytest.fixture
def hasty(desk: Desk) -> Iterator[Sweeper]:
    """A sweeper to whom a lease is a twentieth of a second."""
    settings = desk.settings.model_copy(update={"lease_seconds": 0.05})
    sweeper = Sweeper(Desk(settings, desk.database, desk.blobs, desk.queue))
    yield sweeper
    sweeper.close()


def test_what_a_leaver_asked_for_in_the_last_moment_is_cancelled(shop: Shop) -> None:
    render = shop.ask()
    with shop.desk.writing() as session:
        leaver = members.by_id(session, render.member_id)
        assert leaver is not None
        leaver.active = False
        members.save(session, leaver)
    shop.sweep()
    with shop.desk.reading() as session:
        assert lifecycle.get(session, render.code).state is RenderState.CANCELLED


def server(shop: Shop, name: str) -> Backend:
    with shop.desk.reading() as session:
        found = backends.by_name(session, name)
    assert found is not None
    return found


def bind(shop: Shop, render: Render, name: str) -> None:
    """As if a worker of this backend had begun the render and died, and its lease were over."""
    with shop.desk.writing() as session:
        renders.change_queued(session, render.id, run_submitted=True, backend_id=server(shop, name).id, attempt=1)


def retire(shop: Shop, *names: str) -> None:
    with shop.desk.writing() as session:
        left = [(one.name, one.url) for one in backends.in_use(session) if one.name not in names]
        backends.sync(session, left)


def lost(shop: Shop, render: Render, **values: object) -> None:
    """As if a worker had claimed it and had not been heard of for longer than its lease."""
    gone = {"state": RenderState.RUNNING, "token": "t", "lease_until": now() - timedelta(seconds=1), "attempt": 1}
    with shop.desk.writing() as session:
        assert renders.change_queued(session, render.id, **{**gone, **values})


def test_a_render_bound_to_a_retired_backend_is_rendered_on_another(shop: Shop, second: RunningSimulator) -> None:
    render = shop.ask()
    bind(shop, render, "gpu-02")
    retire(shop, "gpu-02")
    shop.sweep()
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE


def test_a_render_bound_to_a_retired_backend_waits_for_any_when_none_is_up(shop: Shop, second: RunningSimulator) -> None:
    render = shop.ask()
    bind(shop, render, "gpu-02")
    retire(shop, "gpu-01", "gpu-02")
    shop.sweep()
    assert not shop.now(render).run_submitted


def test_a_render_whose_backend_lost_its_workers_goes_to_another(shop: Shop, second: RunningSimulator, hasty: Sweeper) -> None:
    render = shop.ask()
    bind(shop, render, "gpu-02")
    until(lambda: not (hasty.sweep() or shop.now(render).run_submitted), "it is bound no more")
    assert shop.now(render).run == 2
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE


def test_a_render_whose_backend_is_at_work_waits_for_it(shop: Shop, second: RunningSimulator, hasty: Sweeper) -> None:
    render, busy = shop.ask(), shop.ask()
    bind(shop, render, "gpu-02")
    lost(shop, busy, backend_id=server(shop, "gpu-02").id, lease_until=now() + timedelta(minutes=1))
    for _ in range(20):
        assert not hasty.sweep()
    assert shop.now(render).run_submitted


def test_a_render_refused_everywhere_ends_with_the_reason(shop: Shop, second: RunningSimulator) -> None:
    render = shop.ask(model="sd_xl_base_1.0.safetensors")
    assert shop.lane().work()
    assert shop.now(render).refused_by == [server(shop, "gpu-01").id]
    assert shop.now(render).progress_label == "gpu-01 has no checkpoint `sd_xl_base_1.0.safetensors`; trying another server"
    assert not shop.lane().work()
    retire(shop, "gpu-02")
    shop.sweep()
    assert shop.lane().work()
    assert shop.now(render).error_code == "model-missing"


def test_a_render_says_which_absent_server_it_waits_for(shop: Shop, second: RunningSimulator) -> None:
    with shop.desk.writing() as session:
        backends.mark(session, server(shop, "gpu-02").id or 0, state=BackendState.DOWN, detail="gpu-02 does not answer.")
    render = shop.ask(model="sd_xl_base_1.0.safetensors")
    assert shop.lane().work()
    expected = "gpu-01 has no checkpoint `sd_xl_base_1.0.safetensors`; waiting for gpu-02, which is away and may have it"
    assert shop.now(render).progress_label == expected


def test_a_render_that_ends_every_worker_ends_itself_at_last(shop: Shop) -> None:
    render = shop.ask()
    lost(shop, render, attempt=lifecycle.MOST_ATTEMPTS)
    shop.sweep()
    failed = shop.now(render)
    assert (failed.state, failed.error_code) == (RenderState.FAILED, "render-failed")
    assert "no worker lived" in failed.error_message


def test_a_render_that_was_to_be_cancelled_is_when_its_worker_is_gone(shop: Shop) -> None:
    render = shop.ask()
    lost(shop, render, cancel_requested_by=shop.mia.id)
    shop.sweep()
    assert shop.now(render).state is RenderState.CANCELLED
    assert not shop.lane().work()


def test_two_sweepers_at_once_do_no_harm(shop: Shop, second: RunningSimulator) -> None:
    asked = [shop.ask(steps=1) for _ in range(6)]
    for render in asked[:3]:
        lost(shop, render)
    for render in asked[3:]:
        bind(shop, render, "gpu-02")
    retire(shop, "gpu-02")
    sweepers = [Sweeper(shop.desk) for _ in range(3)]
    threads = [threading.Thread(target=one.sweep) for one in sweepers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in sweepers:
        one.close()
    assert [shop.now(render).run for render in asked] == [1, 1, 1, 2, 2, 2]
    lane = shop.lane()
    while lane.work():
        pass
    assert {shop.now(render).state for render in asked} == {RenderState.DONE}
    assert len(shop.simulator.executed) == 6


def test_a_server_that_cannot_even_be_asked_keeps_nothing_else_from_being_swept(shop: Shop) -> None:
    with shop.desk.writing() as session:
        backends.sync(session, [("gpu-01", shop.simulator.url), ("gpu-02", "http://[not-an-address")])
    render = shop.ask()
    lost(shop, render)
    with structlog.testing.capture_logs() as told:
        shop.sweeper.sweep()
        shop.sweeper.sweep()
    assert shop.now(render).state is RenderState.QUEUED
    assert server(shop, "gpu-01").state is BackendState.UP
    assert len([line for line in told if line["log_level"] == "error"]) <= 1


def test_one_slow_answer_is_no_outage_and_a_return_is_seen_at_once(shop: Shop) -> None:
    shop.simulator.stop()
    for _ in range(GONE_ROUNDS - 1):
        shop.sweep()
    assert server(shop, "gpu-01").state is BackendState.UP
    shop.sweep()
    down = server(shop, "gpu-01")
    assert down.state is BackendState.DOWN
    assert down.detail
    shop.simulator.start()
    shop.sweep()
    assert server(shop, "gpu-01").state is BackendState.UP


def test_no_tickets_are_written_that_no_server_could_take(shop: Shop) -> None:
    shop.ask()
    with shop.desk.writing() as session:
        backends.mark(session, server(shop, "gpu-01").id, state=BackendState.DRAINING)
    shop.desk.queue.redis.flushall()
    shop.sweep()
    assert shop.desk.queue.length(pool_queue("house")) == 0


def test_a_render_that_waits_for_its_moment_gets_its_ticket_then(shop: Shop) -> None:
    render = shop.ask()
    shop.desk.queue.redis.flushall()
    for moment, tickets in ((now() + timedelta(minutes=1), 0), (now() - timedelta(seconds=1), 1)):
        with shop.desk.writing() as session:
            renders.change_queued(session, render.id, not_before=moment)
        shop.sweep()
        assert shop.desk.queue.length(pool_queue("house")) == tickets


def test_whoever_sends_is_woken_when_a_message_is_behind(shop: Shop) -> None:
    render = shop.ask()
    with shop.desk.writing() as session:
        posts.add(session, Post(platform="room", channel_id="general", render_id=render.id))
    shop.desk.queue.redis.flushall()
    with shop.desk.queue.redis.pubsub() as calls:
        calls.subscribe(f"slate:{OUTBOX}")
        assert calls.get_message(timeout=5) is not None
        shop.sweep()
        called = calls.get_message(timeout=5)
    assert called is not None
    assert called["type"] == "message"
