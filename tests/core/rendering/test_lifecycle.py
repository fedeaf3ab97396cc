"""The life of a render: asked for once, cancelled at any moment, and always brought to one end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from core.desk import Desk
from core.errors import Conflict, Refused, RenderFailed, UnknownAsset, UnknownRender
from core.events.actions import Action
from core.operations.setup import prepare
from core.rendering import lifecycle, scheduler
from core.rendering.lifecycle import RenderRequest
from core.rendering.scheduler import Claim
from storage.chat import posts
from storage.clock import now
from storage.people import projects
from storage.queue import pool_queue
from storage.rendering import backends, renders
from storage.tables import AuditEvent, BackendState, Member, Project, Render, RenderState, Role
from tests.makers import make_member


class Room:
    platform, channel_id, thread_ref, tenant, held_seconds = "room", "general", "", "", 0.0


class House:
    """A desk with Mia (an artist), Lea (a lead) and one backend that is up; nobody works."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        prepare(desk, [("gpu-01", "http://gpu-01.invalid")])
        with desk.writing() as session:
            self.project: Project = projects.everything(session)[0]
            self.mia: Member = make_member(session, "Mia Chen")
            self.lea: Member = make_member(session, "Lea", Role.LEAD)
            backend = backends.by_name(session, "gpu-01")
            assert backend is not None
            backends.mark(session, backend.id, state=BackendState.UP)

    def ask(self, by: Member | None = None, **more: Any) -> Render:
        usual = {"workflow": "text-to-image", "inputs": {"prompt": "a boat"}, "by": by or self.mia, "project": self.project}
        return lifecycle.submit(self.desk, RenderRequest(**{**usual, **more}))

    def now(self, render: Render) -> Render:
        with self.desk.reading() as session:
            return lifecycle.get(session, render.code)

    def claim(self, seconds: float = 15) -> Claim:
        with self.desk.writing() as session:
            backend = backends.for_update(session, "gpu-01")
            assert backend is not None
            claim = scheduler.claim(session, backend, now(), now() + timedelta(seconds=seconds))
        assert claim is not None
        return claim

    def who(self, action: Action, render: Render) -> int | None:
        """Who is on record for having done this."""
        with self.desk.reading() as session:
            where = (AuditEvent.action == action.value, AuditEvent.subject == render.code)
            return session.exec(select(AuditEvent.actor_id).where(*where)).one()


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


def test_asking_writes_the_render_its_post_and_a_ticket(house: House) -> None:
    render = house.ask(place=Room())
    with house.desk.reading() as session:
        (post,) = posts.of_render(session, render.id)
    assert (post.platform, post.channel_id, post.due) == ("room", "general", True)
    assert house.desk.queue.length(pool_queue("house")) == 1
    assert house.who(Action.RENDER_ASKED, render) == house.mia.id


def test_asked_twice_under_one_key_it_is_rendered_once(house: House) -> None:
    assert house.ask(key="event-1").id == house.ask(key="event-1").id != house.ask(key="event-2").id


def test_asked_many_times_at_once_under_one_key_it_is_still_rendered_once(house: House) -> None:
    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(lambda _: house.ask(key="event-1").id, range(12)))
    assert len(set(made)) == 1


def test_the_cap_holds_when_many_are_asked_for_at_once(house: House) -> None:
    few = house.desk.settings.model_copy(update={"max_queued": 3})
    house.desk = Desk(few, house.desk.database, house.desk.blobs, house.desk.queue)

    def ask(_: int) -> bool:
        try:
            house.ask()
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(ask, range(12))) == 3
    assert house.ask(by=house.lea)


def test_what_cannot_be_rendered_leaves_nothing_behind(house: House) -> None:
    with pytest.raises(UnknownAsset):
        house.ask(workflow="image-to-image", inputs={"prompt": "x", "image": "A-7Q0D"})
    with house.desk.reading() as session:
        assert renders.waiting_in(session, "house") == 0
    assert house.desk.queue.length(pool_queue("house")) == 0


