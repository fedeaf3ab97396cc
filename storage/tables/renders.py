"""Renders: what was asked for and how far it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage import ids
from storage.tables.columns import NEVER_REUSED, Json, TableRow, json, json_list, maybe_when, row, when, word
from storage.tables.enums import RenderState


class Render(TableRow, table=True):
    """One asking: version + inputs + seed + who + where to answer. This row is the truth; a Job is a hint."""

    __table_args__ = (
        Index("render_next", "pool", "state", "priority", "rank", "id"),
        Index("render_by_state", "state", "lease_until"),
        Index("render_by_member", "member_id", "state", "id"),
        Index("render_by_project", "project_id", "id"),
        NEVER_REUSED,
    )
    id: int = row()
    asked_key: str | None = Field(default=None, unique=True)
    """Idempotency key of the asking (a chat event id), so that a redelivered command makes one render."""
    verb: str = "render"
    member_id: int = Field(foreign_key="member.id")
    project_id: int = Field(foreign_key="project.id")
    shot: str = ""
    workflow_version_id: int = Field(foreign_key="workflowversion.id", index=True)
    inputs: Json = json()
    """Complete and typed: defaults filled in, seed drawn. Pictures are Asset ids."""
    seed: str = ""
    parent_id: int | None = Field(default=None, foreign_key="render.id", index=True)
    pool: str = "house"
    priority: int = 0
    """Lower goes first; within one priority, fair-share rank decides."""
    rank: float = 0.0
    cost: float = 0.0
    """Seconds this render was expected to take when it was asked for."""
    model_key: str = ""

    state: RenderState = word(RenderState, default=RenderState.QUEUED)
    version: int = 1
    """Grows with every change a person can see; posts are brought in step with it."""
    backend_id: int | None = Field(default=None, foreign_key="backend.id")
    attempt: int = 0
    """How many claims there have been."""
    run: int = 1
    """Which run on a ComfyUI this is; grows only when the last one is known to be lost or to have failed."""
    run_submitted: bool = False
    token: str = ""
    """The claim's secret; whoever holds another one may no longer write."""
    lease_until: datetime | None = maybe_when()
    not_before: datetime | None = maybe_when()
    refused_by: list[int] = json_list()
    """Backends that cannot run this graph (a model or a node is missing there)."""
    cancel_requested_by: int | None = Field(default=None, foreign_key="member.id")
    progress: float = 0.0
    progress_label: str = ""
    expected_end_at: datetime | None = maybe_when()

    created_at: datetime = when()
    started_at: datetime | None = maybe_when()
    finished_at: datetime | None = maybe_when()
    error_code: str = ""
    error_message: str = ""
    error_hint: str = ""

    @property
    def code(self) -> str:
        """The id people see, such as `R-4F2K`."""
        return ids.code("R", self.id or 0)


class RenderEvent(TableRow, table=True):
    """A step of a Render: asked, claimed, submitted, back in line, ended. Why it took as long as it did is told from these."""

    __table_args__ = (Index("renderevent_by_render", "render_id", "id"), NEVER_REUSED)
    id: int = row()
    render_id: int = Field(foreign_key="render.id")
    at: datetime = when()
    action: str
    """As in the closed list of core/events/actions.py, such as `render:claimed`."""
    backend_id: int | None = Field(default=None, foreign_key="backend.id")
    note: str = ""


class RenderInput(TableRow, table=True):
    """An Asset that went into a Render, and as which input: lineage."""

    render_id: int = Field(foreign_key="render.id", primary_key=True)
    name: str = Field(primary_key=True)
    asset_id: int = Field(foreign_key="asset.id", index=True)


class Timing(TableRow, table=True):
    """Seconds per unit of work of a workflow version on a backend, as a running mean (core/rendering/scheduler.py)."""

    workflow_version_id: int = Field(foreign_key="workflowversion.id", primary_key=True)
    backend_id: int = Field(foreign_key="backend.id", primary_key=True)
    runs: int = 0
    seconds: float = 0.0
