"""Where a run stands on a server: in its history, running, waiting at some place, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.comfyui.graph import Graph
from core.comfyui.http import Wire
from core.comfyui.responses import Run, RunState, finished


@dataclass(frozen=True)
class Standing:
    """A run as the server tells it; while it waits or runs, with its graph and the client id it was handed in under."""

    run: Run
    graph: Graph = field(default_factory=dict)
    client_id: str = ""


def stand(wire: Wire, prompt_id: str, within: float) -> Standing:
    """Where the run stands now; `within` is seconds for each answer.

    History, then queue, then history once more: a run that ends in between is in one of them. `/api/jobs` would say it in one go,
    but one bad entry there breaks it for everybody.
    """
    if (entry := _history(wire, prompt_id, within)) is not None:
        return Standing(finished(prompt_id, entry, server=wire.name))
    if queued := _queued(wire, prompt_id, within):
        return queued
    if (entry := _history(wire, prompt_id, within)) is not None:
        return Standing(finished(prompt_id, entry, server=wire.name))
    return Standing(Run(prompt_id, RunState.ABSENT))


def _history(wire: Wire, prompt_id: str, within: float) -> dict[str, Any] | None:
    told = wire.json("GET", f"/history/{prompt_id}", within=within)
    entry = told.get(prompt_id) if isinstance(told, dict) else 0
    if entry is not None and not isinstance(entry, dict):
        raise wire.garbled("no history")
    return entry


def _queued(wire: Wire, prompt_id: str, within: float) -> Standing | None:
    told = wire.json("GET", "/queue", within=within)
    told = told if isinstance(told, dict) else {}
    running, pending = told.get("queue_running"), told.get("queue_pending")
    if not isinstance(running, list) or not isinstance(pending, list):
        raise wire.garbled("no queue")
    for item in running:
        if _id(item) == prompt_id:
            return Standing(Run(prompt_id, RunState.RUNNING), _graph(item), _client_id(item))
    # the server lists its heap; it takes the lowest (number, id) first
    for position, item in enumerate(sorted(pending, key=lambda one: (_number(one), _id(one))), start=1):
        if _id(item) == prompt_id:
            return Standing(Run(prompt_id, RunState.PENDING, position), _graph(item), _client_id(item))
    return None


def _id(item: Any) -> str:
    return str(item[1]) if isinstance(item, list) and len(item) > 1 else ""


def _number(item: Any) -> float:
    value = item[0] if isinstance(item, list) and item else None
    return float(value) if isinstance(value, int | float) else float("inf")


def _graph(item: Any) -> Graph:
    """The graph in a queue item, as far as it is one."""
    graph = item[2] if len(item) > 2 and isinstance(item[2], dict) else {}
    return {str(key): node for key, node in graph.items() if isinstance(node, dict) and isinstance(node.get("inputs"), dict)}


def _client_id(item: Any) -> str:
    extra_data = item[3] if len(item) > 3 and isinstance(item[3], dict) else {}
    client_id = extra_data.get("client_id")
    return client_id if isinstance(client_id, str) else ""
