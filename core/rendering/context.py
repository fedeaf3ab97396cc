"""What a worker needs to know to carry out one render, read in one go, so that no transaction is open during network calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from sqlmodel import Session

from core import workflows
from core.comfyui import facts
from core.desk import Desk
from core.provenance import origins
from core.provenance.disclosure import says_ai
from core.recognition import inputs as recognition_inputs
from core.rendering import lifecycle
from storage.files import assets
from storage.people import members, projects
from storage.rendering import models, renders
from storage.rendering import workflows as storage_workflows
from storage.tables import Asset, Render, Workflow, WorkflowVersion


@dataclass(frozen=True)
class PictureIn:
    """A picture that goes into a render."""

    asset: str
    sha256: str
    suffix: str
    """With its dot, such as `.png`."""
    size: int
    """In bytes."""
    source_type: str = ""
    """How it came to be, as a digital source type; empty where nothing says so (see core/provenance/origins.py)."""
    made_here: bool = False


@dataclass(frozen=True)
class Briefing:
    """Names, recipe and inputs of one render."""

    render: Render
    member: str
    client: str
    project: str
    workflow: Workflow
    version: WorkflowVersion
    inputs: dict[str, Any]
    pictures: dict[str, PictureIn]
    models: list[dict[str, Any]]
    parent: str
    session: str

    def made(self) -> dict[str, Any]:
        """The part of ingest.Made that was known before the render ran."""
        return {
            "render_code": self.render.code,
            "member": self.member,
            "client": self.client,
            "project": self.project,
            "shot": self.render.shot,
            "workflow": self.workflow.name,
            "version": self.version.number,
            "content_hash": self.version.content_hash,
            "inputs": self.inputs,
            "seed": self.render.seed,
            "models": self.models,
            "parents": [
                {
                    "asset": one.asset,
                    "sha256": one.sha256,
                    "input": name,
                    "source_type": one.source_type,
                    "made_here": one.made_here,
                }
                for name, one in self.pictures.items()
            ],
            "verb": self.render.verb,
            "parent_render": self.parent,
            "session": self.session,
            "render_id": self.render.id,
            "member_id": self.render.member_id,
            "project_id": self.render.project_id,
        }


def brief(desk: Desk, render: Render) -> Briefing:
    """Read everything about a render that its worker needs."""
    with desk.reading() as session:
        version = lifecycle.version_of(session, render)
        workflow = storage_workflows.by_id(session, version.workflow_id)
        member, project = members.by_id(session, render.member_id), projects.by_id(session, render.project_id)
        assert workflow is not None
        assert member is not None
        assert project is not None
        client = projects.client(session, project.client_id)
        parent = renders.by_id(session, render.parent_id) if render.parent_id else None
        inputs = assets.inputs_of(session, render.id or 0)
        found = Briefing(
            render=render,
            member=member.name,
            client=client.name if client else "",
            project=project.slug,
            workflow=workflow,
            version=version,
            inputs=dict(render.inputs),
            pictures={name: _picture(session, asset) for name, asset in inputs.items()},
            models=_models(session, version, render),
            parent=parent.code if parent else "",
            session=_session(session, render),
        )
    if facts.samples(version.graph):
        return found
    return replace(found, pictures={name: by_looks(desk, inputs[name], one) for name, one in found.pictures.items()})


def _picture(session: Session, asset: Asset) -> PictureIn:
    """Where it was brought here and shows the very pixels of one made here, it came to be as that one did."""
    suffix = PurePosixPath(asset.filename).suffix.lower() or ".png"
    kind = origins.source_type(asset)
    if not origins.made_here(asset) and not says_ai(kind):
        same = (origins.source_type(one) for one in assets.with_pixels(session, asset.pixel_sha256) if origins.made_here(one))
        kind = next(filter(says_ai, same), kind)
    return PictureIn(asset.code, asset.sha256, suffix, asset.size, kind, origins.made_here(asset))


def by_looks(desk: Desk, asset: Asset, taken: PictureIn) -> PictureIn:
    """The same where it was brought here and is a copy of a picture made here with AI: then it says so, too.

    Asked only of what no model generates from: anything else is AI anyway.
    """
    if taken.made_here or says_ai(taken.source_type):
        return taken
    original = recognition_inputs.copied_from(desk, asset)
    kind = origins.source_type(original) if original is not None else ""
    return replace(taken, source_type=kind) if says_ai(kind) else taken


def _session(session: Session, render: Render) -> str:
    """The render that this line of work began with."""
    first, seen = render, {render.id}
    while first.parent_id and first.parent_id not in seen and (before := renders.by_id(session, first.parent_id)):
        first = before
        seen.add(first.id)
    return first.code


def _models(session: Session, version: WorkflowVersion, render: Render) -> list[dict[str, Any]]:
    found = []
    for ref in workflows.models_in(workflows.fill(version, render.inputs, {}, prefix="")):
        known = models.known(session, ref.folder, ref.name)
        told = {"sha256": known.sha256, "licence": known.licence, "title": known.title} if known else {}
        found.append({"folder": ref.folder, "name": ref.name, "sha256": "", "licence": "", "title": "", **told})
    return found
