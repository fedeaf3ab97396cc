"""ComfyUI's API graphs: read them strictly, walk them by their links, and give each content one address.

A graph maps node ids to nodes; a node has a `class_type` and `inputs`; an input is a value or a link `["node id", output]`.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.errors import BadGraph

Graph = dict[str, dict[str, Any]]

MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 5_000
MAX_DEPTH = 60

_EXPORT_HINT = "In ComfyUI choose Workflow → Export (API) and send that file."


class NodeLink(NamedTuple):
    """An input of one node that is fed by an output of another."""

    field: str
    source: str
    slot: int


def parse(source: str | bytes | dict[str, Any]) -> Graph:
    """A graph from JSON text, bytes or a value that was read already; a `{"prompt": graph}` around it is taken off.

    `NaN`, which ComfyUI writes into its files, is read as null. Raises BadGraph for the browser's own format, for cycles,
    for links to nodes that are not there, and for what is too large or too deep.
    """
    value = _decoded(source) if isinstance(source, str | bytes) else source
    if not isinstance(value, dict):
        raise BadGraph("A workflow graph is a JSON object of nodes.", hint=_EXPORT_HINT)
    if isinstance(value.get("nodes"), list) and "links" in value:
        raise BadGraph("This is a workflow in the browser's format, which ComfyUI does not run.", hint=_EXPORT_HINT)
    inner = value.get("prompt")
    if isinstance(inner, dict) and "class_type" not in value["prompt"] and "inputs" not in value["prompt"]:
        value = inner
    _check_size(value)
    graph = {str(key): _node(str(key), node) for key, node in value.items()}
    _check_links(graph)
    _check_cycles(graph)
    return graph


def _decoded(source: str | bytes) -> Any:
    if len(source) > MAX_BYTES:
        raise BadGraph(f"The workflow is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    try:
        return json.loads(source, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as problem:
        raise BadGraph("The workflow is not readable JSON.", hint=_EXPORT_HINT) from problem


def _check_size(value: dict[str, Any]) -> None:
    if not value:
        raise BadGraph("The workflow has no nodes.")
    if len(value) > MAX_NODES:
        raise BadGraph(f"The workflow has {len(value)} nodes; {MAX_NODES} is the most.")
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
        level = [part for part in level if isinstance(part, dict | list)]
        if not level:
            return
    raise BadGraph(f"The workflow is nested more than {MAX_DEPTH} levels deep.")


def _node(node_id: str, node: Any) -> dict[str, Any]:
    if not isinstance(node, dict) or not isinstance(node.get("class_type"), str) or not node["class_type"]:
        raise BadGraph(f"Node `{node_id[:40]}` has no class_type.", hint=_EXPORT_HINT)
    if not isinstance(node.get("inputs", {}), dict):
        raise BadGraph(f"The inputs of node `{node_id[:40]}` are not an object.", hint=_EXPORT_HINT)
    return {**node, "inputs": dict(node.get("inputs", {}))}


def links(node: dict[str, Any]) -> Iterator[NodeLink]:
    """The links into a node. What is no `["id", output]` pair is a plain value, as ComfyUI's custom nodes also store lists."""
    inputs = node.get("inputs")
    for field, value in inputs.items() if isinstance(inputs, dict) else ():
        if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int:
            yield NodeLink(field, value[0], value[1])


def _check_links(graph: Graph) -> None:
    for node_id, node in graph.items():
        for link in links(node):
            if link.source not in graph or link.slot < 0:
                raise BadGraph(f"`{link.field}` of node `{node_id[:40]}` is linked to an output that is not there.")


def _check_cycles(graph: Graph) -> None:
    """Take away nodes that wait for nothing, again and again; what is left is a cycle."""
    feeds: dict[str, list[str]] = {node_id: [] for node_id in graph}
    waits = dict.fromkeys(graph, 0)
    for node_id, node in graph.items():
        for link in links(node):
            feeds[link.source].append(node_id)
            waits[node_id] += 1
    free = [node_id for node_id, count in waits.items() if count == 0]
    done = 0
    while free:
        done += 1
        for follower in feeds[free.pop()]:
            waits[follower] -= 1
            if waits[follower] == 0:
                free.append(follower)
    if done < len(graph):
        stuck = min(node_id for node_id, count in waits.items() if count > 0)
        raise BadGraph(f"The workflow runs in a circle through node `{stuck[:40]}`.")


def upstream(graph: Graph, node_id: str) -> list[str]:
    """All nodes that feed `node_id`, directly or through others, nearest first; safe on graphs with cycles or loose links."""
    seen = {node_id}
    found: list[str] = []
    level = [node_id]
    while level:
        following = []
        for one in level:
            for link in links(graph.get(one, {})):
                if link.source in graph and link.source not in seen:
                    seen.add(link.source)
                    following.append(link.source)
        found += following
        level = following
    return found


def outputs(graph: Graph) -> list[str]:
    """The nodes that most likely write results: savers and previews, or where there are none, nodes that feed no other."""
    savers = [node_id for node_id, node in graph.items() if str(node.get("class_type")).startswith(("Save", "Preview"))]
    if savers:
        return savers
    sources = {link.source for node in graph.values() for link in links(node)}
    return [node_id for node_id in graph if node_id not in sources]


def without_is_changed(graph: Graph) -> Graph:
    """A copy without the `is_changed` marks that ComfyUI leaves in its files: sent back, they make it use stale pictures."""
    return {
        node_id: {key: copy.deepcopy(value) for key, value in node.items() if key != "is_changed"}
        for node_id, node in graph.items()
    }


def canonical(graph: Graph) -> str:
    """The one JSON text of what a graph does: sorted keys, 7.0 written as 7, no `_meta` titles, no `is_changed`.

    Raises BadGraph for values that JSON does not have.
    """
    return canonical_json({node_id: {key: node[key] for key in ("class_type", "inputs")} for node_id, node in graph.items()})


def canonical_json(value: Any) -> str:
    """The one JSON text of a value; equal values have equal texts."""
    try:
        return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError) as problem:
        raise BadGraph("The workflow has values that JSON does not have.") from problem


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def content_hash(graph: Graph) -> str:
    """SHA-256 of the canonical text, 64 hex digits."""
    return hashlib.sha256(canonical(graph).encode()).hexdigest()
