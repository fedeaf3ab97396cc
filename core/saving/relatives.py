"""Which known workflow a graph is a copy or a near relative of, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from core.comfyui.differences import GraphDifference, differences
from core.comfyui.graph import Graph
from core.workflows import inputs_of
from storage.rendering import workflows
from storage.tables import Workflow, WorkflowVersion

_MOST_NODES, _MOST_COMPARED, _MOST_DIFFERENCES = 600, 6, 6
_ALIKE = 0.6
SAID = 4
"""Differences that a sentence names."""


@dataclass(frozen=True)
class Relative:
    """A known version, and what the graph differs by; nothing that counts where it is a copy."""

    workflow: Workflow
    version: WorkflowVersion
    differences: tuple[GraphDifference, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.workflow.name}@{self.version.number}"

    @property
    def telling(self) -> list[GraphDifference]:
        return [one for one in self.differences if not one.asked]

    @property
    def sentence(self) -> str:
        """`It is the same as product-depth@4 but for sampler (KSampler): heun instead of euler.`"""
        if all(one.what == "value" for one in self.telling):
            return f"It is the same as {self.label} but for {in_words(self.telling)}."
        return f"It is close to {self.label}: {in_words(self.telling)}."


def in_words(found: Sequence[GraphDifference]) -> str:
    said = "; ".join(str(one) for one in found[:SAID])
    return f"{said}; and {len(found) - SAID} more" if len(found) > SAID else said


def copies(session: Session, identity: str) -> list[Relative]:
    """The versions with this identity, newest workflow first those that are in use."""
    found = []
    for version in workflows.versions_by_identity(session, identity):
        workflow = workflows.by_id(session, version.workflow_id)
        if workflow is not None:
            found.append(Relative(workflow, version))
    return sorted(found, key=lambda one: (one.workflow.archived, bool(one.version.deprecated)))


def nearest(session: Session, graph: Graph, *, but: str = "") -> Relative | None:
    """The known workflow that differs least, if it differs by little; not the one called `but`."""
    if len(graph) > _MOST_NODES:
        return None
    kinds = Counter(str(node["class_type"]) for node in graph.values())
    compared = []
    for workflow in workflows.everything(session):
        version = workflows.chosen(session, workflow)
        if version is not None and workflow.name != but and len(version.graph) <= _MOST_NODES:
            likeness = _likeness(kinds, Counter(str(node["class_type"]) for node in version.graph.values()))
            compared.append((likeness, workflow, version))
    compared.sort(key=lambda one: -one[0])
    found = [against(workflow, version, graph) for alike, workflow, version in compared[:_MOST_COMPARED] if alike >= _ALIKE]
    found = [one for one in found if 0 < len(one.telling) <= _MOST_DIFFERENCES]
    return min(found, key=lambda one: len(one.telling), default=None)


def against(workflow: Workflow, version: WorkflowVersion, graph: Graph) -> Relative:
    """What a graph differs by from a version."""
    names = {(one.node, one.field): one.name for one in inputs_of(version)}
    return Relative(workflow, version, tuple(differences(version.graph, graph, names)))


def _likeness(mine: Counter[str], theirs: Counter[str]) -> float:
    whole = (mine | theirs).total()
    return (mine & theirs).total() / whole if whole else 0.0
