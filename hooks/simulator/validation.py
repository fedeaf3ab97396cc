"""Whether a graph can run: the checks, error types and sentences of POST /prompt."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass, field
from typing import Any

from hooks.simulator import versions
from hooks.simulator.folders import Folders
from hooks.simulator.nodes import NODES
from hooks.simulator.nodes.kinds import Input, NodeType

Graph = dict[str, Any]
LONG_LIST = 20


@dataclass
class Validation:
    """What came out: an `error` to answer with 400, else the output nodes that survived; `node_errors` in either case."""

    error: dict[str, Any] | None = None
    outputs: list[str] = field(default_factory=list)
    node_errors: dict[str, Any] = field(default_factory=dict)


def refusal(kind: str, message: str, details: str = "", **extra: Any) -> dict[str, Any]:
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


def check(graph: Graph, folders: Folders, targets: list[str] | None, version: str) -> Validation:
    """Validates (and, like the real one, coerces values in place). A graph that is no graph at all raises something, as there."""
    missing = _first_missing(graph, version)
    if missing:
        return Validation(missing)
    ends = [node for node, what in graph.items() if NODES[what["class_type"]].output and (targets is None or node in targets)]
    if not ends:
        return Validation(refusal("prompt_no_outputs", "Prompt has no outputs"))
    inspection = Inspection(graph, folders)
    verdict = Validation()
    told: list[str] = []
    for end in ends:
        if inspection.fine(end):
            verdict.outputs.append(end)
        else:
            told += [f"{error['message']}: {error['details']}" for error in inspection.found[end]]
            inspection.blame(end, verdict.node_errors)
    if not verdict.outputs:
        verdict.error = refusal("prompt_outputs_failed_validation", "Prompt outputs failed validation", "\n".join(told))
    return verdict


def _first_missing(graph: Graph, version: str) -> dict[str, Any] | None:
    for node, what in graph.items():
        title = what.get("_meta", {}).get("title")
        kind = what.get("class_type")
        if kind in NODES:
            continue
        if not versions.has(version, "missing_node_type"):
            message = (
                f"Cannot execute because node {kind} does not exist."
                if kind
                else "Cannot execute because a node is missing the class_type property."
            )
            return refusal("invalid_prompt", message, f"Node ID '#{node}'")
        if kind is None:
            message = (
                f"Node '{title or f'ID #{node}'}' has no class_type. The workflow may be corrupted or a custom node is missing."
            )
        else:
            message = f"Node '{title or kind}' not found. The custom node may not be installed."
        name = title or kind
        return refusal("missing_node_type", message, f"Node ID '#{node}'", node_id=node, class_type=kind, node_title=name)
    return None


class Inspection:
    """One walk up from the outputs; every node is looked at once, and what is wrong with it kept in `found`."""

    def __init__(self, graph: Graph, folders: Folders) -> None:
        self.graph = graph
        self.folders = folders
        self.found: dict[str, list[dict[str, Any]]] = {}
        self._fine: dict[str, bool] = {}

    def fine(self, end: str) -> bool:
        """Whether the output node and all above it can run."""
        try:
            return self._look(end, ())
        except Exception as error:  # noqa: BLE001 - any surprise in a graph is that node's error, as in the real one
            details = {"exception_type": type(error).__name__, "traceback": _trace(error)}
            return self._settle(
                end, False, [_complaint("exception_during_validation", "Exception when validating node", str(error), **details)]
            )

    def blame(self, end: str, node_errors: dict[str, Any]) -> None:
        """Adds every node found wrong so far to `node_errors`, as keeping `end` from running."""
        for node, errors in self.found.items():
            if errors:
                kind = self.graph[node]["class_type"]
                entry = node_errors.setdefault(node, {"errors": errors, "dependent_outputs": [], "class_type": kind})
                entry["dependent_outputs"].append(end)

    def _settle(self, node: str, fine: bool, errors: list[dict[str, Any]]) -> bool:
        self.found[node] = errors
        self._fine[node] = fine
        return fine

    def _look(self, node: str, path: tuple[str, ...]) -> bool:
        if node in self._fine:
            return self._fine[node]
        if node in path:
            self._cycle(path[path.index(node) :])
            return False
        kind = NODES[self.graph[node]["class_type"]]
        values = self.graph[node]["inputs"]
        errors: list[dict[str, Any]] = []
        fine = True
        for name, wanted in kind.inputs.items():
            if name not in values:
                if name in kind.required:
                    errors.append(_complaint("required_input_missing", "Required input is missing", name, input_name=name))
            elif isinstance(values[name], list):
                fine = self._link(node, name, wanted, errors, path) and fine
            else:
                errors += self._value(values, name, wanted)
        if node in self._fine:  # a cycle through here was found meanwhile
            return self._fine[node]
        errors += self._own_check(kind, values) if not errors else []
        return self._settle(node, fine and not errors, errors)

    def _link(self, node: str, name: str, wanted: Input, errors: list[dict[str, Any]], path: tuple[str, ...]) -> bool:
        """Checks one link; what is wrong with the link itself goes to `errors`, and False says that something above is wrong."""
        value = self.graph[node]["inputs"][name]
        about = {"input_name": name, "input_config": wanted.described(self.folders)}
        if len(value) != 2:
            message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
            errors.append(_complaint("bad_linked_input", message, name, **about, received_value=value))
            return True
        above = value[0]
        received = NODES[self.graph[above]["class_type"]].returns[value[1]]
        if not _fits(received, wanted):
            details = f"{name}, received_type({received}) mismatch input_type({_type(wanted, self.folders)})"
            message = "Return type mismatch between linked nodes"
            errors.append(
                _complaint("return_type_mismatch", message, details, **about, received_type=received, linked_node=value)
            )
            return True
        try:
            return self._look(above, (*path, node))
        except Exception as error:  # noqa: BLE001 - as in `fine`
            what = {
                "exception_message": str(error),
                "exception_type": type(error).__name__,
                "traceback": _trace(error),
                "linked_node": value,
            }
            message = "Exception when validating inner node"
            return self._settle(
                above, False, [_complaint("exception_during_inner_validation", message, str(error), **about, **what)]
            )

    def _cycle(self, nodes: tuple[str, ...]) -> None:
        names = [f"{node} ({self.graph[node]['class_type']})" for node in (*nodes, nodes[0])]
        for node in nodes:
            what = {"node_id": node, "cycle_nodes": list(nodes)}
            self._settle(node, False, [_complaint("dependency_cycle", "Dependency cycle detected", " -> ".join(names), **what)])

    def _value(self, values: dict[str, Any], name: str, wanted: Input) -> list[dict[str, Any]]:
        about = {"input_name": name, "input_config": wanted.described(self.folders), "received_value": values[name]}
        try:
            value = values[name] = _coerced(values[name], wanted.type)
        except (ValueError, TypeError, OverflowError) as error:
            message = f"Failed to convert an input value to a {wanted.type} value"
            details = f"{name}, {values[name]}, {error}"
            return [_complaint("invalid_input_type", message, details, **about, exception_message=str(error))]
        about["received_value"] = value
        low, high = wanted.limits.get("min"), wanted.limits.get("max")
        if low is not None and value < low:
            return [_complaint("value_smaller_than_min", f"Value {value} smaller than min of {low}", name, **about)]
        if high is not None and value > high:
            return [_complaint("value_bigger_than_max", f"Value {value} bigger than max of {high}", name, **about)]
        return self._choice(value, name, wanted, about)

    def _choice(self, value: Any, name: str, wanted: Input, about: dict[str, Any]) -> list[dict[str, Any]]:
        if wanted.choices is None or wanted.from_disk:
            return []
        options = wanted.options(self.folders)
        if value in options:
            return []
        told = f"{options}"
        if len(options) > LONG_LIST:
            told, about["input_config"] = f"(list of length {len(options)})", None
        return [_complaint("value_not_in_list", "Value not in list", f"{name}: '{value}' not in {told}", **about)]

    def _own_check(self, kind: NodeType, values: dict[str, Any]) -> list[dict[str, Any]]:
        """What a loader of pictures asks by itself: that the file is there."""
        value = values.get(kind.fingerprint) if kind.fingerprint else None
        if not isinstance(value, str) or self.folders.picture(value) is not None:
            return []
        details = f"{kind.fingerprint} - Invalid image file: {value}"
        return [_complaint("custom_validation_failed", "Custom validation failed for node", details, input_name=kind.fingerprint)]


def _complaint(kind: str, message: str, details: str, **extra: Any) -> dict[str, Any]:
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


def _fits(received: str, wanted: Input) -> bool:
    return wanted.type == "*" or (wanted.choices is None and received == wanted.type) or received == "*"


def _type(wanted: Input, folders: Folders) -> str:
    return wanted.type if wanted.choices is None else str(wanted.options(folders))


def _coerced(value: Any, kind: str) -> Any:
    if isinstance(value, dict) and "__value__" in value:
        return value["__value__"]
    makers: dict[str, type] = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}
    return makers[kind](value) if kind in makers else value


def _trace(error: BaseException) -> list[str]:
    return traceback.format_tb(error.__traceback__ or sys.exc_info()[2])
