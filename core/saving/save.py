"""Saving a workflow: who may, whether it is known already, and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session

from core.comfyui.risks import Risk
from core.desk import Desk
from core.errors import Refused
from core.events import Event, record
from core.events.actions import Action
from core.people.roles import Permission, allow, may
from core.saving import relatives
from core.saving.draft import WorkflowDraft
from core.saving.relatives import Relative
from core.workflows import publish
from storage.rendering import workflows
from storage.tables import Member, Workflow, WorkflowVersion

State = Literal["new", "changed", "again", "known"]
"""A new workflow; a new version of one; the same content once more; a copy of another workflow, which was not saved."""


@dataclass(frozen=True)
class SavedVersion:
    """What became of it. `workflow` and `version` are those to ask for: where it is `known`, the ones that were there."""

    state: State
    workflow: Workflow
    version: WorkflowVersion
    draft: WorkflowDraft
    known_as: Relative | None = None
    near: Relative | None = None
    """Of another name, but nearly the same."""
    since: Relative | None = None
    """What differs from the version before."""


def save(desk: Desk, draft: WorkflowDraft, *, by: Member, copy: bool = False, allowed: bool = False) -> SavedVersion:
    """Keep a draft as a new workflow or as the next version of the one of its name; all of it or nothing.

    A copy of another workflow is kept only with `copy`. Nodes that do more than make pictures are `allowed` by admins only.
    Raises Refused.
    """
    with desk.reading() as session:
        allow(session, by, Permission.SAVE_WORKFLOWS, None)
        _check_risks(session, draft.risks, by, allowed)
        near = relatives.nearest(session, draft.spec.graph, but=draft.spec.name)
    with desk.writing() as session:
        workflows.lock(session)
        there = workflows.by_name(session, draft.spec.name)
        known = relatives.copies(session, draft.identity)
        elsewhere = next((one for one in known if one.workflow.name != draft.spec.name and not one.workflow.archived), None)
        if there is None and elsewhere is not None and not copy:
            told = relatives.against(elsewhere.workflow, elsewhere.version, draft.spec.graph)
            return SavedVersion("known", elsewhere.workflow, elsewhere.version, draft, known_as=told)
        if there is not None and (same := workflows.version_by_hash(session, there.id or 0, draft.spec.content_hash)):
            return SavedVersion("again", there, same, draft)
        before = workflows.latest(session, there) if there else None
        if there is not None:
            check_own(session, there, by)
            there.archived, there.deprecated = False, ""
        since = relatives.against(there, before, draft.spec.graph) if there and before else None
        workflow, version = publish(
            session, draft.spec, by=by, identity=draft.identity, partners=draft.partners, saved_from=draft.source
        )
        after = {"workflow": workflow.name, "version": version.number, "identity": draft.identity, "from": draft.source[:200]}
        risky = {"allowed": [str(one) for one in draft.risks[:10]]} if draft.risks else {}
        subject = f"workflow/{workflow.name}@{version.number}"
        record(session, Event(Action.WORKFLOW_SAVED, subject, by=by, after={**after, **risky}))
    return SavedVersion("changed" if before else "new", workflow, version, draft, elsewhere, near, since)


def check_own(session: Session, workflow: Workflow, by: Member) -> None:
    """Whoever saved the first version may change a workflow; others need the right to. Raises Refused."""
    versions = workflows.versions_of(session, workflow.id or 0)
    if not versions or versions[0].created_by != by.id or by.id is None:
        allow(session, by, Permission.PUBLISH_WORKFLOWS, None)
    allow(session, by, Permission.SAVE_WORKFLOWS, None)


def _check_risks(session: Session, risks: Sequence[Risk], by: Member, allowed: bool) -> None:
    if not risks:
        return
    if allowed:
        allow(session, by, Permission.ALLOW_NODES, None)
        return
    more = f"; and {len(risks) - 3} more" if len(risks) > 3 else ""
    hint = "Check what it does; allow:yes saves it." if may(session, by, Permission.ALLOW_NODES, None) else (
        "Take it out, or ask an admin, who may save it with allow:yes.")  # fmt: skip
    said = f"This workflow does more than make pictures: {'; '.join(str(one) for one in risks[:3])}{more}."
    raise Refused(said, hint=hint, nodes=[one.kind for one in risks[:50]], action=Permission.ALLOW_NODES.name.lower())
