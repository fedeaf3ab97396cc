"""Named queries for LeftRuns: runs on servers that did not answer when their render went elsewhere or was cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from storage.tables import Backend, BackendState, LeftRun, Render


def leave(session: Session, render: Render) -> None:
    """Note that the render's present run may go on where it is. Nothing when it has none, or when it is noted already."""
    if not render.run_submitted or render.backend_id is None:
        return
    same = (LeftRun.render_id == render.id, LeftRun.backend_id == render.backend_id, LeftRun.number == render.run)
    if session.exec(select(LeftRun.id).where(*same, col(LeftRun.settled_at).is_(None))).first() is None:
        session.add(LeftRun(render_id=render.id, backend_id=render.backend_id, number=render.run))


def open_on(session: Session, backend_ids: Sequence[int], limit: int = 100) -> Sequence[LeftRun]:
    """What is yet to be settled on these backends, oldest first."""
    where = (col(LeftRun.settled_at).is_(None), col(LeftRun.backend_id).in_(backend_ids))
    return session.exec(select(LeftRun).where(*where).order_by(col(LeftRun.id)).limit(limit)).all()


def of_render(session: Session, render: Render) -> list[tuple[LeftRun, Backend]]:
    """What this render has left on backends that are up, newest first."""
    asked = select(LeftRun, Backend).join(Backend, col(Backend.id) == col(LeftRun.backend_id))
    where = (LeftRun.render_id == render.id, col(LeftRun.settled_at).is_(None), Backend.state == BackendState.UP)
    return [(left, backend) for left, backend in session.exec(asked.where(*where).order_by(col(LeftRun.id).desc()))]


def count_on(session: Session, backend_id: int) -> int:
    """How many runs are yet to be settled on a backend."""
    where = (col(LeftRun.settled_at).is_(None), col(LeftRun.backend_id) == backend_id)
    return session.exec(select(func.count()).select_from(LeftRun).where(*where)).one()


def settle(session: Session, left: LeftRun, at: datetime) -> None:
    """Nothing is to be done about it any more."""
    session.execute(update(LeftRun).where(col(LeftRun.id) == left.id).values(settled_at=at))


def next_number(session: Session, render: Render) -> int:
    """The number of the render's next run: beyond its present one and every one it has left anywhere."""
    left = session.exec(select(func.max(LeftRun.number)).where(LeftRun.render_id == render.id)).one()
    return max(render.run, left or 0) + 1


def forget(session: Session, before: datetime) -> None:
    """Drop what was settled before that time."""
    session.execute(delete(LeftRun).where(col(LeftRun.settled_at) < before))
