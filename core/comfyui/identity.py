"""Which workflow a graph is, whoever saved it: one hash for all its copies. docs/workflows.md says what counts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from core.comfyui.graph import Graph, canonical_json, links, parse, upstream
from core.comfyui.places import find_places
from core.comfyui.trace import Trace
from core.security.sandbox import sandboxed

SETTLED = frozenset(
    {
        "model", "lora", "controlnet", "upscaler", "vae", "text_encoder", "clip_vision", "style_model", "model_patch", "file",
        "sampler", "scheduler",
    }
)  # fmt: skip
"""Roles of inputs that people may set, but that a workflow is known by; the values of all others do not count."""
_ASIDE = frozenset({"filename_prefix", "upload", "control_after_generate"})
"""Fields that change no pixel: where a file goes, and what the page keeps for itself."""
_ASKED = {"__asked__": True}
_ROUNDS = 3

Ways = dict[str, list[tuple[str, int, str]]]
"""Node -> (field, output, node at the other end)."""


@sandboxed
def identity(graph: Mapping[str, Any]) -> str:
    """The identity of an API graph, 64 hex digits. Raises BadGraph for what is no graph that runs."""
    return identify(parse(dict(graph)))


def identify(graph: Graph) -> str:
    """The same of a graph of Slate's own."""
    colours = coloured(effective(graph), asked_in(graph))
    return hashlib.sha256("\n".join(sorted(colours.values())).encode()).hexdigest()


def effective(graph: Graph) -> Graph:
    """The nodes that have a part in what is saved; a preview counts only where nothing is saved."""
    ends = [node.id for node in Trace(graph).outputs()]
    wanted = dict.fromkeys(one for end in ends for one in (end, *upstream(graph, end)))
    return {node_id: graph[node_id] for node_id in wanted if node_id in graph}


def asked_in(graph: Graph) -> frozenset[tuple[str, str]]:
    """(node, field) of the values that do not count: what is asked for anew each time.

    They are looked for in a copy whose nodes and inputs stand in an order of its own and have no titles, so that nothing of how
    the graph was written down decides what is found.
    """
    alike, exact = coloured(graph, (), values=False), coloured(graph, ())
    numbers = {node_id: str(at) for at, node_id in enumerate(sorted(graph, key=lambda one: (alike[one], exact[one])))}
    named = {number: node_id for node_id, number in numbers.items()}
    copy = {number: _renumbered(graph[node_id], numbers) for number, node_id in named.items()}
    return frozenset((named[one.node], one.field) for one in find_places(copy) if one.role not in SETTLED)


def _renumbered(node: dict[str, Any], numbers: Mapping[str, str]) -> dict[str, Any]:
    linked = {one.field: [numbers[one.source], one.slot] for one in links(node)}
    return {
        "class_type": node["class_type"],
        "inputs": {key: linked.get(key, node["inputs"][key]) for key in sorted(node["inputs"])},
    }


def coloured(graph: Graph, asked: Collection[tuple[str, str]], *, values: bool = True) -> dict[str, str]:
    """Node -> a hash of what it is, of all that feeds it and all that it feeds; equal for nodes that stand in the same place.

    Without `values`, only by node types and links.
    """
    order = _in_order(graph)
    sources: Ways = {node_id: [(one.field, one.slot, one.source) for one in links(graph[node_id])] for node_id in order}
    readers: Ways = {node_id: [] for node_id in order}
    for node_id, some in sources.items():
        for field, slot, source in some:
            readers[source].append((field, slot, node_id))
    colours = {node_id: _hash(_own(node_id, graph[node_id], asked, values)) for node_id in order}
    for _ in range(_ROUNDS):
        for ways, walk in ((sources, order), (readers, order[::-1])):
            for node_id in walk:
                around = sorted([field, slot, colours[other]] for field, slot, other in ways[node_id])
                colours[node_id] = _hash([colours[node_id], around])
    return colours


def settled(node_id: str, node: dict[str, Any], asked: Collection[tuple[str, str]]) -> dict[str, Any]:
    """The typed values of a node that count, the others as one mark."""
    linked = {one.field for one in links(node)}
    kept = {field: value for field, value in node["inputs"].items() if field not in linked and field not in _ASIDE}
    return {field: _ASKED if (node_id, field) in asked else value for field, value in kept.items()}


def _own(node_id: str, node: dict[str, Any], asked: Collection[tuple[str, str]], values: bool) -> list[Any]:
    return [node["class_type"], settled(node_id, node, asked) if values else {}]


def _hash(value: object) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _in_order(graph: Graph) -> list[str]:
    """The nodes, each behind all that feed it; the graph has no cycle."""
    waits = {node_id: len(list(links(node))) for node_id, node in graph.items()}
    feeds: dict[str, list[str]] = {node_id: [] for node_id in graph}
    for node_id, node in graph.items():
        for one in links(node):
            feeds[one.source].append(node_id)
    free, done = [node_id for node_id, count in waits.items() if not count], list[str]()
    while free:
        done.append(free.pop())
        for reader in feeds[done[-1]]:
            waits[reader] -= 1
            if not waits[reader]:
                free.append(reader)
    return done
