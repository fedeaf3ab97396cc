"""Named queries about Workflows and their immutable versions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, func, select

from storage.tables import Workflow, WorkflowVersion

_LOCK = 7528324


def lock(session: Session) -> None:
    """Let no other process write workflows until this transaction ends. SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def by_id(session: Session, workflow_id: int) -> Workflow | None:
    return session.get(Workflow, workflow_id)


def by_name(session: Session, name: str) -> Workflow | None:
    return session.exec(select(Workflow).where(Workflow.name == name)).first()


def everything(session: Session, *, archived: bool = False) -> Sequence[Workflow]:
    """All Workflows that can be asked for, by name; with `archived` also those that were put away."""
    query = select(Workflow).order_by(Workflow.name)
    return session.exec(query if archived else query.where(col(Workflow.archived).is_(False))).all()


def version_by_id(session: Session, version_id: int) -> WorkflowVersion | None:
    return session.get(WorkflowVersion, version_id)


def versions_by_ids(session: Session, version_ids: Collection[int]) -> dict[int, WorkflowVersion]:
    """Row number -> WorkflowVersion, for those that exist."""
    found = session.exec(select(WorkflowVersion).where(col(WorkflowVersion.id).in_(version_ids)))
    return {version.id: version for version in found if version.id is not None}


def version_by_number(session: Session, workflow_id: int, number: int) -> WorkflowVersion | None:
    query = select(WorkflowVersion).where(WorkflowVersion.workflow_id == workflow_id, WorkflowVersion.number == number)
    return session.exec(query).first()


def version_by_hash(session: Session, workflow_id: int, content_hash: str) -> WorkflowVersion | None:
    query = select(WorkflowVersion).where(
        WorkflowVersion.workflow_id == workflow_id, WorkflowVersion.content_hash == content_hash
    )
    return session.exec(query).first()


def versions_by_identity(session: Session, identity: str) -> Sequence[WorkflowVersion]:
    """The versions that are copies of one workflow, oldest first."""
    query = select(WorkflowVersion).where(WorkflowVersion.identity == identity, WorkflowVersion.identity != "")
    return session.exec(query.order_by(col(WorkflowVersion.id))).all()


def without_identity(session: Session) -> Sequence[WorkflowVersion]:
    """The versions from before there was one."""
    return session.exec(select(WorkflowVersion).where(WorkflowVersion.identity == "")).all()


def versions_of(session: Session, workflow_id: int) -> Sequence[WorkflowVersion]:
    """All versions, oldest first."""
    query = select(WorkflowVersion).where(WorkflowVersion.workflow_id == workflow_id)
    return session.exec(query.order_by(col(WorkflowVersion.number))).all()


def latest(session: Session, workflow: Workflow) -> WorkflowVersion | None:
    """The newest version that was not taken back."""
    return session.get(WorkflowVersion, workflow.latest_version_id) if workflow.latest_version_id else None


def stable(session: Session, workflow: Workflow) -> WorkflowVersion | None:
    """The version that was chosen for people who name none."""
    return session.get(WorkflowVersion, workflow.stable_version_id) if workflow.stable_version_id else None


def chosen(session: Session, workflow: Workflow) -> WorkflowVersion | None:
    """The version that people get when they name none: the stable one, else the latest."""
    return stable(session, workflow) or latest(session, workflow)


def add(session: Session, name: str) -> Workflow:
    workflow = Workflow(name=name)
    session.add(workflow)
    session.flush()
    return workflow


def add_version(session: Session, workflow: Workflow, version: WorkflowVersion) -> WorkflowVersion:
    """Give the version its workflow and the next number, and make it the latest one."""
    assert workflow.id is not None
    query = select(func.max(WorkflowVersion.number)).where(WorkflowVersion.workflow_id == workflow.id)
    version.workflow_id, version.number = workflow.id, (session.exec(query).one() or 0) + 1
    session.add(version)
    session.flush()
    workflow.latest_version_id = version.id
    session.add(workflow)
    session.flush()
    return version
