"""Named queries about destinations, outgoing events, and their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select, update

from storage.tables import Delivery, DeliveryAttempt, DeliveryState, Destination, OutgoingEvent


@dataclass(frozen=True)
class DeliveryCounts:
    """How many deliveries of a destination are in each state."""

    waiting: int = 0
    delivered: int = 0
    dead: int = 0


def add_destination(session: Session, destination: Destination) -> Destination:
    session.add(destination)
    session.flush()
    return destination


def by_id(session: Session, row: int) -> Destination | None:
    return session.get(Destination, row)


def by_key(session: Session, name_key: str) -> Destination | None:
    """The destination of this name, if it was not removed."""
    wanted = select(Destination).where(Destination.name_key == name_key, col(Destination.removed_at).is_(None))
    return session.exec(wanted).first()


def everything(session: Session) -> Sequence[Destination]:
    """All that were not removed, by name."""
    return session.exec(select(Destination).where(col(Destination.removed_at).is_(None)).order_by(Destination.name_key)).all()


def in_use(session: Session) -> Sequence[Destination]:
    """Those that are told of events now."""
    there = (col(Destination.removed_at).is_(None), col(Destination.off_since).is_(None))
    return session.exec(select(Destination).where(*there).order_by(col(Destination.id))).all()


def save(session: Session, destination: Destination) -> None:
    session.add(destination)
    session.flush()


def add_event(session: Session, event: OutgoingEvent, destinations: Sequence[int]) -> list[Delivery]:
    """Write an event down, and a delivery to each of these destinations."""
    session.add(event)
    session.flush()
    added = [Delivery(destination_id=one, event_id=event.id, subject=event.subject) for one in destinations]
    session.add_all(added)
    session.flush()
    return added


def event_of(session: Session, delivery: Delivery) -> OutgoingEvent:
    found = session.get(OutgoingEvent, delivery.event_id)
    assert found is not None, "a delivery has an event"
    return found


def delivery(session: Session, row: int) -> Delivery | None:
    return session.get(Delivery, row)


def claim(session: Session, destination_id: int, at: datetime, until: datetime, limit: int) -> list[Delivery]:
    """Deliveries of a destination that are due, leased until `until`: the oldest of each subject only, so that order is kept."""
    earlier = aliased(Delivery)
    before = exists().where(
        col(earlier.destination_id) == col(Delivery.destination_id),
        col(earlier.subject) == col(Delivery.subject),
        col(earlier.state) == DeliveryState.WAITING,
        col(earlier.id) < col(Delivery.id),
    )
    due = (
        col(Delivery.destination_id) == destination_id,
        col(Delivery.state) == DeliveryState.WAITING,
        col(Delivery.due_at) <= at,
        _free(at),
    )
    wanted = select(Delivery.id).where(*due, ~before).order_by(col(Delivery.due_at), col(Delivery.id)).limit(limit)
    return [held for row in session.exec(wanted).all() if (held := _take(session, row, at, until)) is not None]


def _free(at: datetime) -> ColumnElement[bool]:
    return col(Delivery.leased_until).is_(None) | (col(Delivery.leased_until) <= at)


def _take(session: Session, row: int, at: datetime, until: datetime) -> Delivery | None:
    """The delivery, if nobody else took it meanwhile."""
    wanted = update(Delivery).where(col(Delivery.id) == row, col(Delivery.state) == DeliveryState.WAITING, _free(at))
    taken = session.exec(wanted.values(leased_until=until, tries=Delivery.tries + 1))
    return session.get(Delivery, row, populate_existing=True) if taken.rowcount else None


def settle(session: Session, held: Delivery, attempt: DeliveryAttempt, **values: object) -> bool:
    """Write an attempt down and what became of the delivery; False if its lease had run out and another process has it now."""
    mine = (col(Delivery.id) == held.id, col(Delivery.leased_until) == held.leased_until)
    settled = session.exec(update(Delivery).where(*mine).values(leased_until=None, **values))
    session.add(attempt)
    session.flush()
    return bool(settled.rowcount)


def is_due(session: Session, destination_id: int, at: datetime) -> bool:
    """Whether anything to a destination may be due."""
    due = (col(Delivery.destination_id) == destination_id, col(Delivery.state) == DeliveryState.WAITING)
    return session.exec(select(Delivery.id).where(*due, col(Delivery.due_at) <= at, _free(at)).limit(1)).first() is not None


def note_copy(session: Session, row: int, copy_id: int) -> None:
    """Remember the export that was made for a delivery."""
    session.exec(update(Delivery).where(col(Delivery.id) == row).values(copy_id=copy_id))


def counts(session: Session, destination_ids: Sequence[int]) -> dict[int, DeliveryCounts]:
    """Destination row -> how many of its deliveries are in each state."""
    wanted = select(Delivery.destination_id, Delivery.state, func.count())
    wanted = wanted.where(col(Delivery.destination_id).in_(destination_ids)).group_by(
        col(Delivery.destination_id), col(Delivery.state)
    )
    told: dict[int, dict[str, int]] = {}
    for row, state, number in session.exec(wanted).all():
        told.setdefault(row, {})[str(state)] = number
    return {row: DeliveryCounts(**told.get(row, {})) for row in destination_ids}


def newest(
    session: Session, destination_id: int, *, state: DeliveryState | None = None, limit: int = 20
) -> list[tuple[Delivery, OutgoingEvent]]:
    """Deliveries of a destination with their events, newest first."""
    wanted = select(Delivery, OutgoingEvent).join(OutgoingEvent, col(OutgoingEvent.id) == Delivery.event_id)
    wanted = wanted.where(Delivery.destination_id == destination_id)
    if state is not None:
        wanted = wanted.where(Delivery.state == state)
    return list(session.exec(wanted.order_by(col(Delivery.id).desc()).limit(limit)).all())


def attempts(session: Session, delivery_id: int, limit: int = 50) -> Sequence[DeliveryAttempt]:
    """The attempts of a delivery, newest first."""
    wanted = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery_id)
    return session.exec(wanted.order_by(col(DeliveryAttempt.id).desc()).limit(limit)).all()


def last_attempts(session: Session, delivery_ids: Sequence[int]) -> dict[int, DeliveryAttempt]:
    """Delivery row -> its newest attempt."""
    latest = select(func.max(DeliveryAttempt.id)).where(col(DeliveryAttempt.delivery_id).in_(delivery_ids))
    newest = session.exec(
        select(DeliveryAttempt).where(col(DeliveryAttempt.id).in_(latest.group_by(col(DeliveryAttempt.delivery_id))))
    )
    return {one.delivery_id: one for one in newest.all()}


def replay(
    session: Session,
    destination_id: int,
    at: datetime,
    *,
    row: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Make ended deliveries wait again: one, those of events within a time, or all dead ones; how many."""
    ended = [col(Delivery.destination_id) == destination_id, col(Delivery.state) != DeliveryState.WAITING]
    if row is not None:
        ended.append(col(Delivery.id) == row)
    elif since is None and until is None:
        ended.append(col(Delivery.state) == DeliveryState.DEAD)
    events = select(OutgoingEvent.id)
    if since is not None:
        events = events.where(col(OutgoingEvent.at) >= since)
    if until is not None:
        events = events.where(col(OutgoingEvent.at) < until)
    if since is not None or until is not None:
        ended.append(col(Delivery.event_id).in_(events))
    again = update(Delivery).where(*ended).values(state=DeliveryState.WAITING, tries=0, due_at=at, ended_at=None)
    return int(session.exec(again).rowcount)


