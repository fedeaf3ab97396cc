"""What a server remembers of earlier runs: node outputs by the content of everything that led to them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from hooks.simulator.folders import Folders
from hooks.simulator.nodes import NODES
from hooks.simulator.nodes.kinds import NodeResult

LIMIT_BYTES = 96 * 2**20


class Cache:
    """Outputs by key, the longest unused thrown away when the pictures in it pass LIMIT_BYTES. Lives across jobs and users."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, tuple[NodeResult, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> NodeResult | None:
        found = self._made.get(key)
        if found is None:
            return None
        self._made.move_to_end(key)
        return found[0]

    def put(self, key: str, made: NodeResult) -> None:
        size = 512 + sum(_weight(value) for value in made.values)
        self._bytes += size - self._made.pop(key, (made, 0))[1]
        self._made[key] = made, size
        while self._bytes > LIMIT_BYTES and len(self._made) > 1:
            _, (_, freed) = self._made.popitem(last=False)
            self._bytes -= freed

    def clear(self) -> None:
        self._made.clear()
        self._bytes = 0


def _weight(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, tuple):
        return sum(_weight(one) for one in value)
    if is_dataclass(value):
        return sum(_weight(getattr(value, one.name)) for one in fields(value))
    return 0


def fingerprint(graph: dict[str, Any], folders: Folders, *, nan: bool) -> None:
    """Writes `is_changed` into every node that depends on a file, unless it came with one: then the stale one is believed.

    With `nan`, it is NaN instead, as for a node that never wants to be cached; on the first node when none depends on a file.
    """
    loaders = [node for node, what in graph.items() if NODES[what["class_type"]].fingerprint]
    for node in loaders or (list(graph)[:1] if nan else []):
        what = graph[node]
        if "is_changed" in what:
            continue
        value = what["inputs"].get(NODES[what["class_type"]].fingerprint)
        path = folders.picture(value) if isinstance(value, str) else None
        if nan:
            what["is_changed"] = [float("nan")]
        elif path is not None:
            what["is_changed"] = [hashlib.sha256(path.read_bytes()).hexdigest()]


def keys(graph: dict[str, Any]) -> dict[str, str]:
    """Every node's cache key: its class, its values, `is_changed`, and the keys of the nodes it takes from.

    Nodes that no output needs are never validated; a broken one (a cycle, a loose end) simply has no key.
    """
    found: dict[str, str | None] = {}

    def key(node: str) -> str | None:
        if node not in found:
            found[node] = None  # until known: a cycle meets this
            found[node] = _key(graph.get(node), key)
        return found[node]

    return {node: made for node in graph if (made := key(node)) is not None}


def _key(what: Any, key: Callable[[str], str | None]) -> str | None:
    if not isinstance(what, dict) or not isinstance(what.get("inputs"), dict):
        return None
    parts: list[Any] = [what["class_type"], _changed(what)]
    for name in sorted(NODES[what["class_type"]].inputs.keys() & what["inputs"].keys()):
        value = what["inputs"][name]
        if isinstance(value, list):
            above = key(value[0]) if len(value) == 2 and isinstance(value[0], str) else None
            if above is None:
                return None
            value = ["link", above, value[1]]
        parts.append([name, value])
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _changed(what: dict[str, Any]) -> Any:
    """What `is_changed` adds to the key; NaN is unequal to everything, itself included."""
    changed = what.get("is_changed")
    is_nan = isinstance(changed, list) and any(isinstance(one, float) and one != one for one in changed)
    return uuid.uuid4().hex if is_nan else changed