def test_a_render_nobody_made_is_unknown(house: House) -> None:
    for code in ("R-0000", "A-1234", "", "R-", "nonsense"):
        with house.desk.reading() as session, pytest.raises(UnknownRender):
            lifecycle.get(session, code)


def test_only_its_owner_or_a_lead_cancels_a_render(house: House) -> None:
    render = house.ask(by=house.lea)
    with pytest.raises(Refused):
        lifecycle.cancel(house.desk, render.code, by=house.mia)
    lifecycle.cancel(house.desk, render.code, by=house.lea)
    assert house.now(render).state is RenderState.CANCELLED


def test_what_is_over_cannot_be_cancelled(house: House) -> None:
    render = house.ask()
    lifecycle.cancel(house.desk, render.code, by=house.mia)
    with pytest.raises(Conflict, match="cancelled already"):
        lifecycle.cancel(house.desk, render.code, by=house.mia)


def test_cancelling_a_running_render_twice_says_that_it_is_under_way(house: House) -> None:
    render = house.ask()
    house.claim()
    lifecycle.cancel(house.desk, render.code, by=house.mia)
    with pytest.raises(Conflict, match="being cancelled"):
        lifecycle.cancel(house.desk, render.code, by=house.mia)


def test_who_cancelled_is_on_record_and_not_whose_render_it_was(house: House) -> None:
    render = house.ask()
    claim = house.claim()
    lifecycle.cancel(house.desk, render.code, by=house.lea)
    with house.desk.writing() as session:
        assert lifecycle.end(session, claim, RenderState.CANCELLED)
    assert house.who(Action.RENDER_CANCELLED, render) == house.lea.id


def test_a_render_asked_to_stop_whose_worker_dies_is_not_taken_up_again(house: House) -> None:
    render = house.ask()
    house.claim(seconds=-1)
    lifecycle.cancel(house.desk, render.code, by=house.lea)
    with house.desk.writing() as session:
        assert lifecycle.take_back(house.desk, session, render, "its worker was lost")
    assert house.now(render).state is RenderState.CANCELLED
    assert house.who(Action.RENDER_CANCELLED, render) == house.lea.id


def test_a_render_asked_to_stop_is_not_given_back_either(house: House) -> None:
    render = house.ask()
    claim = house.claim()
    lifecycle.cancel(house.desk, render.code, by=house.mia)
    with house.desk.writing() as session:
        assert lifecycle.back_in_line(house.desk, session, claim, "its worker is restarting")
    assert house.now(render).state is RenderState.CANCELLED


def test_a_stale_claim_ends_nothing(house: House) -> None:
    render = house.ask()
    stale = house.claim(seconds=-1)
    with house.desk.writing() as session:
        assert lifecycle.take_back(house.desk, session, render, "its worker was lost")
        assert not lifecycle.take_back(house.desk, session, render, "its worker was lost")
    with house.desk.writing() as session:
        assert not lifecycle.end(session, stale, RenderState.FAILED, RenderFailed())
        assert not lifecycle.back_in_line(house.desk, session, stale, "never")
    assert house.now(render).state is RenderState.QUEUED
    assert house.now(render).error_code == ""


def test_what_was_cancelled_does_not_count_as_ones_share(house: House) -> None:
    for render in [house.ask() for _ in range(20)]:
        lifecycle.cancel(house.desk, render.code, by=house.mia)
    theirs = [house.ask(by=house.lea) for _ in range(10)]
    mine = house.ask()
    with house.desk.reading() as session:
        assert lifecycle.standing(session, mine).position <= 2
    assert theirs[1].rank > mine.rank


def test_a_render_waiting_for_its_moment_is_not_offered_before_it(house: House) -> None:
    render = house.ask()
    claim = house.claim()
    later = now() + timedelta(seconds=30)
    with house.desk.writing() as session:
        lifecycle.back_in_line(house.desk, session, claim, "it does not answer", until=later)
    with house.desk.reading() as session:
        assert renders.next_queued(session, "house", now(), 5) == []
        assert [one.id for one in renders.next_queued(session, "house", later, 5)] == [render.id]
        assert 25 < (lifecycle.standing(session, house.now(render)).starts_in or 0) <= 30
