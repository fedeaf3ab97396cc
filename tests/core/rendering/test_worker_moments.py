"""The worst moments for something to happen to a worker: between claim and run, while it keeps a result, without a database."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from core.desk import Desk
from core.rendering import lifecycle
from core.rendering.attempt import Attempt
from core.rendering.context import Briefing
from core.rendering.heartbeat import Heart
from core.rendering.worker import MOST_RUNS, Lane, run_id
from core.settings import Settings
from storage.blobs import BlobError, Blobs, BlobStoreFull, open_blobs
from storage.clock import now
from storage.database import Database
from storage.queue import Queue
from storage.rendering import renders
from storage.tables import Render, RenderState
from tests.postgres import Cluster
from tests.shop import Shop, open_shop
from tests.waiting import until


@pytest.fixture
def shop(desk: Desk) -> Iterator[Shop]:
    with open_shop(desk) as opened:
        yield opened


class Interrupted(Lane):
    """A worker to whom something happens once, right before it submits."""

    happens: Callable[[], object] = staticmethod(lambda: None)

    def _attempt(self, briefing: Briefing, heart: Heart) -> Attempt:
        lane = self

        class Noticed(Attempt):
            def _upload(self) -> None:
                happens, lane.happens = lane.happens, lambda: None
                happens()
                super()._upload()

        return Noticed(self.desk, self.backend, self.comfy, briefing, heart, self._stopping)


def interrupted(shop: Shop, happens: Callable[[], object]) -> Interrupted:
    plain = shop.lane()
    lane = Interrupted(plain.desk, plain.backend, plain.comfy)
    lane.happens = happens
    return lane


def runs_of(shop: Shop, render: Render) -> list[str]:
    """How each run of this render ended on the server."""
    mine = {run_id(render, number) for number in range(1, 2 * MOST_RUNS + 2)}
    return [run.outcome for run in shop.simulator.executed if run.prompt_id in mine]


def expire(shop: Shop, render: Render) -> None:
    """As if the worker had not been heard of for longer than its lease, and the sweeper had come by."""
    with shop.desk.writing() as session:
        assert renders.change_claimed(session, render.id, shop.now(render).token, lease_until=now() - timedelta(seconds=1))
        assert lifecycle.take_back(shop.desk, session, render, "its worker was lost")


def hurry(shop: Shop, render: Render) -> None:
    """What was to wait a moment need not."""
    with shop.desk.writing() as session:
        assert renders.change_queued(session, render.id, not_before=None)


def test_a_render_cancelled_between_claim_and_submission_is_never_submitted(shop: Shop) -> None:
    render = shop.ask()
    assert interrupted(shop, lambda: lifecycle.cancel(shop.desk, render.code, by=shop.mia)).work()
    assert shop.now(render).state is RenderState.CANCELLED
    assert runs_of(shop, render) == []


def test_a_worker_that_slept_through_its_lease_makes_no_second_run(shop: Shop) -> None:
    render = shop.ask()

    def sleep() -> None:
        expire(shop, render)
        assert shop.lane().work()

    assert interrupted(shop, sleep).work()
    assert shop.now(render).state is RenderState.DONE
    assert len(shop.outputs(render)) == 1
    assert runs_of(shop, render) == ["success"]


def test_a_worker_told_to_stop_before_it_submitted_leaves_no_run(shop: Shop) -> None:
    render = shop.ask()
    lane = interrupted(shop, lambda: None)
    lane.happens = lane.stop
    assert lane.work()
    assert shop.now(render).state is RenderState.QUEUED
    assert runs_of(shop, render) == []
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE


def test_a_lane_that_finds_the_room_taken_waits_instead_of_throwing_its_ticket_away(shop: Shop) -> None:
    class Overtaken(Lane):
        blind = True

        def _wait(self) -> float | None:
            blind, self.blind = self.blind, False
            return 0.0 if blind else super()._wait()

    shop.simulator.turn(step_seconds=0.1)
    first, second = shop.ask(steps=8), shop.ask(steps=1)
    thread = threading.Thread(target=shop.lane().work)
    thread.start()
    until(lambda: shop.now(first).state is RenderState.RUNNING, "the first runs")
    plain = shop.lane()
    assert Overtaken(plain.desk, plain.backend, plain.comfy).work()
    thread.join(30)
    assert {shop.now(one).state for one in (first, second)} == {RenderState.DONE}


def test_refusals_by_many_servers_do_not_use_up_the_runs_of_the_next(shop: Shop) -> None:
    render = shop.ask()
    with shop.desk.writing() as session:
        renders.change_queued(session, render.id, run=MOST_RUNS + 1, refused_by=[101, 102, 103, 104])
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE


class Troubled:
    """A file store that has a trouble until it is mended."""

    def __init__(self, blobs: Blobs, trouble: Exception) -> None:
        self.blobs = blobs
        self.trouble: Exception | None = trouble

    def put(self, data: bytes) -> str:
        if self.trouble:
            raise self.trouble
        return self.blobs.put(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.blobs, name)


@pytest.mark.parametrize(
    ("trouble", "words", "attempts"),
    [(BlobStoreFull("no space"), "no room left", lifecycle.MOST_ATTEMPTS + 10), (BlobError("connection reset"), "file store", 1)],
)
def test_a_store_in_trouble_loses_no_result(shop: Shop, trouble: Exception, words: str, attempts: int) -> None:
    store = Troubled(shop.desk.blobs, trouble)
    shop.desk = replace(shop.desk, blobs=store)
    render = shop.ask()
    with shop.desk.writing() as session:
        renders.change_queued(session, render.id, attempt=attempts)
    assert shop.lane().work()
    waiting = shop.now(render)
    assert (waiting.state, words in waiting.progress_label) == (RenderState.QUEUED, True)
    store.trouble = None
    hurry(shop, render)
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE
    assert runs_of(shop, render) == ["success"]


def test_a_run_left_by_a_dead_worker_is_stopped_when_its_render_is_cancelled(shop: Shop) -> None:
    shop.simulator.turn(step_seconds=0.2)
    render = shop.ask(steps=100)
    thread = threading.Thread(target=shop.lane().work)
    thread.start()
    until(lambda: shop.now(render).progress > 0, "it is running")
    expire(shop, render)
    thread.join(30)
    lifecycle.cancel(shop.desk, render.code, by=shop.mia)
    shop.drain()
    until(lambda: runs_of(shop, render) == ["interrupted"], "the run was stopped")
    assert shop.now(render).state is RenderState.CANCELLED


def test_a_lane_leaves_no_file_open_however_many_renders_it_makes(shop: Shop) -> None:
    lane = shop.lane()

    def make(count: int) -> int:
        for _ in range(count):
            shop.ask(steps=1, width=64, height=64)
            assert lane.work()
        return len(list(Path(f"/proc/{os.getpid()}/fd").iterdir()))

    make(3)
    assert make(10) <= make(10) + 2


@pytest.fixture
def frail(postgres_cluster: Cluster, postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop on a PostgreSQL that can be taken away, and short leases."""
    settings = Settings(data=tmp_path, database_url=postgres_url, redis_url=redis_url, lease_seconds=2)
    desk = Desk(settings, Database(postgres_url), open_blobs(settings.blobs), Queue(redis_url))
    with open_shop(desk) as opened:
        yield opened
    desk.close()


