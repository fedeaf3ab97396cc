"""Named queries about AuditEvents: they are appended to a chain of hashes and read, never changed."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from storage.people.audit_line import hash_of, line_of
from storage.tables import AuditEvent, AuditHead

_TOGETHER = 1000
_COLUMNS: tuple[Any, ...] = (
    AuditEvent.id, AuditEvent.number, AuditEvent.at, AuditEvent.action, AuditEvent.subject, AuditEvent.actor_id,
    AuditEvent.project_id, AuditEvent.before, AuditEvent.after, AuditEvent.hash,
)  # fmt: skip


def append(session: Session, events: Sequence[AuditEvent]) -> None:
    """Give the events their places in the chain, in order, and add them: the last thing a transaction does.

    The head's row is locked until the transaction ends, so that the chain's order is the order of the commits. Nothing is locked
    after it, as everything else is written before: two transactions cannot wait for each other.
    """
    session.flush()
    head = _locked_head(session)
    for event in events:
        event.number = head.number + 1
        event.hash = hash_of(written(event, head.hash or head.origin))
        head.number, head.hash = event.number, event.hash
        session.add(event)
    session.add(head)
    session.flush()


def written(event: AuditEvent | Row[Any], previous: str) -> str:
    """The event's line, behind the hash `previous`."""
    return line_of(
        number=event.number or 0, at=event.at, action=event.action, subject=event.subject, actor_id=event.actor_id,
        project_id=event.project_id, before=event.before, after=event.after, previous=previous,
    )  # fmt: skip


def _locked_head(session: Session) -> AuditHead:
    """The head; one that somebody deleted is made anew with another origin, which a check finds."""
    kept = session.exec(select(AuditHead).with_for_update().execution_options(populate_existing=True)).first()
    if kept is not None:
        return kept
    last = session.exec(select(AuditEvent).order_by(col(AuditEvent.number).desc().nulls_last()).limit(1)).first()
    number, digest = (last.number or 0, last.hash) if last else (0, "")
    return AuditHead(origin=secrets.token_hex(32), number=number, hash=digest)


def head(session: Session) -> AuditHead | None:
    return session.exec(select(AuditHead)).first()


def in_order(session: Session, after: int = 0) -> Iterator[Row[Any]]:
    """Every event that has a place in the chain, from its beginning, or behind number `after`, as rows with an event's names."""
    place = col(AuditEvent.number)
    while True:
        some = session.execute(sql_select(*_COLUMNS).where(place > after).order_by(place).limit(_TOGETHER)).all()
        yield from some
        if len(some) < _TOGETHER:
            return
        after = some[-1].number


def without_place(session: Session) -> int:
    """How many events have no place in the chain."""
    outside = or_(col(AuditEvent.number).is_(None), col(AuditEvent.number) < 1)
    return session.exec(select(func.count()).select_from(AuditEvent).where(outside)).one()


def about(session: Session, subject: str, limit: int = 100) -> Sequence[AuditEvent]:
    """The newest events about a public id, oldest first."""
    asked = select(AuditEvent).where(AuditEvent.subject == subject).order_by(col(AuditEvent.id).desc()).limit(limit)
    return list(reversed(session.exec(asked).all()))


@dataclass(frozen=True)
class AuditFilter:
    """Which events are asked for; what is not given does not matter."""

    actor_id: int | None = None
    person_id: int | None = None
    """Done by this Member, or about them."""
    actions: Collection[str] | None = None
    projects: Collection[int] | None = None
    """Only events that happened in these Projects."""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    """Only events with a smaller number."""


def newest(session: Session, wanted: AuditFilter = AuditFilter(), limit: int = 100) -> Sequence[AuditEvent]:
    """The newest events that were asked for, newest first."""
    asked = select(AuditEvent).where(*_conditions(wanted)).order_by(col(AuditEvent.number).desc()).limit(limit)
    return session.exec(asked).all()


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool] | bool]:
    if wanted.actor_id is not None:
        yield AuditEvent.actor_id == wanted.actor_id
    if wanted.person_id is not None:
        yield or_(col(AuditEvent.actor_id) == wanted.person_id, col(AuditEvent.subject) == f"member/{wanted.person_id}")
    if wanted.actions is not None:
        yield col(AuditEvent.action).in_(wanted.actions)
    if wanted.projects is not None:
        yield col(AuditEvent.project_id).in_(wanted.projects)
    if wanted.subject:
        yield AuditEvent.subject == wanted.subject
    if wanted.since is not None:
        yield col(AuditEvent.at) >= wanted.since
    if wanted.until is not None:
        yield col(AuditEvent.at) < wanted.until
    if wanted.before is not None:
        yield col(AuditEvent.number) < wanted.before
