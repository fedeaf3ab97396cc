"""The documented JSON shapes that scripts live on: a render, a result of a search, an asset, a verdict.

Keys are only ever added. Times are ISO 8601 in UTC; seeds are strings, as they go beyond what JSON numbers hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.cards import Form
from core.errors import SlateError
from core.rendering import lifecycle
from core.rendering.scheduler import Standing
from storage import ids
from storage.files import assets, verdicts
from storage.people import members, projects
from storage.rendering import workflows
from storage.tables import Asset, Render, RenderState

Shape = dict[str, Any]
_WITHOUT_FILES = (RenderState.QUEUED, RenderState.RUNNING, RenderState.CANCELLED)


def error_shape(problem: SlateError) -> Shape:
    """`{code, message, hint}` and the facts that are plain values."""
    facts = {name: value for name, value in problem.facts.items() if isinstance(value, (str, int, float, bool, list))}
    return {"code": problem.code, "message": problem.message, "hint": problem.hint} | ({"facts": facts} if facts else {})


def form_shape(form: Form) -> Shape:
    """The command that the form's fields complete, and each with its value."""
    fields = [{"name": one.name, "label": one.label, "value": one.value, "required": one.required} for one in form.fields]
    return {"form": form.command, "fields": fields}


def render_shape(session: Session, render: Render, standing: Standing | None = None) -> Shape:
    """`{render, state, error, assets: [{asset, sha256, filename, width, height}], …}`; `error` is null unless it failed.

    `standing` is its place in line, where that is known already.
    """
    workflow, number = recipe_of(session, render)
    made = assets.of_render(session, render.id or 0) if render.state not in _WITHOUT_FILES else ()
    failed = {"code": render.error_code, "message": render.error_message, "hint": render.error_hint}
    return {
        "render": render.code,
        "state": render.state.value,
        "error": failed if render.error_code else None,
        "assets": [asset_shape(asset) for asset in made],
        **_whose(session, render.member_id, render.project_id),
        "shot": render.shot,
        "verb": render.verb,
        "workflow": workflow,
        "version": number,
        "inputs": render.inputs,
        "seed": render.seed,
        "created": iso(render.created_at),
        "started": iso(render.started_at),
        "finished": iso(render.finished_at),
        **_standing_shape(session, render, standing),
    }


def asset_shape(asset: Asset) -> Shape:
    return {
        "asset": asset.code,
        "sha256": asset.sha256,
        "filename": asset.filename,
        "width": asset.width,
        "height": asset.height,
        "mime": asset.mime,
        "size": asset.size,
        "status": asset.status,
    }


def result_shape(session: Session, asset: Asset) -> Shape:
    """`{asset, render, by, client, project, shot, workflow, version, models, seed, status, created}`, as a search gives it."""
    render = renders_code(asset)
    return {
        "asset": asset.code,
        "render": render,
        **_whose(session, asset.member_id, asset.project_id),
        "shot": asset.shot,
        "workflow": asset.workflow,
        "version": asset.workflow_number,
        "models": [str(model.get("name", "")) for model in asset.models],
        "seed": asset.seed,
        "status": asset.status,
        "created": iso(asset.created_at),
    }


def provenance_shape(session: Session, asset: Asset) -> Shape:
    """Everything a search says of an asset, and the file, its prompt, models with hashes, tags and statement."""
    return (
        asset_shape(asset)
        | result_shape(session, asset)
        | {"models": asset.models, "prompt": asset.prompt, "negative": asset.negative, "techniques": asset.techniques}
        | {"tags": verdicts.tags(session, asset.id or 0), "origin": asset.origin.value, "statement": asset.statement}
    )


def verdict_shape(session: Session, asset: Asset) -> Shape:
    given = [
        {"by": member.name, "judgement": verdict.judgement.value, "binding": verdict.binding, "note": verdict.note}
        for verdict, member in verdicts.history(session, asset.id or 0)
        if verdict.withdrawn_at is None
    ]
    tags = verdicts.tags(session, asset.id or 0)
    return {"asset": asset.code, "status": asset.status, "verdicts": given, "tags": tags}


def recipe_of(session: Session, render: Render) -> tuple[str, int]:
    """(workflow name, version number)."""
    version = lifecycle.version_of(session, render)
    workflow = workflows.by_id(session, version.workflow_id)
    return (workflow.name if workflow else "?"), version.number


def renders_code(asset: Asset) -> str | None:
    """The id of the render that made it, or None."""
    return ids.code("R", asset.render_id) if asset.render_id else None


def iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _whose(session: Session, member_id: int, project_id: int) -> Shape:
    member = members.by_id(session, member_id)
    project = projects.by_id(session, project_id)
    client = projects.client(session, project.client_id) if project else None
    return {
        "by": member.name if member else "",
        "client": client.name if client else "",
        "project": project.slug if project else "",
    }


def hold_related(session: Session, found: Sequence[Render]) -> list[object]:
    """Read what many renders refer to, in a statement a kind. While the result is held, reading one of them costs nothing."""
    made = projects.by_ids(session, {one.project_id for one in found})
    versions = workflows.versions_by_ids(session, {one.workflow_version_id for one in found})
    people = members.by_ids(session, {one.member_id for one in found})
    return [
        *made.values(),
        *versions.values(),
        *people.values(),
        *projects.clients(session),
        *workflows.everything(session, archived=True),
    ]


def _standing_shape(session: Session, render: Render, standing: Standing | None) -> Shape:
    if render.state is not RenderState.QUEUED:
        return {"progress": render.progress}
    standing = standing or lifecycle.standing(session, render)
    return {
        "progress": 0.0,
        "position": standing.position,
        "reason": standing.reason,
        "starts_in": standing.starts_in,
        "takes": standing.takes,
    }
