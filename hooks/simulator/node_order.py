"""Which node of a graph runs when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hooks.simulator.nodes import NODES


def execution_order(graph: dict[str, Any], ends: list[str], cached: Callable[[str], bool]) -> list[str]:
    """All that the output nodes `ends` need, each after what it takes from; cached nodes only if they are ends.

    Of several ready nodes an output goes first, then what an output waits for, so that something is shown early.
    """
    waits: dict[str, set[str]] = {}

    def stage(node: str) -> None:
        if node not in waits:
            above = [] if cached(node) else [one for one in links(graph, node) if not cached(one)]
            waits[node] = set(above)
            for one in above:
                stage(one)

    for end in ends:
        stage(end)
    order: list[str] = []
    while waits:
        node = _pick(graph, waits)
        order.append(node)
        del waits[node]
        for needs in waits.values():
            needs.discard(node)
    return order


def links(graph: dict[str, Any], node: str) -> list[str]:
    """The nodes this one takes from, in the order of its inputs; links of unknown inputs do not count."""
    known = NODES[graph[node]["class_type"]].inputs
    values = (value for name, value in graph[node]["inputs"].items() if name in known and isinstance(value, list))
    return list(dict.fromkeys(value[0] for value in values))


def _pick(graph: dict[str, Any], waits: dict[str, set[str]]) -> str:
    ready = [node for node, needs in waits.items() if not needs]
    wanted = {node for node in waits if NODES[graph[node]["class_type"]].output}
    for _ in range(3):
        found = next((node for node in ready if node in wanted), None)
        if found is not None:
            return found
        wanted = {need for node in wanted for need in waits.get(node, ())}
    return ready[0]
