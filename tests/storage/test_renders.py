"""The line of waiting renders as the database tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from storage.clock import now
from storage.database import Database
from storage.rendering import backends, renders
from storage.tables import Backend, Render, RenderState
from tests.makers import make_backend, make_member, make_project, make_render, make_version


@dataclass
class Line:
    """Renders of one member for one project, in the order they were made."""

    session: Session
    mine: Backend
    other: Backend

    def __post_init__(self) -> None:
        self.who = make_member(self.session), make_project(self.session), make_version(self.session)
        self.rank = 0.0

    def add(self, **more: Any) -> Render:
        self.rank += 1
        return make_render(self.session, *self.who, **{"rank": self.rank, **more})

    def first(self, limit: int = 16) -> list[int]:
        """What the backend `mine` may take."""
        return [one.id for one in renders.next_queued(self.session, "house", now(), limit, self.mine.id)]


@pytest.fixture
def line(database: Database) -> Any:
    with database.writing() as session:
        yield Line(session, make_backend(session, "gpu-01"), make_backend(session, "gpu-02"))


def test_renders_a_backend_cannot_take_never_hide_those_it_can(line: Line) -> None:
    for _ in range(20):
        line.add(run_submitted=True, backend_id=line.other.id)
        line.add(refused_by=[line.other.id, line.mine.id])
    free = line.add()
    assert line.first() == [free.id]


def test_a_refusal_by_another_backend_or_a_run_of_ones_own_hides_nothing(line: Line) -> None:
    refused_there, mine = line.add(refused_by=[line.other.id]), line.add(run_submitted=True, backend_id=line.mine.id)
    left_by_nobody = line.add(backend_id=line.other.id)
    assert line.first() == [refused_there.id, mine.id, left_by_nobody.id]


def test_the_line_is_one_of_priority_then_rank_then_age(line: Line) -> None:
    late, early, urgent = line.add(rank=5.0), line.add(rank=1.0), line.add(rank=9.0, priority=-1)
    twin = line.add(rank=1.0)
    assert line.first() == [urgent.id, early.id, twin.id, late.id]
    assert renders.ahead_of(line.session, late)[0] == 3
    assert renders.out_of_turn(line.session, late) == (3, 0)


def test_what_waits_is_counted_and_what_must_wait_longer_only_when_asked(line: Line) -> None:
    line.add(), line.add(not_before=now() + timedelta(minutes=1)), line.add(not_before=now() - timedelta(minutes=1))
    line.add(state=RenderState.DONE), line.add(pool="elsewhere")
    assert renders.waiting_in(line.session, "house") == 3
    assert renders.waiting_in(line.session, "house", 2) == 2
    assert renders.waiting_in(line.session, "house", ready=now()) == 2
    assert sorted(renders.pools_with_waiting(line.session)) == ["elsewhere", "house"]


def test_what_nobody_can_take_is_found(line: Line) -> None:
    stranded, _ = line.add(refused_by=[line.mine.id, line.other.id]), line.add(refused_by=[line.mine.id])
    both = [line.mine.id, line.other.id]
    assert [one.id for one in renders.refused_by_all(line.session, "house", both)] == [stranded.id]
    assert renders.refused_by_all(line.session, "house", []) == []


def test_a_change_meant_for_one_run_does_not_touch_the_next(line: Line) -> None:
    render = line.add(run_submitted=True, backend_id=line.mine.id)
    line.session.expunge(render)  # as it was read by somebody slow
    assert renders.change_queued(line.session, render.id, run=2)
    assert not renders.change_bound(line.session, render, run_submitted=False)
    assert renders.change_queued(line.session, render.id, run=1)
    assert renders.change_bound(line.session, render, run_submitted=False)


def test_only_an_expired_lease_can_be_taken_back(line: Line) -> None:
    held = line.add(state=RenderState.RUNNING, token="t", lease_until=now() + timedelta(seconds=5))
    lost = line.add(state=RenderState.RUNNING, token="t", lease_until=now() - timedelta(seconds=5))
    assert [one.id for one in renders.expired(line.session, now())] == [lost.id]
    assert not renders.change_expired(line.session, held.id, now(), token="")
    assert renders.change_expired(line.session, lost.id, now(), token="")


def test_every_change_raises_the_version_so_that_messages_follow(line: Line) -> None:
    render = line.add()
    assert renders.change_queued(line.session, render.id, progress_label="soon")
    assert render.version == 2
    assert not renders.change_claimed(line.session, render.id, "not its token", progress_label="never")
    assert (render.version, render.progress_label) == (2, "soon")
    assert backends.up_in(line.session, "house")
