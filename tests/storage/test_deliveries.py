"""Deliveries on both databases: who takes which, in which order, and what is written down."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from storage import deliveries
from storage.clock import now
from storage.database import Database
from storage.tables import Delivery, DeliveryAttempt, DeliveryState, Destination, OutgoingEvent, Via
from tests.makers import make_member

MINUTE = timedelta(minutes=1)


@pytest.fixture
def two(database: Database) -> list[Destination]:
    with database.writing() as session:
        by = make_member(session).id or 0
        made = [Destination(name=name, name_key=name, via=Via.WEBHOOK, url="https://x", member_id=by) for name in ("dam", "bus")]
        return [deliveries.add_destination(session, one) for one in made]


def tell(session: Session, subject: str, number: int, *to: Destination, at: datetime | None = None) -> list[Delivery]:
    event = OutgoingEvent(message=f"msg_{subject}_{number}", kind="asset.tagged", subject=subject, at=at or now())
    return deliveries.add_event(session, event, [one.id for one in to])


def claim(session: Session, to: Destination, limit: int = 10) -> list[Delivery]:
    return deliveries.claim(session, to.id, now() + MINUTE, now() + 2 * MINUTE, limit)


def test_the_oldest_of_each_subject_is_taken_once(database: Database, two: list[Destination]) -> None:
    dam, bus = two
    with database.writing() as session:
        for number in (1, 2):
            for subject in ("A-1", "A-2"):
                tell(session, subject, number, dam, bus)
        assert deliveries.is_due(session, dam.id, now() + MINUTE)
        taken = claim(session, dam)
        assert [(one.subject, one.tries) for one in taken] == [("A-1", 1), ("A-2", 1)]
        assert claim(session, dam) == []
        assert len(claim(session, bus, limit=1)) == 1
    with database.writing() as session:
        first = taken[0]
        done = deliveries.settle(
            session, first, DeliveryAttempt(delivery_id=first.id, status=204), state=DeliveryState.DELIVERED, ended_at=now()
        )
        assert done
        assert [one.subject for one in claim(session, dam)] == ["A-1"]
        assert deliveries.counts(session, [dam.id, bus.id])[dam.id] == deliveries.DeliveryCounts(waiting=3, delivered=1)
        assert deliveries.last_attempts(session, [first.id])[first.id].status == 204


def test_a_lease_that_ran_out_is_taken_by_another_and_the_first_one_decides_nothing(
    database: Database, two: list[Destination]
) -> None:
    dam, _ = two
    with database.writing() as session:
        tell(session, "A-1", 1, dam)
        [first] = deliveries.claim(session, dam.id, now() + MINUTE, now() + 2 * MINUTE, 5)
        session.expunge(first)
        [second] = deliveries.claim(session, dam.id, now() + 3 * MINUTE, now() + 4 * MINUTE, 5)
        assert (second.id, second.tries) == (first.id, 2)
        assert not deliveries.settle(session, first, DeliveryAttempt(delivery_id=first.id), state=DeliveryState.DEAD)
        assert deliveries.settle(session, second, DeliveryAttempt(delivery_id=second.id), state=DeliveryState.DELIVERED)
        assert len(deliveries.attempts(session, first.id)) == 2


def test_dead_ones_one_of_them_or_those_of_a_time_wait_again(database: Database, two: list[Destination]) -> None:
    dam, bus = two
    yesterday = now() - timedelta(days=1)
    with database.writing() as session:
        [dead] = tell(session, "A-1", 1, dam, at=yesterday)
        [done] = tell(session, "A-2", 1, dam)
        [other] = tell(session, "A-3", 1, bus)
        for one, state in ((dead, DeliveryState.DEAD), (done, DeliveryState.DELIVERED), (other, DeliveryState.DEAD)):
            one.state = state
            session.add(one)
        session.flush()
        assert deliveries.replay(session, dam.id, now(), since=now() - MINUTE) == 1
        assert deliveries.replay(session, dam.id, now()) == 1
        assert deliveries.replay(session, dam.id, now()) == 0, "all wait already"
        assert deliveries.replay(session, bus.id, now(), row=dead.id) == 0
        assert deliveries.replay(session, bus.id, now(), row=other.id) == 1


def test_the_newest_place_at_each_destination_is_known(database: Database, two: list[Destination]) -> None:
    with database.writing() as session:
        for number, place in enumerate(("old/a.png", "new/a.png")):
            for one in tell(session, "A-1", number, *two):
                one.state, one.there = DeliveryState.DELIVERED, place
                session.add(one)
        session.flush()
        assert deliveries.there(session, 1) == []
        newest = deliveries.newest(session, two[0].id, state=DeliveryState.DELIVERED, limit=1)
        assert [held.there for held, _ in newest] == ["new/a.png"]


def test_old_events_are_dropped_but_for_what_waits_or_lies_at_a_dam(database: Database, two: list[Destination]) -> None:
    dam, bus = two
    old = now() - timedelta(days=100)
    with database.writing() as session:
        gone, halfway = tell(session, "A-1", 1, dam, at=old) + tell(session, "A-2", 1, dam, at=old)
        [lies], [young] = tell(session, "A-3", 1, dam, at=old), tell(session, "A-4", 1, dam)
        waits = Delivery(destination_id=bus.id, event_id=halfway.event_id, subject="A-2")
        lies.there = "a.png"
        for one in (gone, halfway, lies, young):
            one.state = DeliveryState.DELIVERED
        session.add_all((gone, halfway, lies, young, waits))
        session.flush()
        session.add(DeliveryAttempt(delivery_id=gone.id, status=204))
        tell(session, "A-5", 1, at=old)
        kept = [halfway.id, lies.id, young.id]
        assert deliveries.forget(session, now() - timedelta(days=90)) == 2
        assert sorted(held.id for held, _ in deliveries.newest(session, dam.id)) == sorted(kept)
        assert deliveries.attempts(session, gone.id) == []
        assert deliveries.forget(session, now() - timedelta(days=90)) == 0
