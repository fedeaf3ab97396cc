"""The workflows that come with Slate, and how a workflow gets a new version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sqlmodel import Session

from core.comfyui.identity import identify
from core.workflows.specs import WorkflowSpec
from storage.rendering import workflows
from storage.tables import Member, Workflow, WorkflowVersion

_FOLDER = Path(__file__).parent.parent / "library"


@cache
def library() -> tuple[WorkflowSpec, ...]:
    """The shipped workflows, by name."""
    return tuple(_read())


def _read() -> Iterator[WorkflowSpec]:
    for path in sorted(_FOLDER.glob("*.json"), key=lambda one: one.stem):
        yield WorkflowSpec.from_json({"name": path.stem, **json.loads(path.read_text("utf-8"))})


def seed_library(session: Session, models: Mapping[str, str] = MappingProxyType({})) -> None:
    """Write the shipped workflows; those that are there already stay, and what a person changed stays the latest.

    `models` (folder -> file name) are the team's own default models; a workflow with other models is another version.
    """
    workflows.lock(session)
    for version in workflows.without_identity(session):
        version.identity = identify(version.graph)
    for spec in (with_models(one, models) for one in library()):
        workflow = workflows.by_name(session, spec.name)
        newest = workflows.latest(session, workflow) if workflow else None
        if newest is None or newest.created_by is None:
            publish(session, spec, by=None)


def with_models(spec: WorkflowSpec, models: Mapping[str, str]) -> WorkflowSpec:
    """The workflow with these default models (folder -> file name) instead of its own."""
    graph = deepcopy(spec.graph)
    mine = {one.name: models[one.folder] for one in spec.inputs if one.kind == "model" and one.folder in models}
    for one in spec.inputs:
        if one.name in mine:
            graph[one.node]["inputs"][one.field] = mine[one.name]
    inputs = tuple(replace(one, default=mine.get(one.name, one.default)) for one in spec.inputs)
    return replace(spec, graph=graph, inputs=inputs)


def publish(
    session: Session,
    spec: WorkflowSpec,
    *,
    by: Member | None,
    identity: str = "",
    partners: Sequence[str] = (),
    saved_from: str = "",
) -> tuple[Workflow, WorkflowVersion]:
    """Make `spec` the latest version of its workflow. The same content is the same version, however often it is published."""
    workflow = workflows.by_name(session, spec.name) or workflows.add(session, spec.name)
    workflow.title, workflow.description = spec.title, spec.description
    version = workflows.version_by_hash(session, workflow.id or 0, spec.content_hash)
    if version is None:
        version = workflows.add_version(session, workflow, _row(spec, by, identity or identify(spec.graph), partners, saved_from))
    elif workflow.latest_version_id != version.id:
        workflow.latest_version_id = version.id
    session.flush()
    return workflow, version


def _row(spec: WorkflowSpec, by: Member | None, identity: str, partners: Sequence[str], saved_from: str) -> WorkflowVersion:
    return WorkflowVersion(
        workflow_id=0,
        number=0,
        content_hash=spec.content_hash,
        graph=spec.graph,
        inputs=[one.to_json() for one in spec.inputs],
        node_types=list(spec.node_types),
        techniques=list(spec.techniques),
        created_by=by.id if by else None,
        identity=identity,
        partners=list(partners),
        saved_from=saved_from[:200],
    )
