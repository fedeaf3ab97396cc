"""Turns workflows as ComfyUI's page saves them into API graphs that run: values named as the server's own nodes name them.

The page saves typed values by place. A value that fits no place is a problem that names its node and input, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.comfyui import browser_format
from core.comfyui.browser_format import BUTTONS, CONTROLS, Raw
from core.comfyui.node_info import FieldInfo, NodeInfo, placed_fields
from core.comfyui.trace import number_in
from core.security.sandbox import sandboxed

_MOST_TOLD = 20
_UPLOADS = ("image", "video", "audio", "mask", "upload")
"""What the page keeps in the place of an upload button."""
_WORDS = {"INT": "a whole number", "FLOAT": "a number", "BOOLEAN": "yes or no", "STRING": "a text"}


@dataclass(frozen=True)
class Unplaced:
    """A value that fits no input of its node; `field` is the input it would have been for, or empty."""

    node: str
    kind: str
    field: str
    why: str

    def __str__(self) -> str:
        return f"node {self.node} ({self.kind}){f', `{self.field}`' if self.field else ''}: {self.why}"


@dataclass(frozen=True)
class Conversion:
    """An API graph, what kept it from being complete, and what was left out without harm."""

    graph: dict[str, Raw]
    problems: tuple[Unplaced, ...] = ()
    notes: tuple[Unplaced, ...] = ()


@sandboxed
def types_in(workflow: Mapping[str, Any]) -> list[str]:
    """The node types of a workflow that a server may know, also those inside subgraphs and group nodes."""
    inside = browser_format.insides(workflow)
    drawn = [workflow, *inside.values()]
    kinds = {node.get("type") for one in drawn for node in one.get("nodes") or () if isinstance(node, dict)}
    return sorted(one for one in kinds if isinstance(one, str) and one not in inside and len(one) < 300)


@sandboxed
def runnable(workflow: Mapping[str, Any], known: Mapping[str, NodeInfo]) -> Conversion:
    """The API graph of a workflow in the page's format, by what a server says of its node types."""
    naming = _Naming(known)
    graph = browser_format.api_graph(workflow, naming)
    sent = {node["class_type"] for node in graph.values()}
    for node in graph.values():
        _fill_in(node, known.get(node["class_type"]))
    problems = [one for one in naming.problems if one.kind in sent]
    return Conversion(graph, tuple(problems[:_MOST_TOLD]), tuple(naming.notes[:_MOST_TOLD]))


def _fill_in(node: Raw, info: NodeInfo | None) -> None:
    """Inputs that came later than the file get what the page would fill in."""
    for name, one in list(placed_fields(info.fields, node["inputs"])) if info else ():
        if one.typed and name not in node["inputs"] and one.default is not None:
            node["inputs"][name] = one.default


@dataclass
class _Naming:
    """Names the values of nodes, and notes what fits nowhere."""

    known: Mapping[str, NodeInfo]
    problems: list[Unplaced] = field(default_factory=list)
    notes: list[Unplaced] = field(default_factory=list)

    def __call__(self, node: Raw) -> Iterator[tuple[str, Any]]:
        info, values = self.known.get(str(node["type"])), node.get("widgets_values")
        if info is None or isinstance(values, dict):
            yield from self._untold(node, values)
            return
        told = values if isinstance(values, list) else []
        tries = [_by_place(info, list(told)), _by_marks(info, node, list(told))]
        best = next((one for one in tries if one is not None and not one.misfits and not one.left), None) or tries[0]
        assert best is not None
        for name, why in best.misfits:
            self.problems.append(_unplaced(node, name, why))
        if best.left and not best.misfits:
            self.notes.append(_unplaced(node, "", f"{len(best.left)} of its values belong to no input and are left out"))
        yield from best.named

    def _untold(self, node: Raw, values: object) -> Iterator[tuple[str, Any]]:
        """A node that no server told of: as far as the file itself or Slate's own lists name its values."""
        named = list(browser_format.named_values(node))
        if isinstance(values, list) and len([one for one in values if one is not None and one not in CONTROLS]) > len(named):
            self.problems.append(
                _unplaced(node, "", f"no server here has this node, so its {len(values)} values cannot be placed")
            )
        yield from named


