"""A worker carries renders out: once each, whatever dies or misbehaves around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from bot.show import seals
from core import files
from core.desk import Desk
from core.rendering import lifecycle
from core.rendering.lifecycle import RenderRequest
from core.rendering.worker import MOST_RUNS, Lane, run_id
from storage.clock import now
from storage.files import assets
from storage.rendering import backends, renders
from storage.tables import BackendState, Origin, Render, RenderState
from tests.pictures import comfy_png, scene
from tests.shop import Shop, open_shop
from tests.waiting import until


@pytest.fixture
def shop(desk: Desk) -> Iterator[Shop]:
    with open_shop(desk) as opened:
        yield opened


@contextmanager
def working(lane: Lane) -> Iterator[threading.Thread]:
    """The lane carries out one render in the background."""
    thread = threading.Thread(target=lane.work)
    thread.start()
    yield thread
    thread.join(60)
    assert not thread.is_alive()


def slow(shop: Shop, seconds: float = 0.15) -> None:
    shop.simulator.turn(step_seconds=seconds)


def runs_of(shop: Shop, render: Render) -> list[str]:
    """How each run of this render ended on the server."""
    mine = {run_id(render, number) for number in range(1, MOST_RUNS + 2)}
    return [run.outcome for run in shop.simulator.executed if run.prompt_id in mine]


def running(shop: Shop, render: Render) -> Callable[[], bool]:
    return lambda: shop.now(render).progress > 0


def expire(shop: Shop, render: Render) -> None:
    """As if the worker had not been heard of for longer than its lease, and the sweeper had come by."""
    with shop.desk.writing() as session:
        held = shop.now(render).token
        assert renders.change_claimed(session, render.id, held, lease_until=now() - timedelta(seconds=1))
        assert lifecycle.take_back(shop.desk, session, render, "its worker was lost")


def test_a_render_is_made_kept_and_pointed_at_what_made_it(shop: Shop) -> None:
    render = shop.ask(prompt="a lighthouse at dusk", seed=7)
    assert shop.lane().work()
    done = shop.now(render)
    (asset,) = shop.outputs(render)
    assert done.state is RenderState.DONE
    assert (asset.prompt, asset.seed, asset.workflow) == ("a lighthouse at dusk", "7", "text-to-image")
    assert (asset.width, asset.height) == (128, 128)
    assert shop.desk.blobs.has(asset.sha256)
    assert asset.statement["by"] == "Mia Chen"
    assert runs_of(shop, render) == ["success"]


def test_with_nothing_to_do_a_ticket_ends_at_once(shop: Shop) -> None:
    assert not shop.lane().work()


def test_a_cancelled_render_is_never_started(shop: Shop) -> None:
    render = shop.ask()
    lifecycle.cancel(shop.desk, render.code, by=shop.mia)
    assert not shop.lane().work()
    assert shop.now(render).state is RenderState.CANCELLED


def test_a_running_render_stops_when_it_is_cancelled_and_others_go_on(shop: Shop) -> None:
    slow(shop)
    render, other = shop.ask(steps=60), shop.ask(steps=2)
    lane = shop.lane()
    with working(lane):
        until(running(shop, render), "it is running")
        lifecycle.cancel(shop.desk, render.code, by=shop.mia)
    assert shop.now(render).state is RenderState.CANCELLED
    assert shop.outputs(render) == []
    lane.work()
    assert shop.now(other).state is RenderState.DONE


def test_a_dead_workers_run_is_taken_up_and_not_made_again(shop: Shop) -> None:
    slow(shop, 0.05)
    render = shop.ask(steps=60)
    first, second = shop.lane(), shop.lane()
    with working(first):
        until(running(shop, render), "it is running")
        expire(shop, render)
        shop.sweep()
        assert second.work()
    assert shop.now(render).state is RenderState.DONE
    assert len(shop.outputs(render)) == 1
    assert runs_of(shop, render) == ["success"]
    assert shop.now(render).attempt == 2


def test_a_worker_told_to_stop_gives_its_render_back_and_the_run_goes_on(shop: Shop) -> None:
    slow(shop, 0.05)
    render = shop.ask(steps=60)
    lane = shop.lane()
    with working(lane):
        until(running(shop, render), "it is running")
        lane.stop()
    assert shop.now(render).state is RenderState.QUEUED
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE
    assert runs_of(shop, render) == ["success"]


def test_a_restarted_comfyui_loses_the_run_but_not_the_render(shop: Shop) -> None:
    slow(shop)
    render = shop.ask(steps=12)
    with working(shop.lane()):
        until(running(shop, render), "it is running")
        shop.simulator.restart()
    assert shop.now(render).state is RenderState.DONE
    assert len(shop.outputs(render)) == 1
    assert runs_of(shop, render).count("success") == 1


def test_a_comfyui_that_goes_away_puts_the_render_back_in_line_and_its_return_carries_on(shop: Shop) -> None:
    slow(shop)
    render = shop.ask(steps=60)
    with working(shop.lane()):
        until(running(shop, render), "it is running")
        shop.simulator.stop()
    waiting = shop.now(render)
    assert waiting.state is RenderState.QUEUED
    assert "does not answer" in waiting.progress_label
    shop.simulator.start()
    shop.sweep()
    with shop.desk.writing() as session:
        renders.change_queued(session, render.id, not_before=None)
    assert shop.lane().work()
    assert shop.now(render).state is RenderState.DONE


def test_a_missing_model_ends_the_render_with_what_there_is_instead(shop: Shop) -> None:
    render = shop.ask(model="sd_xl_base_1.0.safetensors")
    shop.lane().work()
    failed = shop.now(render)
    assert failed.state is RenderState.FAILED
    assert failed.error_code == "model-missing"
    assert "slate-sim-base" in failed.error_message + failed.error_hint


@pytest.mark.parametrize(
    ("knob", "code"),
    [("oom", "out-of-memory"), ("node_error", "render-failed"), ("no_outputs", "no-outputs"), ("submit_500", None)],
)
def test_every_trouble_ends_in_a_sentence_or_is_overcome(shop: Shop, knob: str, code: str | None) -> None:
    shop.simulator.turn(**{knob: 1})
    render = shop.ask()
    shop.lane().work()
    ended = shop.now(render)
    if code is None and ended.state is RenderState.DONE:
        return
    assert ended.state is RenderState.FAILED
    assert code is None or ended.error_code == code
    assert ended.error_message
    assert "Traceback" not in ended.error_message


def test_a_lost_file_is_rendered_again_rather_than_reported(shop: Shop) -> None:
    shop.simulator.turn(files_lost=1)
    render = shop.ask()
    lane = shop.lane()
    lane.work()
    lane.work()
    assert shop.now(render).state is RenderState.DONE
    assert len(shop.outputs(render)) == 1


def test_a_batch_makes_one_asset_a_picture(shop: Shop) -> None:
    render = shop.ask(count=3)
    shop.lane().work()
    assert [asset.ordinal for asset in shop.outputs(render)] == [0, 1, 2]


def test_a_backend_that_is_down_is_left_for_another_that_is_up(shop: Shop) -> None:
    slow(shop)
    render = shop.ask(steps=30)
    with working(shop.lane()):
        until(running(shop, render), "it is running")
        shop.simulator.stop()
    from hooks.simulator import SimulatorOptions
    from hooks.simulator import running as simulated

    with simulated(SimulatorOptions(name="gpu-02", step_seconds=0.0)) as other:
        with shop.desk.writing() as session:
            backends.sync(session, [("gpu-01", shop.simulator.url), ("gpu-02", other.url)])
        shop.sweep()
        with shop.desk.reading() as session:
            states = {one.name: one.state for one in backends.in_use(session)}
        assert states == {"gpu-01": BackendState.DOWN, "gpu-02": BackendState.UP}
        assert shop.lane("gpu-02").work()
    assert shop.now(render).state is RenderState.DONE


def test_tickets_lost_with_redis_are_written_again(shop: Shop) -> None:
    render = shop.ask()
    shop.desk.queue.redis.flushall()
    shop.drain()
    assert shop.now(render).state is RenderState.QUEUED
    shop.sweep()
    shop.drain()
    assert shop.now(render).state is RenderState.DONE


def test_a_server_that_gives_its_input_back_ends_the_render_with_honest_words(shop: Shop) -> None:
    """The workflow may be an honest one that loads a picture and saves it, or the server a hostile one."""
    photo = comfy_png(scene(7, 128, 128), {})
    draft = files.keep(shop.desk, photo, "photo.png", member_id=shop.mia.id or 0, project_id=shop.project.id or 0)
    with shop.desk.writing() as session:
        code = assets.add(session, draft).code
    inputs = {"prompt": "a red boat", "steps": 3, "image": code}
    render = lifecycle.submit(shop.desk, RenderRequest("image-to-image", shop.mia, shop.project, inputs=inputs))
    lane = shop.lane()
    lane.comfy.collect = lambda output, rest: photo  # type: ignore[method-assign,assignment]
    assert lane.work()
    (asset,) = shop.outputs(render)
    assert (shop.now(render).state, asset.origin, asset.render_id) == (RenderState.DONE, Origin.RETURNED, render.id)
    assert f"The server gave the input {code} back unchanged" in seals.seal_troubles([asset])[0].value
