"""Builds the schemas of core/schemas from what the database holds: a render, an asset, its verdicts, an import, an error."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from bot.cards import Form
from core.errors import SlateError
from core.rendering import lifecycle
from core.rendering.scheduler import Standing
from core.schemas.assets import AssetSchema, DeliveredFile, GivenVerdict, ProvenanceSchema, VerdictSchema
from core.schemas.errors import ErrorSchema
from core.schemas.imports import ImportSchema
from core.schemas.renders import FieldSchema, FormSchema, RenderSchema
from storage import deliveries, ids
from storage.files import assets, verdicts
from storage.people import members, projects
from storage.rendering import workflows
from storage.tables import Asset, Intake, Render, RenderState

_WITHOUT_FILES = (RenderState.QUEUED, RenderState.RUNNING, RenderState.CANCELLED)


def of_error(problem: SlateError) -> ErrorSchema:
    """With the facts that are plain values."""
    told = ErrorSchema(code=problem.code, message=problem.message, hint=problem.hint)
    facts = {name: value for name, value in problem.facts.items() if isinstance(value, (str, int, float, bool, list))}
    return told.model_copy(update={"facts": facts}) if facts else told


def of_form(form: Form) -> FormSchema:
    fields = [FieldSchema(name=one.name, label=one.label, value=one.value, required=one.required) for one in form.fields]
    return FormSchema(form=form.command, fields=fields)


def of_render(session: Session, render: Render, standing: Standing | None = None) -> RenderSchema:
    """`standing` is its place in line, where that is known already."""
    workflow, number = recipe_of(session, render)
    made = assets.of_render(session, render.id or 0) if render.state not in _WITHOUT_FILES else ()
    by, client, project = _whose(session, render.member_id, render.project_id)
    waiting = render.state is RenderState.QUEUED
    told = RenderSchema(
        render=render.code,
        state=render.state.value,
        error=ErrorSchema(code=render.error_code, message=render.error_message, hint=render.error_hint)
        if render.error_code
        else None,
        assets=[of_asset(asset) for asset in made],
        by=by,
        client=client,
        project=project,
        shot=render.shot,
        verb=render.verb,
        workflow=workflow,
        version=number,
        inputs=render.inputs,
        seed=render.seed,
        created=render.created_at,
        started=render.started_at,
        finished=render.finished_at,
        progress=0.0 if waiting else render.progress,
    )
    return told.model_copy(update=vars(standing or lifecycle.standing(session, render))) if waiting else told


def of_asset(asset: Asset) -> AssetSchema:
    return AssetSchema(
        asset=asset.code,
        sha256=asset.sha256,
        filename=asset.filename,
        width=asset.width,
        height=asset.height,
        mime=asset.mime,
        size=asset.size,
        status=asset.status,
    )


def of_provenance(session: Session, asset: Asset) -> ProvenanceSchema:
    """Everything a search says of an asset, and the file, its prompt, models with hashes, tags and statement."""
    by, client, project = _whose(session, asset.member_id, asset.project_id)
    return ProvenanceSchema(
        **vars(of_asset(asset)),
        render=renders_code(asset),
        by=by,
        client=client,
        project=project,
        shot=asset.shot,
        workflow=asset.workflow,
        version=asset.workflow_number,
        seed=asset.seed,
        created=asset.created_at,
        models=asset.models,
        prompt=asset.prompt,
        negative=asset.negative,
        techniques=asset.techniques,
        tags=verdicts.tags(session, asset.id or 0),
        origin=asset.origin.value,
        statement=asset.statement,
        delivered=delivered_files(session, asset),
    )


def delivered_files(session: Session, asset: Asset) -> list[DeliveredFile]:
    """Where the asset's file lies at each DAM, the newest at each."""
    found = deliveries.there(session, asset.id or 0)
    return [DeliveredFile(destination=destination.name, path=delivery.there) for destination, delivery in found]


def of_verdicts(session: Session, asset: Asset, *, changed: bool) -> VerdictSchema:
    given = [
        GivenVerdict(by=member.name, judgement=verdict.judgement.value, binding=verdict.binding, note=verdict.note)
        for verdict, member in verdicts.history(session, asset.id or 0)
        if verdict.withdrawn_at is None
    ]
    tags = verdicts.tags(session, asset.id or 0)
    return VerdictSchema(asset=asset.code, status=asset.status, verdicts=given, tags=tags, changed=changed)


def of_import(intake: Intake, waiting: int) -> ImportSchema:
    """`waiting` is how many of its files are still processed."""
    return ImportSchema(
        intake=intake.code,
        place=intake.place,
        total=intake.total,
        seen=intake.seen,
        taken=intake.taken,
        known=intake.known,
        refused=intake.refused,
        passed=intake.passed,
        waiting=waiting,
        started=intake.started_at,
        read=intake.read_at,
    )


def recipe_of(session: Session, render: Render) -> tuple[str, int]:
    """(workflow name, version number)."""
    version = lifecycle.version_of(session, render)
    workflow = workflows.by_id(session, version.workflow_id)
    return (workflow.name if workflow else "?"), version.number


def renders_code(asset: Asset) -> str | None:
    """The id of the render that made it, or None."""
    return ids.code("R", asset.render_id) if asset.render_id else None


def _whose(session: Session, member_id: int, project_id: int) -> tuple[str, str, str]:
    """(who made it, client, project), by name and slug."""
    member = members.by_id(session, member_id)
    project = projects.by_id(session, project_id)
    client = projects.client(session, project.client_id) if project else None
    return member.name if member else "", client.name if client else "", project.slug if project else ""


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