@dataclass
class _Try:
    """One way to name a node's values."""

    named: list[tuple[str, Any]] = field(default_factory=list)
    misfits: list[tuple[str, str]] = field(default_factory=list)
    left: list[Any] = field(default_factory=list)


def _by_place(info: NodeInfo, left: list[Any]) -> _Try:
    """The values in the order of the node's inputs."""
    found = _Try()
    _take(info.fields, left, "", found)
    found.left += [one for one in left if one not in (None, "") and not (isinstance(one, str) and one in BUTTONS)]
    if any(one.uploads for one in info.fields):
        found.left = [one for one in found.left if not (isinstance(one, str) and one in _UPLOADS)]
    return found


def _take(fields: tuple[FieldInfo, ...], left: list[Any], before: str, found: _Try) -> None:
    for one in fields:
        if not left:
            return
        if not one.typed:
            continue
        while left and isinstance(left[0], str) and left[0] in BUTTONS and left[0] not in one.choices:
            left.pop(0)
        if not left:
            return
        value = left.pop(0)
        _put(one, before + one.name, value, found)
        if one.control and left and (left[0] is None or left[0] in CONTROLS):
            left.pop(0)
        if one.options:
            _take(next((inner for key, inner in one.options if key == str(value)), ()), left, f"{before}{one.name}.", found)


def _by_marks(info: NodeInfo, node: Raw, left: list[Any]) -> _Try | None:
    """The values in the order of the inputs that the file marks as typed; None where it marks none, or not as many."""
    marked = [one for one in node.get("inputs") or () if isinstance(one, dict) and isinstance(one.get("widget"), dict)]
    fields = {one.name: one for one in info.fields}
    found = _Try()
    for entry in marked:
        if not left:
            return None
        name = str(entry["widget"].get("name") or entry.get("name"))
        one = fields.get(name)
        _put(one, name, left.pop(0), found)
        if left and isinstance(left[0], str) and left[0] in CONTROLS and (one is None or one.control or "seed" in name):
            left.pop(0)
    found.left += left
    return found if marked else None


def _put(one: FieldInfo | None, name: str, value: Any, found: _Try) -> None:
    if found.misfits or found.left:
        found.left.append(value)  # behind a value that fits nowhere, no place can be trusted
    elif one is not None and (why := misfit(one, value)):
        if one.required:
            found.misfits.append((name, why))
        else:
            found.left.append(value)
    elif value is not None:
        found.named.append((name, value))


def misfit(one: FieldInfo, value: Any) -> str:
    """Why a value cannot be one of this input's, or empty. A name that is not among the choices may be a missing file: it fits.

    >>> misfit(FieldInfo("cfg", "FLOAT"), "euler"), misfit(FieldInfo("on", "BOOLEAN"), 3)
    ('`euler` is not a number', '`3` is not yes or no')
    """
    kind = one.type
    if kind in ("INT", "FLOAT"):
        fits = value is None or number_in(value) is not None or _reads_as_number(value)
    elif kind == "BOOLEAN":
        fits = value is None or isinstance(value, bool) or value in (0, 1, "true", "false", "True", "False")
    elif kind == "STRING":
        fits = not isinstance(value, dict)
    elif kind == "COMBO":
        fits = not isinstance(value, dict) and not (isinstance(value, bool) and str(value).lower() not in _low(one.choices))
    else:
        fits = True
    said = str(value)[:40].replace("`", "'").replace("\n", " ")
    return "" if fits else f"`{said}` is not {_WORDS.get(kind, 'one of its choices')}"


def _low(choices: tuple[str, ...]) -> set[str]:
    return {one.lower() for one in choices}


def _reads_as_number(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) < 40 and number_in(float(value)) is not None
    except ValueError:
        return False


def _unplaced(node: Raw, name: str, why: str) -> Unplaced:
    return Unplaced(str(node.get("id"))[:60], str(node["type"])[:80], name[:80], why)
