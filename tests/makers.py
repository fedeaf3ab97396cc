"""Makes the nouns tests need, complete enough to be real and no more."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any, TypeVar

from sqlmodel import Session

from storage.clock import now
from storage.rendering import backends
from storage.tables import (
    Backend,
    BackendState,
    Client,
    Member,
    Project,
    Render,
    Role,
    Workflow,
    WorkflowVersion,
)

Row = TypeVar("Row")
_numbers = itertools.count(1)


def make_member(session: Session, name: str = "Mia Chen", role: Role = Role.ARTIST) -> Member:
    return _kept(session, Member(name=name, name_key=name.casefold(), role=role))


def make_project(session: Session, client: str = "Acme", name: str = "Spring") -> Project:
    payer = _kept(session, Client(name=client, name_key=f"{client.casefold()}-{next(_numbers)}"))
    return _kept(session, Project(client_id=payer.id, name=name, slug=f"{client}-{name}-{next(_numbers)}".lower()))


def make_version(session: Session, name: str = "", graph: dict[str, Any] | None = None) -> WorkflowVersion:
    workflow = _kept(session, Workflow(name=name or f"workflow-{next(_numbers)}", title="A workflow"))
    graph = graph or {"1": {"class_type": "EmptyImage", "inputs": {}}}
    digest = hashlib.sha256(json.dumps(graph, sort_keys=True).encode()).hexdigest()
    version = _kept(session, WorkflowVersion(workflow_id=workflow.id, number=1, content_hash=digest, graph=graph))
    workflow.latest_version_id = version.id
    session.add(workflow)
    return version


def make_render(session: Session, member: Member, project: Project, version: WorkflowVersion, **more: Any) -> Render:
    return _kept(session, Render(member_id=member.id, project_id=project.id, workflow_version_id=version.id, **more))


def make_backend(session: Session, name: str = "gpu-01", url: str = "", state: BackendState = BackendState.UP) -> Backend:
    servers = [(one.name, one.url) for one in backends.in_use(session)] + [(name, url or f"http://{name}.invalid")]
    backends.sync(session, servers)
    backend = backends.by_name(session, name)
    assert backend is not None
    backends.mark(session, backend.id, state=state, seen_at=now())
    session.refresh(backend)
    return backend


def _kept(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
