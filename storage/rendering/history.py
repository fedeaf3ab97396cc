"""Named queries about the history of a render: a row for each step from its asking to its end."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage.tables import RenderEvent


def add(session: Session, step: RenderEvent) -> None:
    session.add(step)
    session.flush()


def of_render(session: Session, render_id: int, limit: int = 500) -> Sequence[RenderEvent]:
    """The steps of a render, oldest first."""
    asked = select(RenderEvent).where(RenderEvent.render_id == render_id).order_by(col(RenderEvent.id)).limit(limit)
    return session.exec(asked).all()
