"""Reads a ComfyUI's JSON: small answers here, within limits; larger ones in the sandbox, and only what is needed of them."""

from __future__ import annotations

from typing import Any

from core.formats import bounded_json
from core.formats.bounded_json import counted
from core.security.sandbox import sandboxed

HERE = bounded_json.SHORT
"""Bytes up to which an answer is read in this process: nearly all are a few hundred, and no text of this size costs much."""
MOST_VALUES = 1_000_000
"""Commas and brackets of an answer that is taken whole: no fewer than it has values."""
MOST_IN_SANDBOX = 8_000_000
"""The same for an answer of which only a little leaves the sandbox."""
_MOST_IN_HINT = 50_000
_MOST_NAMES, _LONGEST_NAME = 50_000, 300


def value(data: bytes) -> Any:
    """The JSON value. Raises ValueError for what is none or has more than 100 levels, TooManyValues for more than it may hold."""
    if len(data) <= HERE:
        return bounded_json.value(data, MOST_VALUES)
    return _whole(counted(data, MOST_VALUES))


def hint(data: bytes) -> Any:
    """The JSON of a message that only hints at something, read in this process. Raises ValueError, also for too many values."""
    return bounded_json.value(data, _MOST_IN_HINT)


def names(data: bytes) -> frozenset[str]:
    """The keys of a JSON object. Raises ValueError."""
    return _keys(counted(data, MOST_IN_SANDBOX))


def in_queue(data: bytes, prompt_id: str) -> tuple[str, int | None, dict[str, Any], str] | None:
    """Where a run is in the answer of `/queue`: ("running" or "pending", place, graph, client id); None when it is not there.

    Raises ValueError for what is no queue.
    """
    return _place(data, prompt_id) if len(data) <= HERE else _place_in_sandbox(counted(data, MOST_IN_SANDBOX), prompt_id)


@sandboxed
def _whole(data: bytes) -> Any:
    return bounded_json.value(data, MOST_VALUES)


@sandboxed
def _keys(data: bytes) -> frozenset[str]:
    told = bounded_json.value(data, MOST_IN_SANDBOX)
    if not isinstance(told, dict) or len(told) > _MOST_NAMES:
        raise ValueError("no list of names")
    return frozenset(one for one in told if len(one) <= _LONGEST_NAME)


@sandboxed
def _place_in_sandbox(data: bytes, prompt_id: str) -> tuple[str, int | None, dict[str, Any], str] | None:
    return _place(data, prompt_id)


def _place(data: bytes, prompt_id: str) -> tuple[str, int | None, dict[str, Any], str] | None:
    told = bounded_json.value(data, MOST_IN_SANDBOX)
    told = told if isinstance(told, dict) else {}
    running, pending = told.get("queue_running"), told.get("queue_pending")
    if not isinstance(running, list) or not isinstance(pending, list):
        raise ValueError("no queue")
    for item in running:
        if _id(item) == prompt_id:
            return "running", None, _graph(item), _client_id(item)
    # the server lists its heap; it takes the lowest (number, id) first
    for position, item in enumerate(sorted(pending, key=lambda one: (_number(one), _id(one))), start=1):
        if _id(item) == prompt_id:
            return "pending", position, _graph(item), _client_id(item)
    return None


def _id(item: Any) -> str:
    return item[1] if isinstance(item, list) and len(item) > 1 and isinstance(item[1], str) else ""


def _number(item: Any) -> float:
    value = item[0] if isinstance(item, list) and item else None
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else float("inf")


def _graph(item: Any) -> dict[str, Any]:
    """The graph in a queue item, as far as it is one."""
    graph = item[2] if len(item) > 2 and isinstance(item[2], dict) else {}
    return {str(key): node for key, node in graph.items() if isinstance(node, dict) and isinstance(node.get("inputs"), dict)}


def _client_id(item: Any) -> str:
    extra_data = item[3] if len(item) > 3 and isinstance(item[3], dict) else {}
    client_id = extra_data.get("client_id")
    return client_id if isinstance(client_id, str) else ""
