"""Who is next, and why."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import Session

from core.rendering import scheduler
from storage.clock import now
from storage.database import Database
from storage.rendering import backends, renders
from storage.tables import BackendState, Member, Project, Render, RenderState, WorkflowVersion
from tests.makers import make_backend, make_member, make_project, make_render, make_version


@dataclass
class Team:
    mia: Member
    ana: Member
    acme: Project
    version: WorkflowVersion


@pytest.fixture
def team(database: Database) -> Team:
    with database.writing() as session:
        people = make_member(session), make_member(session, "Ana")
        made = Team(*people, make_project(session), make_version(session))
        make_backend(session)
    return made


def ask(session: Session, team: Team, member: Member, **more: object) -> Render:
    render = make_render(session, member, team.acme, team.version, **more)
    scheduler.enrol(session, render)
    session.flush()
    return render


def take(database: Database, backend: str = "gpu-01") -> scheduler.Claim | None:
    with database.writing() as session:
        server = backends.for_update(session, backend)
        assert server is not None
        return scheduler.claim(session, server, now(), now() + timedelta(seconds=15))


def test_one_picture_does_not_wait_for_somebody_elses_batch(database: Database, team: Team) -> None:
    with database.writing() as session:
        batch = [ask(session, team, team.ana) for _ in range(40)]
    first = take(database)
    with database.writing() as session:
        single = ask(session, team, team.mia)
        standing = scheduler.standing(session, single, now())
    assert first is not None
    assert first.render.id == batch[0].id
    assert standing.position <= 2
    assert "fair share" in standing.reason
    taken = [take(database), take(database)]
    assert single.id in [claim.render.id for claim in taken if claim]


def test_two_people_with_batches_take_turns(database: Database, team: Team) -> None:
    with database.writing() as session:
        for member in (team.ana, team.mia):
            for _ in range(20):
                ask(session, team, member)
    order = [claim.render.member_id for _ in range(20) if (claim := take(database))]
    assert Counter(order) == {team.ana.id: 10, team.mia.id: 10}


def test_a_heavier_flow_gets_more_turns(database: Database, team: Team) -> None:
    with database.writing() as session:
        flow = backends.flow_for_update(session, "house", team.mia.id, team.acme.id)
        flow.weight = 3.0
        session.add(flow)
        for member in (team.ana, team.mia):
            for _ in range(40):
                ask(session, team, member)
    order = Counter(claim.render.member_id for _ in range(24) if (claim := take(database)))
    assert order[team.mia.id] == 3 * order[team.ana.id]


def test_a_higher_priority_goes_first(database: Database, team: Team) -> None:
    with database.writing() as session:
        ask(session, team, team.ana)
        urgent = ask(session, team, team.ana, priority=-1)
    claim = take(database)
    assert claim is not None
    assert claim.render.id == urgent.id


def test_two_workers_never_get_the_same_render(database: Database, team: Team) -> None:
    with database.writing() as session:
        for _ in range(30):
            ask(session, team, team.ana)
    with ThreadPoolExecutor(6) as threads:
        claims = list(threads.map(lambda _: take(database), range(40)))
    got = [claim.render.id for claim in claims if claim]
    assert len(got) == len(set(got)) == 30


def test_a_claim_that_was_lost_cannot_write_any_more(database: Database, team: Team) -> None:
    with database.writing() as session:
        render = ask(session, team, team.mia)
    stale = take(database)
    assert stale is not None
    with database.writing() as session:
        assert renders.change_claimed(session, render.id, stale.token, state=RenderState.QUEUED, token="")
    fresh = take(database)
    assert fresh is not None
    with database.writing() as session:
        assert not renders.change_claimed(session, render.id, stale.token, progress=0.9)
        assert renders.change_claimed(session, render.id, fresh.token, progress=0.1)


def test_a_run_left_on_one_backend_is_not_taken_up_by_another(database: Database, team: Team) -> None:
    with database.writing() as session:
        left = make_backend(session, "gpu-02")
        bound = ask(session, team, team.ana, run_submitted=True, backend_id=left.id)
        other = ask(session, team, team.ana)
    here, there = take(database, "gpu-01"), take(database, "gpu-02")
    assert here is not None
    assert there is not None
    assert (here.render.id, there.render.id) == (other.id, bound.id)


def test_a_backend_that_refused_a_graph_is_not_offered_it_again(database: Database, team: Team) -> None:
    with database.writing() as session:
        backend = backends.by_name(session, "gpu-01")
        assert backend is not None
        ask(session, team, team.ana, refused_by=[backend.id])
    assert take(database) is None


def test_warm_models_go_first_but_nobody_waits_for_them_beyond_patience(database: Database, team: Team) -> None:
    rounds = int(scheduler.PATIENCE / scheduler.FIRST_GUESS)
    with database.writing() as session:
        backend = backends.by_name(session, "gpu-01")
        assert backend is not None
        backends.mark(session, backend.id, warm_models="warm")
        cold = ask(session, team, team.mia, model_key="cold")
        for _ in range(2 * rounds):
            ask(session, team, team.ana, model_key="warm")
    order = [claim.render.model_key for _ in range(2 * rounds) if (claim := take(database))]
    assert order[0] == "warm"
    assert order.index("cold") == rounds + 2, "the first in line is passed over for about a minute of rendering and no longer"
    assert cold.rank == 0.0


def test_long_waiting_does_not_make_warm_models_useless(database: Database, team: Team) -> None:
    with database.writing() as session:
        cold = ask(session, team, team.mia, model_key="cold")
        warm = ask(session, team, team.ana, model_key="warm")
        cold.created_at = warm.created_at = now() - timedelta(hours=2)
        backend = backends.by_name(session, "gpu-01")
        assert backend is not None
        backends.mark(session, backend.id, warm_models="warm")
        session.refresh(backend)
        assert [one.id for one in scheduler.in_order([cold, warm], backend, 0.0)] == [warm.id, cold.id]


def test_a_backend_that_is_down_takes_nothing_and_the_line_says_so(database: Database, team: Team) -> None:
    with database.writing() as session:
        render = ask(session, team, team.ana)
        backend = backends.by_name(session, "gpu-01")
        assert backend is not None
        backends.mark(session, backend.id, state=BackendState.DOWN)
    assert take(database) is None
    with database.reading() as session:
        standing = scheduler.standing(session, render, now())
    assert standing.starts_in is None
    assert "reachable" in standing.reason


def test_the_second_lane_waits_until_the_first_is_near_its_end(database: Database, team: Team) -> None:
    with database.writing() as session:
        backend = backends.by_name(session, "gpu-01")
        assert backend is not None
        running = ask(session, team, team.ana, state=RenderState.RUNNING, backend_id=backend.id)
        running.expected_end_at = now() + timedelta(seconds=30)
        session.add(running)
        session.flush()
        assert 27 < scheduler.room_in(session, backend, now(), 2.0) <= 28
        running.expected_end_at = now() + timedelta(seconds=1)
        session.flush()
        assert scheduler.room_in(session, backend, now(), 2.0) == 0


def test_estimates_learn_from_what_renders_took_and_grow_with_the_work(database: Database, team: Team) -> None:
    with database.writing() as session:
        backend = backends.by_name(session, "gpu-01")
        assert backend is not None
        short = make_render(session, team.mia, team.acme, team.version, inputs={"steps": 10})
        long = make_render(session, team.mia, team.acme, team.version, inputs={"steps": 60})
        assert scheduler.expected_seconds(session, short) == scheduler.FIRST_GUESS
        for seconds in (0.2, 0.4, 0.3):
            backends.record_pace(session, team.version.id, backend.id, seconds)
        assert scheduler.expected_seconds(session, short) == pytest.approx(3.0)
        assert scheduler.expected_seconds(session, long, backend.id) == pytest.approx(18.0)


def test_what_is_readied_behind_another_says_so_and_ends_after_it(database: Database, team: Team) -> None:
    with database.writing() as session:
        ask(session, team, team.ana)
        ask(session, team, team.ana)
    first, second = take(database), take(database)
    assert first is not None
    assert second is not None
    assert first.render.expected_end_at is not None
    assert second.render.expected_end_at is not None
    assert (first.render.progress_label, second.render.progress_label) == ("", "next on gpu-01, getting ready")
    assert second.render.expected_end_at > first.render.expected_end_at
