"""The history of a render: a row for each step, and seconds that add up to the whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.errors import RenderFailed
from core.events.actions import Action
from core.rendering import lifecycle
from core.rendering.history import HistoryStep, measured, timeline
from storage.clock import now
from storage.tables import RenderState
from tests.core.rendering.test_lifecycle import House, house

__all__ = ["house"]
START = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


def step(minutes: float, action: Action, server: str = "") -> HistoryStep:
    return HistoryStep(START + timedelta(minutes=minutes), action, server)


def test_the_seconds_of_a_render_add_up_to_its_whole_time() -> None:
    line = measured(
        [
            step(0, Action.RENDER_ASKED),
            step(10, Action.RENDER_CLAIMED, "gpu-02"),
            step(11, Action.RENDER_SUBMITTED, "gpu-02"),
            step(14, Action.RENDER_REQUEUED, "gpu-02"),
            step(30, Action.RENDER_CLAIMED, "gpu-01"),
            step(31, Action.RENDER_SUBMITTED, "gpu-01"),
            step(40, Action.RENDER_DONE),
        ],
        START + timedelta(days=9),
    )
    assert (line.waiting, line.lost, line.preparing, line.rendering) == (26 * 60, 4 * 60, 60, 9 * 60)
    assert line.total == 40 * 60
    assert line.claims == 2


def test_what_still_goes_on_is_counted_until_now() -> None:
    line = measured([step(0, Action.RENDER_ASKED), step(5, Action.RENDER_CLAIMED)], START + timedelta(minutes=7))
    assert (line.waiting, line.preparing) == (300, 120)


def test_each_step_of_a_render_is_on_record(house: House) -> None:
    render = house.ask()
    claim = house.claim()
    with house.desk.writing() as session:
        assert lifecycle.back_in_line(house.desk, session, claim, "gpu-01 does not answer")
    claim = house.claim()
    with house.desk.writing() as session:
        assert lifecycle.end(session, claim, RenderState.FAILED, RenderFailed("The node broke."))
    with house.desk.reading() as session:
        steps = timeline(session, house.now(render), now()).steps
    assert [(one.action, one.server, one.note) for one in steps] == [
        (Action.RENDER_ASKED, "", ""),
        (Action.RENDER_REQUEUED, "gpu-01", "gpu-01 does not answer"),
        (Action.RENDER_FAILED, "gpu-01", "The node broke."),
    ]


def test_a_cancelled_render_says_so_at_the_end_of_its_history(house: House) -> None:
    render = house.ask()
    lifecycle.cancel(house.desk, render.code, by=house.mia)
    with house.desk.reading() as session:
        line = timeline(session, house.now(render), now())
    assert [one.action for one in line.steps] == [Action.RENDER_ASKED, Action.RENDER_CANCELLED]
    assert line.rendering == 0
