"""Where work is done: backends, pools, and fair shares."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.tables.columns import TableRow, maybe_when, row, when, word
from storage.tables.enums import BackendState


class Backend(TableRow, table=True):
    """One ComfyUI server."""

    id: int = row()
    name: str = Field(unique=True)
    url: str = Field(unique=True)
    pool: str = "house"
    state: BackendState = word(BackendState, default=BackendState.DOWN)
    detail: str = ""
    version: str = ""
    device: str = ""
    warm_models: str = ""
    """The model key of the render that ran there last: what its GPU most likely still holds."""
    seen_at: datetime | None = maybe_when()
    outside: int = 0
    """Runs in its own queue, waiting and running, that are not ours: other people use the same ComfyUI."""
    missed: int = 0
    """Looks in a row that it did not answer; nothing new is sent there meanwhile."""


class LeftRun(TableRow, table=True):
    """A run that was left on a Backend that did not answer: to be cancelled there, or its result taken, when it does."""

    id: int = row()
    render_id: int = Field(foreign_key="render.id", index=True)
    backend_id: int = Field(foreign_key="backend.id")
    number: int
    """Of the render's runs; its ComfyUI id follows from it."""
    left_at: datetime = when()
    settled_at: datetime | None = maybe_when(index=True)


class Pool(TableRow, table=True):
    """A set of Backends that share one queue; `virtual_time` is the fair-queueing clock (see core/rendering/scheduler.py)."""

    name: str = Field(primary_key=True)
    virtual_time: float = 0.0


class Flow(TableRow, table=True):
    """One Member's work for one Project in one Pool: the unit of fair sharing."""

    pool: str = Field(primary_key=True)
    member_id: int = Field(foreign_key="member.id", primary_key=True)
    project_id: int = Field(foreign_key="project.id", primary_key=True)
    weight: float = 1.0
    last_finish: float = 0.0