def there(session: Session, asset_id: int) -> list[tuple[Destination, Delivery]]:
    """Where a file of an Asset was delivered to, the newest delivery to each destination, by what the other side calls it."""
    wanted = (
        select(Destination, Delivery)
        .join(Delivery, col(Delivery.destination_id) == Destination.id)
        .join(OutgoingEvent, col(OutgoingEvent.id) == Delivery.event_id)
        .where(OutgoingEvent.asset_id == asset_id, Delivery.state == DeliveryState.DELIVERED, Delivery.there != "")
        .order_by(col(Delivery.id))
    )
    return list({destination.id: (destination, one) for destination, one in session.exec(wanted).all()}.values())


def forget(session: Session, before: datetime, limit: int = 2000) -> int:
    """Drop events that happened before that time, with their ended deliveries and attempts; how many events, at most `limit`.

    Kept are events that still wait for somebody, and those whose file lies at a DAM.
    """
    needed = exists().where(
        col(Delivery.event_id) == col(OutgoingEvent.id),
        (col(Delivery.state) == DeliveryState.WAITING) | (col(Delivery.there) != ""),
    )
    wanted = select(OutgoingEvent.id).where(col(OutgoingEvent.at) < before, ~needed).order_by(col(OutgoingEvent.id))
    events = session.exec(wanted.limit(limit)).all()
    ended = select(Delivery.id).where(col(Delivery.event_id).in_(events))
    session.exec(delete(DeliveryAttempt).where(col(DeliveryAttempt.delivery_id).in_(ended)))
    session.exec(delete(Delivery).where(col(Delivery.event_id).in_(events)))
    session.exec(delete(OutgoingEvent).where(col(OutgoingEvent.id).in_(events)))
    return len(events)
