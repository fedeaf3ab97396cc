"""A workflow by the name people type."""

from __future__ import annotations

import re

from rapidfuzz import process
from sqlmodel import Session

from core.errors import UnknownWorkflow
from storage.rendering import workflows
from storage.tables import Workflow, WorkflowVersion

_NEAR = 60.0


def find(session: Session, name: str) -> tuple[Workflow, WorkflowVersion]:
    """The workflow called `name` with the version that counts, `name@3` with version 3; case, blanks, `_` do not matter.

    The version that counts is the stable one, else the latest; `name@stable` and `name@latest` name them. Raises UnknownWorkflow
    with the nearest names.
    """
    wanted, _, number = name.strip().partition("@")
    workflow = workflows.by_name(session, key(wanted))
    if workflow is not None and workflow.archived and workflow.deprecated and not number:
        raise UnknownWorkflow(f"`{workflow.name}` is not used any more.", hint=workflow.deprecated, workflow=workflow.name)
    if workflow is None or (workflow.archived and not number):
        raise _unknown(wanted, [one.name for one in workflows.everything(session)])
    if number:
        return workflow, _version(session, workflow, number.strip())
    version = workflows.chosen(session, workflow)
    if version is None:
        raise UnknownWorkflow(f"The workflow `{workflow.name}` has no version yet.", workflow=workflow.name)
    return workflow, version


def _version(session: Session, workflow: Workflow, number: str) -> WorkflowVersion:
    if number.casefold() in ("latest", "stable"):
        return _alias(session, workflow, number.casefold())
    asked = int(number) if re.fullmatch(r"[0-9]{1,9}", number) else 0
    if found := workflows.version_by_number(session, workflow.id or 0, asked):
        return found
    numbers = [one.number for one in workflows.versions_of(session, workflow.id or 0)]
    near = [f"{workflow.name}@{one}" for one in numbers[-2:]]
    wrong = f"{workflow.name}@{number[:20]}"
    raise UnknownWorkflow(
        f"`{workflow.name}` has no version `{number[:20]}`.", suggestions=near, workflow=workflow.name, given=wrong
    )


def _alias(session: Session, workflow: Workflow, alias: str) -> WorkflowVersion:
    found = (workflows.latest if alias == "latest" else workflows.stable)(session, workflow)
    if found is None:
        hint = f"A lead chooses one with /workflow stable {workflow.name}@1."
        raise UnknownWorkflow(f"`{workflow.name}` has no {alias} version.", hint=hint, workflow=workflow.name)
    return found


def key(name: str) -> str:
    """How a name is stored.

    >>> key(" Text to_Image ")
    'text-to-image'
    """
    return re.sub(r"[\s_]+", "-", name.strip().casefold())


def _unknown(wanted: str, known: list[str]) -> UnknownWorkflow:
    near = [name for name, score, _ in process.extract(key(wanted[:60]), known, limit=2) if score >= _NEAR]
    hint = "" if near or not known else f"There are {', '.join(f'`{one}`' for one in known[:12])}."
    return UnknownWorkflow(f"There is no workflow `{wanted[:60]}`.", suggestions=near, hint=hint, workflow=wanted[:60])
