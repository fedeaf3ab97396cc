"""Reads the audit log for somebody: a lead sees the events of their projects, an admin all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from sqlmodel import Session

from core.desk import Desk
from core.errors import BadInput
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, allow, may
from storage.people import audit, projects
from storage.people.audit import AuditFilter
from storage.tables import AuditEvent, Member


def read(session: Session, wanted: AuditFilter, *, by: Member, limit: int) -> list[AuditEvent]:
    """The newest events that are asked for and that the Member may see, newest first. Raises Refused."""
    seen = _projects(session, by)
    if seen is not None:
        seen = seen if wanted.projects is None else seen & frozenset(wanted.projects)
        wanted = replace(wanted, projects=seen)
    return list(audit.newest(session, wanted, limit))


def _projects(session: Session, by: Member) -> frozenset[int] | None:
    """The Projects whose events the Member may see; None: all events. Raises Refused for somebody who leads none."""
    if may(session, by, Permission.CHECK_AUDIT, None):
        return None
    led = frozenset(one.id for one in projects.everything(session) if may(session, by, Permission.READ_AUDIT, one))
    if not led:
        allow(session, by, Permission.READ_AUDIT, None)
    return led


def actions(text: str) -> Collection[str]:
    """The actions meant by `role`, `member` or `asset:verdict`: those whose name has it. Raises BadInput for none."""
    wanted = text.strip().casefold()
    found = [one.value for one in Action if wanted and wanted in one.value]
    if not found:
        kinds = ", ".join(dict.fromkeys(one.value.partition(":")[0] for one in Action))
        raise BadInput(
            f"There is no action `{text[:40]}`.", hint=f"Write a whole one, or a part of one: {kinds}.", input="action"
        )
    return found


def lines(session: Session) -> Iterator[str]:
    """Every event's line, in the order of the chain: what an auditor checks elsewhere (docs/audit.md)."""
    head = audit.head(session)
    previous = head.origin if head else ""
    for event in audit.in_order(session):
        yield audit.written(event, previous)
        previous = event.hash


def note_export(desk: Desk, form: str, count: int, *, by: Member) -> None:
    """That somebody took a copy of the log is on record, too."""
    with desk.writing() as session:
        record(session, Event(Action.AUDIT_EXPORTED, "audit", by=by, after={"as": form, "events": count}))
