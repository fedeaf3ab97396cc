"""A workflow as it would be saved: its graph, its inputs, and what there is to say about it. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.comfyui import convert, facts
from core.comfyui.graph import Graph, links, parse
from core.comfyui.identity import identity as identity_of
from core.comfyui.node_info import NodeInfo, placed_fields
from core.comfyui.risks import Risk, partners_in, risks_in
from core.desk import Desk
from core.errors import BadGraph, BadInput, NodeMissing
from core.saving import servers
from core.saving.brought import Brought
from core.saving.servers import KnownNodes
from core.workflows import InputSpec, WorkflowSpec
from core.workflows.find_inputs import find_inputs
from core.workflows.lookup import key

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}")
_TOLD, _MOST_NOTES = 4, 8
_CARRIED = frozenset(
    {"MODEL", "CLIP", "VAE", "CONDITIONING", "LATENT", "IMAGE", "MASK", "CONTROL_NET", "SAMPLER", "SIGMAS", "GUIDER"}
)
"""Types that only a link can bring."""


@dataclass(frozen=True)
class WorkflowDraft:
    """What would be saved. `notes` are sentences about what works, but not as somebody may think."""

    spec: WorkflowSpec
    identity: str
    source: str
    risks: tuple[Risk, ...] = ()
    partners: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def checked_name(name: str) -> str:
    """A workflow's name as it is kept. Raises BadInput.

    >>> checked_name("Product Depth")
    'product-depth'
    """
    found = key(name)
    if not _NAME.fullmatch(found):
        hint = "Letters a to z, digits, - and ., at most 60: product-depth."
        raise BadInput(f"`{name[:60]}` cannot be the name of a workflow.", hint=hint, input="name")
    return found


def make(desk: Desk, brought: Brought, name: str, *, title: str = "") -> WorkflowDraft:
    """Turn what was brought into a workflow. Raises BadGraph, NodeMissing, BadInput; what is wrong is told node by node."""
    name = checked_name(name)
    types = brought.types
    known = servers.ask(desk, types)
    graph, notes = _graph(brought, known)
    used = {str(node["class_type"]) for node in graph.values()}
    _check_types(known.missing(used), known)
    _check_values(graph, known)
    inputs = brought.inputs or find_inputs(graph, known.info)
    spec = WorkflowSpec(name, title or _titled(name), f"Saved from {brought.source}."[:200], graph, tuple(inputs))
    spec = replace(spec, techniques=tuple(facts.read(graph).techniques))
    spec = WorkflowSpec.from_json({**vars(spec), "inputs": [one.to_json() for one in spec.inputs]})
    told = (*notes, *_told(graph, known, spec.inputs))
    risks, partners = risks_in(graph, known.info), partners_in(graph, known.info)
    return WorkflowDraft(spec, identity_of(graph), brought.source, risks, partners, told)


def _graph(brought: Brought, known: KnownNodes) -> tuple[Graph, tuple[str, ...]]:
    if brought.graph is not None:
        return _without_marks(brought.graph), ()
    assert brought.drawn is not None
    made = convert.runnable(brought.drawn, known.info)
    missing = known.missing({str(node["class_type"]) for node in made.graph.values()})
    _check_types(missing, known)
    if made.problems:
        raise _misfits([str(one) for one in made.problems])
    if not made.graph:
        raise BadGraph("Every node of the workflow is switched off.", hint="Switch on what makes the picture, and save it again.")
    return parse(made.graph), tuple(f"{str(one)[0].upper()}{str(one)[1:]}." for one in made.notes[:_TOLD])


def _without_marks(graph: Graph) -> Graph:
    """The graph without what ComfyUI notes in it when it runs."""
    return {node_id: {key: value for key, value in node.items() if key != "is_changed"} for node_id, node in graph.items()}


def _check_types(missing: Sequence[str], known: KnownNodes) -> None:
    if not missing:
        return
    listed = ", ".join(f"`{one[:60]}`" for one in missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
    hint = "Install what brings it there, and save the workflow again."
    if known.silent:
        hint = f"{' and '.join(known.silent)} did not answer; try again when it does. Else: {hint[0].lower()}{hint[1:]}"
    raise NodeMissing(
        f"No server has the node type{'s' if len(missing) > 1 else ''} {listed}.", hint=hint, nodes=list(missing[:50])
    )


def _check_values(graph: Graph, known: KnownNodes) -> None:
    """Raises BadGraph for typed values that do not fit their inputs."""
    wrong = []
    for node_id, node, info in _told_nodes(graph, known):
        linked = {one.field for one in links(node)}
        for field, value in node["inputs"].items():
            one = info.field(field, node["inputs"]) if field not in linked else None
            if one is not None and one.typed and (why := convert.misfit(one, value)):
                wrong.append(f"node {node_id[:40]} ({info.name[:60]}), `{field[:60]}`: {why}")
    if wrong:
        raise _misfits(wrong)


def _misfits(wrong: Sequence[str]) -> BadGraph:
    more = f" And {len(wrong) - _TOLD} more." if len(wrong) > _TOLD else ""
    said = f"{len(wrong)} value{'s' if len(wrong) > 1 else ''} cannot be placed: {'; '.join(wrong[:_TOLD])}.{more}"
    hint = "The file may come from another version of the node. Set the value in ComfyUI, and save the workflow again there."
    return BadGraph(said, hint=hint, problems=list(wrong[:50]))


def _told(graph: Graph, known: KnownNodes, inputs: Sequence[InputSpec]) -> list[str]:
    notes = [] if known.answered else ["No server answered, so node types and ranges were not checked."]
    for node_id, node, info in _told_nodes(graph, known):
        for name, one in placed_fields(info.fields, node["inputs"]):
            if one.required and one.type in _CARRIED and name not in node["inputs"]:
                notes.append(f"Nothing is connected to {name} of {info.name} (node {node_id[:40]}); ComfyUI may refuse it.")
    asked = {one.node for one in inputs}
    notes += [note for node_id, node in graph.items() if node_id not in asked and (note := _fixed_file(node))]
    return notes[:_MOST_NOTES]


def _fixed_file(node: Mapping[str, Any]) -> str:
    """A sentence about the film or sound that a node always loads, or empty."""
    kind = str(node["class_type"])
    names = [value for one in ("file", "video", "audio") if isinstance(value := node["inputs"].get(one), str)]
    if not names or not re.search(r"load_?(video|audio)", kind, re.IGNORECASE):
        return ""
    return f"{kind} always uses {names[0][:60]}, which has to be in the server's input folder."


def _told_nodes(graph: Graph, known: KnownNodes) -> Iterator[tuple[str, dict[str, Any], NodeInfo]]:
    for node_id, node in graph.items():
        info = known.info.get(str(node["class_type"]))
        if info is not None:
            yield node_id, node, info


def _titled(name: str) -> str:
    return re.sub(r"[-.]+", " ", name).strip().capitalize()
