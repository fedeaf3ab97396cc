"""Named queries about AuditEvents: they are added and read, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage.tables import AuditEvent


def add(session: Session, event: AuditEvent) -> AuditEvent:
    session.add(event)
    session.flush()
    return event


def about(session: Session, subject: str, limit: int = 100) -> Sequence[AuditEvent]:
    """The newest events about a public id, oldest first."""
    asked = select(AuditEvent).where(AuditEvent.subject == subject).order_by(col(AuditEvent.id).desc()).limit(limit)
    return list(reversed(session.exec(asked).all()))


def newest(session: Session, limit: int = 100, before: int | None = None) -> Sequence[AuditEvent]:
    """The newest events, newest first; `before` is the row number to go on from."""
    asked = select(AuditEvent).order_by(col(AuditEvent.id).desc()).limit(limit)
    return session.exec(asked if before is None else asked.where(col(AuditEvent.id) < before)).all()
