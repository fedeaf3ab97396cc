"""How far a run is, from the messages of ComfyUI's WebSocket: one number over the whole graph that never goes back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.comfyui import answers
from core.comfyui import graph as comfyui_graph
from core.comfyui.graph import Graph
from core.comfyui.refusal import word

_STEP_WEIGHT = 2.0
"""A sampling step counts as this many ordinary nodes: it is where the time goes."""

_MAX_PREVIEW = 4 * 1024 * 1024
_MAX_ABOUT = 64 << 10
"""Bytes of what a preview says about itself."""
_MOST_AT_WORK = 64
"""Nodes that one message may tell to be at work; a server works at one or two."""
_MOST_PARTS = 10_000
"""Nodes whose share is kept while the graph is not known."""


@dataclass(frozen=True)
class ProgressStep:
    """A sign of life: `value` of `maximum` in one node, and `done` (0..1) over the graph, which never falls within one watch."""

    value: float
    maximum: float
    node: str
    node_type_or_title: str
    done: float
    preview: bytes | None = None
    """JPEG or PNG bytes of what is being made, when the server sends them."""


class RunProgress:
    """What has been heard of one run so far."""

    def __init__(self, prompt_id: str, graph: Graph | None = None) -> None:
        self.prompt_id = prompt_id
        self.graph: Graph = {}
        self.weights: dict[str, float] = {}
        self.parts: dict[str, float] = {}
        self.done = 0.0
        self.last = ("", 0.0, 1.0)
        if graph:
            self.learn(graph)

    def learn(self, graph: Graph) -> None:
        """What is being run; until then only the present node's own progress is known."""
        needed = {one for node_id in comfyui_graph.outputs(graph) for one in (node_id, *comfyui_graph.upstream(graph, node_id))}
        self.graph = graph
        self.weights = {node_id: _weight(graph[node_id]) for node_id in needed}

    def hear(self, kind: str, data: dict[str, Any]) -> ProgressStep | None:
        """A step, if a text message tells one of this run; foreign, strange and id-less messages tell nothing."""
        if data.get("prompt_id") != self.prompt_id:
            return None
        if kind == "progress_state":
            return self._state(data.get("nodes"))
        if kind == "progress":
            return self._present(_name(data.get("node")), _number(data.get("value"), 0), _number(data.get("max"), 1))
        if kind == "executing" and data.get("node") is not None:
            return self._present(_name(data.get("display_node") or data["node"]), 0, 1)
        if kind == "execution_cached" and isinstance(data.get("nodes"), list):
            self._finish(_name(one) for one in data["nodes"])
        if kind == "executed":
            self._finish([_name(data.get("display_node") or data.get("node"))])
        return None

    def look(self, frame: bytes) -> ProgressStep | None:
        """A step with a preview, from a binary frame that names this run (event 4); other frames do not tell whose they are."""
        if len(frame) < 8 or len(frame) > _MAX_PREVIEW or frame[:4] != b"\x00\x00\x00\x04":
            return None
        end = 8 + int.from_bytes(frame[4:8], "big")
        try:
            told = answers.hint(frame[8 : min(end, 8 + _MAX_ABOUT)])
        except ValueError:
            return None
        if not isinstance(told, dict) or told.get("prompt_id") != self.prompt_id or len(frame) <= end:
            return None
        node, value, maximum = self.last
        return self._step(_name(told.get("display_node_id") or told.get("node_id")) or node, value, maximum, frame[end:])

    def _state(self, nodes: Any) -> ProgressStep | None:
        step, at_work = None, 0
        for node_id, told in nodes.items() if isinstance(nodes, dict) else ():
            if not isinstance(told, dict):
                continue
            shown = _name(told.get("display_node_id") or node_id)
            if told.get("state") == "finished":
                if shown == node_id:
                    self._finish([shown])
            elif (at_work := at_work + 1) <= _MOST_AT_WORK:
                step = self._present(shown, _number(told.get("value"), 0), _number(told.get("max"), 1)) or step
        return step

    def _present(self, node: str, value: float, maximum: float) -> ProgressStep | None:
        """The step, unless the last one said the same: ComfyUI tells each tick twice."""
        part = min(max(value / maximum, 0.0), 1.0) if maximum > 0 else 0.0
        self._finish(comfyui_graph.upstream(self.graph, node))
        if self._counts(node):
            self.parts[node] = max(self.parts.get(node, 0.0), part)
        told, self.last = self.last, (node, value, maximum)
        return self._step(node, value, maximum) if told != self.last else None

    def _finish(self, nodes: Iterable[str]) -> None:
        """These nodes are over; so is all that feeds them."""
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            if self.parts.get(node) != 1.0 and self._counts(node):
                self.parts[node] = 1.0
                waiting += [link.source for link in comfyui_graph.links(self.graph.get(node, {}))]

    def _counts(self, node: str) -> bool:
        """Whether a node's share is kept: those of the graph, and of one that is not known yet only so many."""
        return node in self.graph or node in self.parts or (not self.graph and len(self.parts) < _MOST_PARTS)

    def _step(self, node: str, value: float, maximum: float, preview: bytes | None = None) -> ProgressStep:
        total = sum(self.weights.values())
        if total:
            made = sum(weight * self.parts.get(one, 0.0) for one, weight in self.weights.items())
            self.done = max(self.done, min(made / total, 1.0))
        told = self.graph.get(node, {})
        meta = told.get("_meta")
        title = meta.get("title") if isinstance(meta, dict) else ""
        return ProgressStep(value, maximum, node, word(title) or word(told.get("class_type")), self.done, preview)


def _weight(node: dict[str, Any]) -> float:
    steps = node.get("inputs", {}).get("steps")
    return 1.0 + (_STEP_WEIGHT * steps if type(steps) is int and 0 < steps <= 10_000 else 0.0)


def _name(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _number(value: Any, otherwise: float) -> float:
    """A finite number, or what stands in for it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        return otherwise
    return float(value)
