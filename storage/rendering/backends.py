"""Named queries for Backends, Pools, Flows and how long things take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, SQLModel, col, select

from storage.tables import Backend, BackendState, Flow, Pool, Timing
from storage.upsert import insert

_RETIRED = "retired:"
"""What stands before the name in the URL of a backend that is no longer configured."""


def sync(session: Session, servers: Iterable[tuple[str, str]], pool: str = "house") -> list[Backend]:
    """Make the Backends match `servers` (name, url); those no longer named are drained, never deleted."""
    named = dict(servers)
    known = {backend.name: backend for backend in session.exec(select(Backend))}
    for name, backend in known.items():
        if name not in named:
            backend.state, backend.detail = BackendState.DRAINING, "no longer in SLATE_COMFYUI_URLS"
        if named.get(name) != backend.url:
            backend.url = f"{_RETIRED}{name}"  # URLs are unique: two servers that change places both let go first
    session.flush()
    for name, url in named.items():
        backend = known.get(name) or Backend(name=name, url=url, pool=pool)
        if backend.state is BackendState.DRAINING:
            backend.state = BackendState.DOWN
        backend.url = url
        session.add(backend)
    _insert_missing(session, Pool, name=pool)
    session.flush()
    return list(session.exec(select(Backend).where(col(Backend.name).in_(list(named))).order_by(col(Backend.name))))


def by_name(session: Session, name: str) -> Backend | None:
    return session.exec(select(Backend).where(Backend.name == name)).one_or_none()


def for_update(session: Session, name: str) -> Backend | None:
    """The backend, held until the transaction ends, so that its workers decide one after the other."""
    return session.exec(select(Backend).where(Backend.name == name).with_for_update()).one_or_none()


def by_id(session: Session, backend_id: int) -> Backend | None:
    return session.get(Backend, backend_id)


def in_use(session: Session) -> list[Backend]:
    """Every backend that is not retired."""
    return list(session.exec(select(Backend).where(~col(Backend.url).startswith(_RETIRED)).order_by(col(Backend.name))))


def everything(session: Session) -> list[Backend]:
    """Retired ones too."""
    return list(session.exec(select(Backend).order_by(col(Backend.name))))


def is_retired(backend: Backend) -> bool:
    """Whether it is no longer among the configured servers."""
    return backend.url.startswith(_RETIRED)


def up_in(session: Session, pool: str) -> list[Backend]:
    return list(session.exec(select(Backend).where(Backend.pool == pool, Backend.state == BackendState.UP)))


def mark(session: Session, backend_id: int, **values: Any) -> bool:
    """Change a backend; whether its state changed."""
    before = session.exec(select(Backend.state).where(Backend.id == backend_id)).one()
    session.execute(update(Backend).where(col(Backend.id) == backend_id).values(**values))
    return "state" in values and values["state"] != before


def pool_for_update(session: Session, name: str) -> Pool:
    _insert_missing(session, Pool, name=name)
    return session.exec(select(Pool).where(Pool.name == name).with_for_update()).one()


def virtual_time(session: Session, pool: str) -> float:
    """The pool's fair-queueing clock."""
    return session.exec(select(Pool.virtual_time).where(Pool.name == pool)).one_or_none() or 0.0


def advance(session: Session, pool: str, virtual_time: float) -> None:
    """Move a pool's fair-queueing clock forward, never back."""
    later = update(Pool).where(col(Pool.name) == pool, col(Pool.virtual_time) < virtual_time)
    session.execute(later.values(virtual_time=virtual_time))


def flow_for_update(session: Session, pool: str, member_id: int, project_id: int) -> Flow:
    key = {"pool": pool, "member_id": member_id, "project_id": project_id}
    _insert_missing(session, Flow, **key)
    return session.exec(select(Flow).filter_by(**key).with_for_update()).one()


def record_pace(session: Session, version_id: int, backend_id: int, seconds: float) -> None:
    """Fold one run's seconds a unit of work into the running mean; old runs fade, so that an estimate follows change."""
    key = {"workflow_version_id": version_id, "backend_id": backend_id}
    _insert_missing(session, Timing, **key)
    timing = session.exec(select(Timing).filter_by(**key).with_for_update()).one()
    timing.runs += 1
    timing.seconds += (seconds - timing.seconds) / min(timing.runs, 20)
    session.add(timing)


def usual_pace(session: Session, version_id: int, backend_id: int | None = None) -> float | None:
    """Seconds a unit of work usually takes with this version, on one backend or on all; None if it never ran."""
    query = select(func.avg(Timing.seconds)).where(Timing.workflow_version_id == version_id, Timing.runs > 0)
    if backend_id is not None:
        query = query.where(Timing.backend_id == backend_id)
    mean = session.exec(query).one()
    return None if mean is None else float(mean)


def _insert_missing(session: Session, table: type[SQLModel], **key: Any) -> None:
    """Insert a row with defaults unless it is there, without a race."""
    values = table(**key).model_dump()
    session.execute(insert(session, table).values(**values).on_conflict_do_nothing())
