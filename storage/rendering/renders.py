"""Named queries for Renders: asking, claiming by compare-and-set, heartbeats, endings, and what stands before what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, tuple_, update
from sqlalchemy.engine import CursorResult
from sqlmodel import Session, col, or_, select

from storage.tables import Member, Render, RenderInput, RenderState

_COUNT_LIMIT = 1000
"""Counting what stands before a render stops here; beyond it people are told "more than"."""


def by_id(session: Session, render_id: int) -> Render | None:
    return session.get(Render, render_id)


def by_key(session: Session, asked_key: str) -> Render | None:
    """The render made for this asking before, if any."""
    return session.exec(select(Render).where(Render.asked_key == asked_key)).one_or_none()


def add(session: Session, render: Render, pictures: dict[str, int]) -> Render:
    """Write a new render and which Assets go into it (input name -> asset id)."""
    session.add(render)
    session.flush()
    assert render.id is not None
    for name, asset_id in pictures.items():
        session.add(RenderInput(render_id=render.id, name=name, asset_id=asset_id))
    return render


def waiting_of(session: Session, member_id: int) -> int:
    """How many renders of this member are queued."""
    where = (Render.member_id == member_id, Render.state == RenderState.QUEUED)
    return session.exec(select(func.count()).select_from(Render).where(*where)).one()


def waiting_in(session: Session, pool: str, limit: int = _COUNT_LIMIT, *, ready: datetime | None = None) -> int:
    """How many renders wait in a pool, counted up to `limit`; with `ready`, only those whose moment has come by then."""
    more = (_ready(ready),) if ready else ()
    return _count(session, (Render.pool == pool, Render.state == RenderState.QUEUED, *more), limit)


def pools_with_waiting(session: Session) -> list[str]:
    return list(session.exec(select(Render.pool).where(Render.state == RenderState.QUEUED).distinct()))


def next_queued(session: Session, pool: str, now: datetime, limit: int, backend_id: int | None = None) -> Sequence[Render]:
    """The first renders in line whose moment has come, best first; of one backend, only those it can take."""
    line = select(Render).where(Render.pool == pool, Render.state == RenderState.QUEUED, _ready(now))
    if backend_id is not None:
        unbound = or_(col(Render.run_submitted).is_(False), col(Render.backend_id) == backend_id)
        line = line.where(unbound, ~_refused_by(session, backend_id))
    return session.exec(line.order_by(col(Render.priority), col(Render.rank), col(Render.id)).limit(limit)).all()


def newest(
    session: Session, *, member_id: int | None = None, states: Sequence[RenderState] = (), limit: int = 20
) -> list[Render]:
    """The latest renders first, of one member or of all, in some states or in any."""
    query = select(Render)
    if member_id is not None:
        query = query.where(Render.member_id == member_id)
    if states:
        query = query.where(col(Render.state).in_(states))
    return list(session.exec(query.order_by(col(Render.id).desc()).limit(limit)))


def waiting_of_inactive(session: Session, *, member_id: int | None = None, limit: int = 1000) -> list[Render]:
    """Queued renders of Members who may do nothing any more, or of one of them."""
    asked = select(Render).join(Member, col(Render.member_id) == Member.id)
    asked = asked.where(Render.state == RenderState.QUEUED, col(Member.active).is_(False))
    asked = asked if member_id is None else asked.where(Render.member_id == member_id)
    return list(session.exec(asked.order_by(col(Render.id)).limit(limit)))


def in_line(session: Session, limit: int = 50) -> list[Render]:
    """Running renders, then queued ones in the order they stand in."""
    running = select(Render).where(Render.state == RenderState.RUNNING).order_by(col(Render.started_at), col(Render.id))
    queued = select(Render).where(Render.state == RenderState.QUEUED)
    queued = queued.order_by(col(Render.priority), col(Render.rank), col(Render.id))
    found = list(session.exec(running.limit(limit)))
    return found + list(session.exec(queued.limit(max(0, limit - len(found)))))


def ahead_of(session: Session, render: Render) -> tuple[int, float]:
    """(how many queued renders stand before this one, their expected seconds together), counted up to a limit."""
    place = tuple_(col(Render.priority), col(Render.rank), col(Render.id))
    before = _queued_like(render, place < tuple_(render.priority, render.rank, render.id))
    some = select(Render.cost).where(*before).limit(_COUNT_LIMIT).subquery()
    count, cost = session.exec(select(func.count(), func.coalesce(func.sum(some.c.cost), 0.0)).select_from(some)).one()
    return count, float(cost)


def out_of_turn(session: Session, render: Render) -> tuple[int, int]:
    """(asked later but standing before, asked earlier but standing behind): what fair sharing moved, counted up to a limit."""
    place = (col(Render.priority), col(Render.rank))
    mine = (render.priority, render.rank)
    ahead = _queued_like(render, tuple_(*place) < tuple_(*mine), col(Render.id) > render.id)
    behind = _queued_like(render, tuple_(*place) > tuple_(*mine), col(Render.id) < render.id)
    return _count(session, ahead), _count(session, behind)


def line_of(session: Session, pool: str) -> list[tuple[int, int, float, float]]:
    """(id, priority, rank, expected seconds) of what is queued in a pool, in the order it stands in, up to a limit."""
    query = select(Render.id, Render.priority, Render.rank, Render.cost).where(
        Render.state == RenderState.QUEUED, Render.pool == pool
    )
    query = query.order_by(col(Render.priority), col(Render.rank), col(Render.id)).limit(_COUNT_LIMIT)
    return [(row or 0, priority, rank, cost) for row, priority, rank, cost in session.exec(query)]


def running_on(session: Session, backend_id: int) -> list[Render]:
    where = (Render.state == RenderState.RUNNING, Render.backend_id == backend_id)
    return list(session.exec(select(Render).where(*where).order_by(col(Render.expected_end_at))))


def submitted_on(session: Session, backend_id: int) -> list[int]:
    """Renders, by id, that may have a run in this backend's own queue now."""
    where = (col(Render.run_submitted).is_(True), Render.backend_id == backend_id)
    return list(session.exec(select(Render.id).where(Render.state == RenderState.RUNNING, *where)))


