"""What other programs are told of an event: its kind, and its data as plain JSON.

The kinds are words of the outside (`asset.approved`), not those of the audit log. Data says what the asset or render is at that
moment, and what changed. It holds no prompts and no file: a receiver that may see more asks for it. Keys are only ever added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import Session

from core.events.actions import Action
from core.events.event import Event
from storage import ids
from storage.files import assets, verdicts
from storage.people import members, projects
from storage.rendering import renders, workflows
from storage.tables import Asset, Client, Judgement, Member, Project, Render

TEST = "slate.test"
"""The kind of an event that is sent to try a destination out."""
KINDS: Mapping[str, str] = {
    "render.asked": "Somebody asked for a render.",
    "render.done": "A render is done; each of its files had an `asset.created` of its own.",
    "render.failed": "A render failed for good.",
    "render.cancelled": "A render was cancelled.",
    "asset.created": "A file was rendered or uploaded.",
    "asset.approved": "A lead approved an asset.",
    "asset.rejected": "A lead rejected an asset.",
    "asset.needs_work": "A lead sent an asset back to be worked on.",
    "asset.verdict_withdrawn": "A lead took a verdict back; `status` is what holds now.",
    "asset.tagged": "A tag was put on an asset.",
    "asset.untagged": "A tag was taken off an asset.",
    "asset.confirmed": "Somebody confirmed whose work an imported asset is.",
    "asset.exported": "A copy of an asset was made to leave the house.",
    "asset.restored": "A copy from outside got its credentials back.",
    TEST: "Sent by hand to try a destination out.",
}
"""Kind -> when it is sent."""
FILE_KINDS = frozenset(kind for kind in KINDS if kind.startswith("asset.") and kind not in ("asset.exported", "asset.restored"))
"""Events that a file may be sent with; an export that followed from an export would have no end."""
_OF = {
    Action.RENDER_ASKED: "render.asked",
    Action.RENDER_DONE: "render.done",
    Action.RENDER_FAILED: "render.failed",
    Action.RENDER_CANCELLED: "render.cancelled",
    Action.ASSET_MADE: "asset.created",
    Action.ASSET_UPLOADED: "asset.created",
    Action.ASSET_VERDICT_WITHDRAWN: "asset.verdict_withdrawn",
    Action.ASSET_TAGGED: "asset.tagged",
    Action.ASSET_UNTAGGED: "asset.untagged",
    Action.ASSET_CONFIRMED: "asset.confirmed",
    Action.ASSET_EXPORTED: "asset.exported",
    Action.ASSET_RESTORED: "asset.restored",
}
_BY_JUDGEMENT = {
    Judgement.APPROVED: "asset.approved",
    Judgement.REJECTED: "asset.rejected",
    Judgement.NEEDS_WORK: "asset.needs_work",
}
_TOLD = {"note": 2000, "tag": 200, "profile": 100, "to": 300, "why": 300, "export": 40, "copy": 40, "sha256": 64, "status": 40}
"""Facts of an event that are told, and how much of each at most."""


class ModelUsed(BaseModel):
    """A model file that made an asset."""

    name: str
    sha256: str = Field("", description="Empty where it is not known.")


class AssetData(BaseModel):
    """An asset at the moment of the event."""

    id: str = Field(description="Such as A-7Q0D.")
    sha256: str = Field(description="Of the stored original.")
    filename: str
    mime: str
    size: int = Field(description="Bytes.")
    width: int | None = Field(description="Pixels.")
    height: int | None = Field(description="Pixels.")
    seconds: float | None = Field(description="Playing time.")
    origin: str = Field(description="render, upload, ingest, export or returned.")
    source_type: str = Field(description="IPTC's Digital Source Type (a URI) of what was rendered here; empty for other files.")
    status: str = Field(description="approved, rejected, needs work or empty.")
    tags: list[str]
    shot: str
    workflow: str
    version: int | None
    models: list[ModelUsed]
    techniques: list[str]
    seed: str
    render: str = Field(description="The render that made it, such as R-4F2K; empty for other files.")
    created: datetime


class RenderData(BaseModel):
    """A render at the moment of the event."""

    id: str
    state: str
    workflow: str
    version: int
    shot: str
    seed: str
    assets: list[str] = Field(description="The assets it made.")
    error: str = Field(description="A stable code where it failed, else empty.")
    created: datetime
    finished: datetime | None


class EventData(BaseModel):
    """The `data` of every event."""

    actor: str = Field(description="Who did it; empty for Slate itself.")
    maker: str = Field(description="Whose asset or render it is.")
    client: str
    project: str = Field(description="The project's short name, as in project:acme-spring.")
    project_name: str
    asset: AssetData | None = None
    render: RenderData | None = None
    change: dict[str, str] = Field(description="What changed, such as tag, note, profile and recipient.")


@dataclass(frozen=True)
class Outgoing:
    """An event as other programs are told of it, and what destinations choose by."""

    kind: str
    subject: str
    data: Mapping[str, Any]
    asset_id: int | None
    project_id: int | None
    client_id: int | None


def kind_of(event: Event) -> str:
    """The kind that other programs know an event by; empty for a vote, which decides nothing."""
    if event.action is Action.ASSET_VERDICT:
        return _BY_JUDGEMENT[Judgement(str(event.after["judgement"]))]
    return _OF.get(event.action, "")


def wants(patterns: Sequence[str], kind: str) -> bool:
    """Whether a kind fits one of the patterns.

    >>> wants(["asset.approved", "render.*"], "render.done"), wants(["asset.approved"], "asset.rejected"), wants(["*"], "x.y")
    (True, False, True)
    """
    return any(fnmatchcase(kind, pattern) for pattern in patterns)


def composed(session: Session, event: Event) -> Outgoing | None:
    """What other programs are told of an event, with the rows as this transaction has them; None for what is told to nobody."""
    kind = kind_of(event)
    asset, render = _asset(session, event), _render(session, event)
    about = asset or render
    if not kind or about is None:
        return None
    project = projects.by_id(session, about.project_id)
    client = projects.client(session, project.client_id) if project else None
    data = EventData(
        actor=event.by.name if event.by else "",
        maker=_name(members.by_id(session, about.member_id)),
        client=_name(client),
        project=project.slug if project else "",
        project_name=_name(project),
        asset=asset_data(session, asset) if asset else None,
        render=_render_data(session, render) if render and not asset else None,
        change={key: str(event.after[key])[:most] for key, most in _TOLD.items() if event.after.get(key)},
    )
    told = data.model_dump(mode="json", exclude_none=False)
    return Outgoing(kind, about.code, told, asset.id if asset else None, about.project_id, client.id if client else None)


def _name(row: Member | Project | Client | None) -> str:
    return row.name if row else ""


def _asset(session: Session, event: Event) -> Asset | None:
    row = event.asset_id or ids.number("A", event.subject)
    return assets.by_id(session, row) if row is not None else None


def _render(session: Session, event: Event) -> Render | None:
    row = event.render_id or ids.number("R", event.subject)
    return renders.by_id(session, row) if row is not None else None


def asset_data(session: Session, asset: Asset) -> AssetData:
    """An asset as it is now."""
    said = asset.statement.get("disclosure") or {}
    return AssetData(
        id=asset.code,
        sha256=asset.sha256,
        filename=asset.filename,
        mime=asset.mime,
        size=asset.size,
        width=asset.width,
        height=asset.height,
        seconds=asset.seconds,
        origin=asset.origin.value,
        source_type=str(said.get("source_type", "")) if isinstance(said, dict) else "",
        status=asset.status,
        tags=[one[:100] for one in verdicts.tags(session, asset.id or 0)[:50]],
        shot=asset.shot,
        workflow=asset.workflow[:200],
        version=asset.workflow_number,
        models=[_model(one) for one in asset.models[:20]],
        techniques=[str(one)[:60] for one in asset.techniques[:20]],
        seed=asset.seed[:40],
        render=ids.code("R", asset.render_id) if asset.render_id else "",
        created=asset.created_at,
    )


def _model(told: Mapping[str, Any]) -> ModelUsed:
    return ModelUsed(name=str(told.get("name", ""))[:200], sha256=str(told.get("sha256") or "")[:64])


def _render_data(session: Session, render: Render) -> RenderData:
    version = workflows.version_by_id(session, render.workflow_version_id)
    workflow = workflows.by_id(session, version.workflow_id) if version else None
    return RenderData(
        id=render.code,
        state=render.state.value,
        workflow=workflow.name if workflow else "",
        version=version.number if version else 0,
        shot=render.shot,
        seed=render.seed,
        assets=[one.code for one in assets.of_render(session, render.id or 0)],
        error=render.error_code,
        created=render.created_at,
        finished=render.finished_at,
    )
