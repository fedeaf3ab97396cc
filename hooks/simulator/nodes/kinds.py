"""How a node type is described (names, types and ranges, which are facts) and what running one may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hooks.simulator.folders import Folders
from hooks.simulator.values import Frame

Options = Callable[[Folders], Sequence[str]]


class Work(Protocol):
    """What a node may use while it runs."""

    folders: Folders
    node_id: str
    prompt: dict[str, Any]
    extra_pnginfo: dict[str, Any] | None

    def step(self, done: int, total: int, frame: Frame | None = None) -> None:
        """Takes one sampler step's time, tells of it, and raises when the job was interrupted."""

    def load(self, checkpoint: str) -> None:
        """Takes the time of loading a checkpoint, unless it was the last one loaded."""

    def tell(self, text: str) -> None:
        """Sends a line of text to everybody."""


@dataclass(frozen=True)
class NodeResult:
    """What a node hands on (one value per output) and what it shows in the job's outputs, if anything."""

    values: tuple[Any, ...] = ()
    shown: dict[str, Any] | None = None


@dataclass(frozen=True)
class Input:
    """One input: its type, or `choices` for a list to choose from; `limits` as /object_info gives them."""

    type: str
    limits: dict[str, Any] = field(default_factory=dict)
    choices: Sequence[str] | Options | None = None
    modern: bool = False
    """Whether a list is given as ["COMBO", {"options": …}] instead of [[…], {…}]."""
    from_disk: bool = False
    """Whether existence of a file decides, instead of the list."""

    def options(self, folders: Folders) -> list[str]:
        found = self.choices(folders) if callable(self.choices) else self.choices
        return list(found or ())

    def described(self, folders: Folders) -> list[Any]:
        """As in /object_info and in validation errors."""
        if self.choices is None:
            return [self.type, dict(self.limits)]
        options = self.options(folders)
        return (
            ["COMBO", {**self.limits, "multiselect": False, "options": options}] if self.modern else [options, dict(self.limits)]
        )


@dataclass(frozen=True)
class NodeType:
    """One class of node."""

    name: str
    label: str
    category: str
    required: dict[str, Input]
    returns: tuple[str, ...]
    run: Callable[..., NodeResult]
    optional: dict[str, Input] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    output: bool = False
    saves: bool = False
    """Whether it embeds the graph in what it writes."""
    module: str = "nodes"
    hidden: dict[str, Any] = field(default_factory=dict)
    """Hidden inputs other than those of `saves`, as told."""
    fingerprint: str = ""
    """The input whose file's content belongs to the cache key."""

    @property
    def inputs(self) -> dict[str, Input]:
        return {**self.required, **self.optional}

    def described(self, folders: Folders) -> dict[str, Any]:
        """This type's entry in /object_info."""
        groups: dict[str, Any] = {"required": {name: one.described(folders) for name, one in self.required.items()}}
        if self.optional:
            groups["optional"] = {name: one.described(folders) for name, one in self.optional.items()}
        order = {group: list(inputs) for group, inputs in groups.items()}
        hidden = dict(self.hidden)
        for name in ("prompt", "extra_pnginfo") if self.saves else ():
            hidden[name] = name.upper() if self.module == "nodes" else [name.upper()]
        if hidden:
            groups["hidden"], order["hidden"] = hidden, list(hidden)
        return {
            "input": groups, "input_order": order, "is_input_list": False, "output": list(self.returns),
            "output_is_list": [False] * len(self.returns), "output_name": list(self.names or self.returns),
            "name": self.name, "display_name": self.label, "description": "", "python_module": self.module,
            "category": self.category, "output_node": self.output, "has_intermediate_output": False,
        }  # fmt: skip


def link(kind: str) -> Input:
    return Input(kind)


def whole(default: int | None, low: int, high: int, step: int | None = None, **more: Any) -> Input:
    limits = {"default": default, "min": low, "max": high, "step": step, **more}
    return Input("INT", {name: value for name, value in limits.items() if value is not None})


def real(default: float | None, low: float, high: float, step: float, **more: Any) -> Input:
    limits = {"default": default, "min": low, "max": high, "step": step, **more}
    return Input("FLOAT", {name: value for name, value in limits.items() if value is not None})


def text(default: str | None = None, **more: Any) -> Input:
    return Input("STRING", {**({"default": default} if default is not None else {}), **more})


def choice(*options: str, modern: bool = False, **more: Any) -> Input:
    return Input("COMBO", more, choices=options, modern=modern)


def model(folder: str, *extra: str, modern: bool = False) -> Input:
    """A file out of a model folder, looked for anew each time."""
    return Input("COMBO", choices=lambda folders: [*folders.model_names(folder), *extra], modern=modern)


def upload() -> Input:
    """A picture among the inputs."""
    return Input("COMBO", {"image_upload": True}, choices=lambda folders: folders.input_names(), from_disk=True)


class NodeFailed(Exception):
    """A node's own failure, carrying the exception type a real server would name."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def unreadable(path: Path) -> NodeFailed:
    """What a real server says of a file that is no picture; it names the whole path, as the real one does."""
    return NodeFailed("av.error.InvalidDataError", f"[Errno 1094995529] Invalid data found when processing input: '{path}'\n")