def running_in(session: Session, pool: str) -> list[Render]:
    return list(session.exec(select(Render).where(Render.state == RenderState.RUNNING, Render.pool == pool)))


def expired(session: Session, now: datetime) -> list[Render]:
    """Running renders whose worker has not been heard of for too long."""
    return list(session.exec(select(Render).where(Render.state == RenderState.RUNNING, col(Render.lease_until) < now)))


def bound_to(session: Session, backend_ids: Sequence[int]) -> list[Render]:
    """Queued renders that may still have a run on one of these backends."""
    where = (Render.state == RenderState.QUEUED, col(Render.run_submitted).is_(True), col(Render.backend_id).in_(backend_ids))
    return list(session.exec(select(Render).where(*where)))


def refused_by_all(session: Session, pool: str, backend_ids: Sequence[int], limit: int = 200) -> list[Render]:
    """Queued renders that none of these backends can take."""
    refused = [_refused_by(session, backend_id) for backend_id in backend_ids]
    line = select(Render).where(Render.pool == pool, Render.state == RenderState.QUEUED)
    return list(session.exec(line.where(*refused).limit(limit))) if refused else []


def change_queued(session: Session, render_id: int, **values: Any) -> bool:
    """Change a render only if it is still queued; whether it was."""
    return _compare_and_set(session, render_id, (col(Render.state) == RenderState.QUEUED,), values)


def change_bound(session: Session, render: Render, **values: Any) -> bool:
    """Change a queued render only if it is still bound to the very run it was bound to when `render` was read."""
    bound = (col(Render.run_submitted).is_(True), col(Render.backend_id) == render.backend_id, col(Render.run) == render.run)
    return _compare_and_set(session, render.id, (col(Render.state) == RenderState.QUEUED, *bound), values)


def change_claimed(session: Session, render_id: int, held_token: str, **values: Any) -> bool:
    """Change a running render only if the claim with this token still holds; whether it does."""
    held = (col(Render.state) == RenderState.RUNNING, col(Render.token) == held_token)
    return _compare_and_set(session, render_id, held, values)


def change_expired(session: Session, render_id: int, now: datetime, **values: Any) -> bool:
    """Change a running render only if its lease has run out; whether it had."""
    gone = (col(Render.state) == RenderState.RUNNING, col(Render.lease_until) < now)
    return _compare_and_set(session, render_id, gone, values)


def request_cancel(session: Session, render_id: int, member_id: int) -> bool:
    """Ask whoever runs it to stop; False when it is not running or already asked to."""
    asked = (col(Render.state) == RenderState.RUNNING, col(Render.cancel_requested_by).is_(None))
    return _compare_and_set(session, render_id, asked, {"cancel_requested_by": member_id})


def note_length(session: Session, render_id: int, seconds: float) -> None:
    """Let a finished render have started when its run did, which may be later than it was claimed; by our own clock."""
    render = session.get(Render, render_id)
    if render is not None and render.finished_at is not None:
        render.started_at = render.finished_at - timedelta(seconds=seconds)


def _compare_and_set(session: Session, render_id: int, where: tuple[ColumnElement[bool], ...], values: dict[str, Any]) -> bool:
    statement = update(Render).where(col(Render.id) == render_id, *where)
    statement = statement.values(**values, version=Render.version + 1).execution_options(synchronize_session=False)
    done = session.execute(statement)
    assert isinstance(done, CursorResult)
    kept = session.get(Render, render_id)
    if kept is not None:
        session.refresh(kept)
    return done.rowcount == 1


def _queued_like(render: Render, *more: Any) -> tuple[Any, ...]:
    return (Render.pool == render.pool, Render.state == RenderState.QUEUED, *more)


def _ready(now: datetime) -> ColumnElement[bool]:
    return or_(col(Render.not_before).is_(None), col(Render.not_before) <= now)


def _refused_by(session: Session, backend_id: int) -> ColumnElement[bool]:
    """Whether the list in `refused_by` holds this backend."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    unfold = func.json_each if on_sqlite else func.json_array_elements_text
    numbers = unfold(Render.refused_by).table_valued("value")
    return select(numbers.c.value).where(cast(numbers.c.value, Integer) == backend_id).correlate(Render).exists()


def _count(session: Session, where: tuple[Any, ...], limit: int = _COUNT_LIMIT) -> int:
    some = select(Render.id).where(*where).limit(limit).subquery()
    return session.exec(select(func.count()).select_from(some)).one()
