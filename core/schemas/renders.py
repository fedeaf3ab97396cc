"""Renders as JSON: a render, the queue, its time line, forms and command lines, workflows."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.schemas.assets import AssetSchema
from core.schemas.base import Estimate, Schema, Time
from core.schemas.errors import ErrorSchema


class RenderSchema(Schema):
    """A render."""

    render: str = Field(description="its id, such as `R-4F2K`")
    state: str = Field(description="queued, running, done, failed or cancelled")
    error: ErrorSchema | None = Field(description="null unless it failed")
    assets: list[AssetSchema] = Field(description="what it made; empty until it is done")
    by: str
    client: str
    project: str
    shot: str
    verb: str = Field(description="the command that asked for it")
    workflow: str
    version: int
    inputs: dict[str, Any]
    seed: str
    created: Time | None
    started: Time | None
    finished: Time | None
    progress: Estimate = Field(description="0 to 1")
    position: int = Field(0, description="place in line, 1 is next; while it is queued")
    reason: str = Field("", description="why it waits; while it is queued")
    starts_in: Estimate | None = Field(None, description="seconds, estimated; while it is queued")
    takes: Estimate = Field(0.0, description="seconds, estimated; while it is queued")


class RenderList(Schema):
    """Several renders."""

    renders: list[RenderSchema]


class QueueSchema(RenderList):
    """What runs and what waits, in order."""

    outside: dict[str, int] = Field(description="ComfyUI server: jobs that Slate did not submit")


class TimeSpent(Schema):
    """Where the time of a render went, in seconds."""

    total: Estimate
    waiting: Estimate
    preparing: Estimate
    rendering: Estimate
    lost: Estimate


class TimelineStep(Schema):
    """One step of a render."""

    at: Time
    action: str
    server: str
    note: str


class TimelineSchema(Schema):
    """Why a render took as long as it did."""

    id: str
    state: str
    seconds: TimeSpent
    steps: list[TimelineStep]


class FieldSchema(Schema):
    """One field of a form."""

    name: str
    label: str
    value: str
    required: bool


class FormSchema(Schema):
    """A command and what it takes."""

    form: str = Field(description="the command that the fields complete")
    fields: list[FieldSchema]


class CommandLineSchema(Schema):
    """The line that makes a render again."""

    command: str = Field(description="for chat")
    shell: str = Field("", description="for a shell")


class InputSchema(Schema):
    """One input of a workflow."""

    name: str
    kind: str
    label: str
    help: str
    required: bool
    default: Any
    minimum: float | None
    maximum: float | None
    choices: list[Any]


class WorkflowSchema(Schema):
    """A workflow."""

    workflow: str
    version: int
    title: str
    description: str
    inputs: list[InputSchema]


class WorkflowList(Schema):
    """The workflows."""

    workflows: list[WorkflowSchema]