def allow(cluster: Cluster, url: str, yes: bool) -> None:
    """Let people into the database, or throw everybody out."""
    name = make_url(url).database
    with psycopg.connect(cluster.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {yes}")
        if not yes:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))


def test_without_a_database_a_worker_publishes_nothing_and_the_run_is_kept_when_it_is_back(
    frail: Shop, postgres_cluster: Cluster, postgres_url: str
) -> None:
    frail.simulator.turn(step_seconds=0.1)
    render = frail.ask(steps=15)
    first, second = frail.lane(), frail.lane()
    thread = threading.Thread(target=first.work)
    thread.start()
    until(lambda: frail.now(render).progress > 0, "it is running")
    allow(postgres_cluster, postgres_url, yes=False)
    thread.join(30)
    assert not thread.is_alive()
    waiting = threading.Thread(target=second.work)
    waiting.start()
    allow(postgres_cluster, postgres_url, yes=True)
    assert frail.now(render).state is RenderState.RUNNING
    until(lambda: bool(frail.sweeper.sweep()) or frail.now(render).state is not RenderState.RUNNING, "its lease ran out")
    waiting.join(30)
    if frail.now(render).state is RenderState.QUEUED:
        assert second.work()
    assert frail.now(render).state is RenderState.DONE
    assert len(frail.outputs(render)) == 1
    assert runs_of(frail, render) == ["success"]
