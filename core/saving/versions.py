"""Which version of a workflow is used: stable, rolled back, deprecated. What was saved is never changed."""

from __future__ import annotations

from sqlmodel import Session

from core.desk import Desk
from core.errors import Conflict
from core.events import Event, record
from core.events.actions import Action
from core.saving import relatives
from core.saving.relatives import Relative
from core.saving.save import check_own
from core.workflows import find
from storage.rendering import workflows
from storage.tables import Member, Workflow, WorkflowVersion


def diff(session: Session, name: str, first: str = "", second: str = "") -> tuple[Relative, WorkflowVersion]:
    """What differs between two versions of a workflow, the last two where none are named. Raises UnknownWorkflow, Conflict."""
    workflow, newer = find(session, f"{name}@{second or first}" if second or first else f"{name}@latest")
    if second:
        _, older = find(session, f"{name}@{first}")
    elif first:
        older, (_, newer) = newer, find(session, f"{name}@latest")
    else:
        before = [one for one in workflows.versions_of(session, workflow.id or 0) if one.number < newer.number]
        if not before:
            raise Conflict(f"`{workflow.name}` has one version only.", hint="Saving it again changed makes another.")
        older = before[-1]
    return relatives.against(workflow, older, newer.graph), newer


def make_stable(desk: Desk, name: str, *, by: Member, undo: bool = False) -> tuple[Workflow, WorkflowVersion]:
    """Make a version the one that people get when they name none; `undo`: the latest again. Raises Refused, Conflict."""
    with desk.writing() as session:
        workflow, version = _changing(session, name, by)
        before = _stable(session, workflow)
        if undo:
            workflow.stable_version_id = None
        else:
            _check_usable(workflow, version)
            workflow.stable_version_id = version.id
        session.add(workflow)
        session.flush()
        _note(session, workflow, by, {"stable": before}, {"stable": _stable(session, workflow)})
    return workflow, version


def roll_back(desk: Desk, name: str, *, by: Member) -> tuple[Workflow, WorkflowVersion]:
    """Make an older version the latest again: the one named, or the one before. Raises Refused, Conflict."""
    with desk.writing() as session:
        workflow, version = _changing(session, name, by)
        now = workflows.latest(session, workflow)
        if "@" not in name:
            older = [one for one in _usable(session, workflow) if now is not None and one.number < now.number]
            if not older:
                raise Conflict(f"`{workflow.name}` has no version before {now.number if now else 1}.", workflow=workflow.name)
            version = older[-1]
        _check_usable(workflow, version)
        if now is not None and now.id == version.id:
            raise Conflict(f"{workflow.name}@{version.number} is the latest version already.", workflow=workflow.name)
        workflow.latest_version_id = version.id
        if workflow.stable_version_id is not None:
            workflow.stable_version_id = version.id
        session.add(workflow)
        _note(session, workflow, by, {"latest": now.number if now else 0}, {"latest": version.number})
    return workflow, version


def deprecate(desk: Desk, name: str, hint: str, *, by: Member, undo: bool = False) -> tuple[Workflow, WorkflowVersion | None]:
    """Put a workflow away, or one version of it (`name@2`), with what to use instead. Raises Refused, Conflict."""
    with desk.writing() as session:
        number = name.partition("@")[2]
        workflow, version = _changing(session, name, by)
        told = "" if undo else hint or "Use another one."
        if number:
            _deprecate_version(session, workflow, version, told)
        else:
            workflow.archived, workflow.deprecated = not undo, told
            session.add(workflow)
        after = {"deprecated": told, **({"version": version.number} if number else {})}
        _note(session, workflow, by, {}, after)
    return workflow, version if number else None


def _deprecate_version(session: Session, workflow: Workflow, version: WorkflowVersion, told: str) -> None:
    version.deprecated = told
    session.add(version)
    session.flush()
    if not told:
        return
    if workflow.stable_version_id == version.id:
        hint = f"Make another one stable first: /workflow stable {workflow.name}@1."
        raise Conflict(f"{workflow.name}@{version.number} is the stable version.", hint=hint)
    if workflow.latest_version_id == version.id:
        left = _usable(session, workflow)
        if not left:
            raise Conflict(
                f"{workflow.name} has no other version.", hint=f"Put it away whole: /workflow deprecate {workflow.name}."
            )
        workflow.latest_version_id = left[-1].id
        session.add(workflow)


def _changing(session: Session, name: str, by: Member) -> tuple[Workflow, WorkflowVersion]:
    """The workflow, also one that was put away, and the version named or the latest. Raises UnknownWorkflow, Refused."""
    workflows.lock(session)
    workflow, version = find(session, name if "@" in name else f"{name}@latest")
    check_own(session, workflow, by)
    return workflow, version


def _usable(session: Session, workflow: Workflow) -> list[WorkflowVersion]:
    return [one for one in workflows.versions_of(session, workflow.id or 0) if not one.deprecated]


def _check_usable(workflow: Workflow, version: WorkflowVersion) -> None:
    if version.deprecated:
        said = f"{workflow.name}@{version.number} is deprecated: {version.deprecated}"
        raise Conflict(said, hint=f"/workflow deprecate {workflow.name}@{version.number} undo:yes takes that back.")


def _stable(session: Session, workflow: Workflow) -> int:
    """The number of the stable version; 0 where there is none."""
    version = workflows.stable(session, workflow)
    return version.number if version else 0


def _note(session: Session, workflow: Workflow, by: Member, before: dict[str, object], after: dict[str, object]) -> None:
    record(session, Event(Action.WORKFLOW_CHANGED, f"workflow/{workflow.name}", by=by, before=before, after=after))
