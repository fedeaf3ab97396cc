"""What a ComfyUI server tells of its node types (`/object_info`): their inputs in order, with types, ranges and choices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.comfyui.answers import MOST_IN_SANDBOX
from core.comfyui.trace import number_in
from core.formats import bounded_json
from core.formats.bounded_json import counted
from core.security.sandbox import sandboxed

Default = str | int | float | bool | None

DYNAMIC = "COMFY_DYNAMICCOMBO_V3"
_TYPED = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "COLOR", "LOAD_3D", "WEBCAM", "AUDIO_RECORD", DYNAMIC})
"""Types whose values are typed in; values of all other types come through links."""
_SEEDS = ("seed", "noise_seed")
_MOST_CHOICES, _LONGEST_CHOICE = 2_000, 300
_MOST_INPUTS, _DEEPEST = 500, 8


@dataclass(frozen=True)
class FieldInfo:
    """One input of a node type. `typed` is whether its value is typed in; `options` are the inputs that follow from a choice."""

    name: str
    type: str
    required: bool = True
    typed: bool = False
    default: Default = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    control: bool = False
    """Whether the page keeps a "control after generate" behind its value."""
    uploads: bool = False
    """Whether the page keeps a button behind its value."""
    multiline: bool = False
    options: tuple[tuple[str, tuple[FieldInfo, ...]], ...] = ()


@dataclass(frozen=True)
class NodeInfo:
    """One node type of a server."""

    name: str
    fields: tuple[FieldInfo, ...]
    saves: bool = False
    """Whether it is an output node: what makes ComfyUI run it."""
    module: str = ""
    """The Python module it comes from: `nodes`, `comfy_extras.…`, `custom_nodes.PACK`."""
    partner: bool = False
    """Whether it calls a paid service."""

    def field(self, name: str, inputs: Mapping[str, Any]) -> FieldInfo | None:
        """The input of this name, also one that follows from a choice (`format.codec`) in these `inputs`."""
        return next((one for full, one in placed_fields(self.fields, inputs) if full == name), None)


def placed_fields(
    fields: Collection[FieldInfo], inputs: Mapping[str, Any], before: str = "", depth: int = 0
) -> Iterator[tuple[str, FieldInfo]]:
    """(full name, input) of every input there is with the choices made in `inputs`."""
    for one in fields:
        yield before + one.name, one
        chosen = str(inputs.get(before + one.name, one.default)) if one.options else ""
        following = next((inner for key, inner in one.options if key == chosen), ()) if depth < _DEEPEST else ()
        yield from placed_fields(following, inputs, f"{before}{one.name}.", depth + 1)


def read(data: bytes, wanted: Collection[str]) -> dict[str, NodeInfo]:
    """The node types in an answer of `/object_info` that are wanted, by name. Raises ValueError."""
    return _read(counted(data, MOST_IN_SANDBOX), sorted(wanted))


@sandboxed
def _read(data: bytes, wanted: list[str]) -> dict[str, NodeInfo]:
    told = bounded_json.value(data, MOST_IN_SANDBOX)
    if not isinstance(told, dict):
        raise ValueError("no list of nodes")
    return {name: node_info(name, told[name]) for name in wanted if isinstance(told.get(name), dict)}


def node_info(name: str, told: Mapping[str, Any]) -> NodeInfo:
    """A node type from its entry; what is not as it should be is left out.

    >>> info = node_info("Blur", {"input": {"required": {"radius": ["INT", {"default": 4, "min": 1, "max": 31}]}}})
    >>> info.fields[0].maximum, info.fields[0].typed
    (31.0, True)
    """
    module = told.get("python_module")
    return NodeInfo(
        name=name,
        fields=tuple(_fields(told.get("input"), told.get("input_order"), 0)),
        saves=told.get("output_node") is True,
        module=module[:200] if isinstance(module, str) else "",
        partner=told.get("api_node") is True or (isinstance(module, str) and module.startswith("comfy_api_nodes")),
    )


def _fields(groups: Any, order: Any, depth: int) -> Iterator[FieldInfo]:
    for group in ("required", "optional"):
        listed = groups.get(group) if isinstance(groups, dict) else None
        if not isinstance(listed, dict):
            continue
        names = order.get(group) if isinstance(order, dict) else None
        first = [one for one in names if one in listed] if isinstance(names, list) else []
        for name in list(dict.fromkeys([*first, *listed]))[:_MOST_INPUTS]:
            spec = listed[name]
            if isinstance(spec, list) and spec:
                yield _field(str(name), spec, group == "required", depth)


def _field(name: str, spec: list[Any], required: bool, depth: int) -> FieldInfo:
    kind, more = spec[0], spec[1] if len(spec) > 1 and isinstance(spec[1], dict) else {}
    listed = kind if isinstance(kind, list) else more.get("options")
    kind = "COMBO" if isinstance(kind, list) else str(kind)[:300]
    kind = str(more["widgetType"]) if isinstance(more.get("widgetType"), str) else kind
    shown = more.get("forceInput") is not True and more.get("hidden") is not True
    typed = shown and (kind in _TYPED or "socketless" in more)
    control = more.get("control_after_generate") not in (None, False) or (kind == "INT" and name in _SEEDS)
    following = tuple(_options(listed, depth)) if kind == DYNAMIC and depth < _DEEPEST else ()
    choices = tuple(key for key, _ in following) if following else tuple(_choices(listed)) if kind == "COMBO" else ()
    default = more.get("default")
    return FieldInfo(
        name=name,
        type=kind,
        required=required,
        typed=typed,
        default=_usual(kind, default if isinstance(default, str | int | float | bool) else None, choices),
        minimum=number_in(more.get("min")),
        maximum=number_in(more.get("max")),
        step=number_in(more.get("step")),
        choices=choices,
        control=typed and control,
        uploads=any("upload" in str(key) and value is True for key, value in more.items()),
        multiline=more.get("multiline") is True,
        options=following,
    )


def _usual(kind: str, default: Default, choices: tuple[str, ...]) -> Default:
    """What the page fills in where nobody has typed anything."""
    if default is not None:
        return default
    if choices:
        return choices[0]
    usual: dict[str, Default] = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False}
    return usual.get(kind)


def _choices(listed: Any) -> Iterator[str]:
    for one in listed[:_MOST_CHOICES] if isinstance(listed, list) else ():
        if isinstance(one, str | int | float) and len(str(one)) <= _LONGEST_CHOICE:
            yield str(one)


def _options(listed: Any, depth: int) -> Iterator[tuple[str, tuple[FieldInfo, ...]]]:
    for one in listed[:_MOST_CHOICES] if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("key"), str | bool):
            yield str(one["key"]), tuple(_fields(one.get("inputs"), None, depth + 1))
