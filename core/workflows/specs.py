"""What a workflow declares: its graph, and the inputs people may set, each with a kind, a range and a place in the graph."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

from core.comfyui.graph import Graph, canonical, canonical_json, parse
from core.comfyui.loaders import folder_of
from core.errors import BadGraph
from storage.tables import WorkflowVersion

InputKind = Literal["text", "paragraph", "integer", "number", "choice", "switch", "picture", "model", "seed"]

Value = str | int | float | bool | None

MAX_SEED = 2**64 - 1


@dataclass(frozen=True)
class InputSpec:
    """One input: `name` is what people type, `node` and `field` are where its value goes.

    `text` is one line and `paragraph` many; a `picture` holds an Asset id and a `model` a file name as ComfyUI lists it (`folder`
    says in which model folder). `step` is the grid that numbers lie on, counted from `minimum`.
    """

    name: str
    kind: InputKind
    node: str
    field: str
    label: str = ""
    help: str = ""
    default: Value = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    folder: str = ""

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Raises BadGraph for unknown keys and kinds."""
        known = {one.name for one in fields(cls)}
        if set(told) - known or told.get("kind") not in get_args(InputKind) or not {"name", "node", "field"} <= set(told):
            raise BadGraph(f"The input `{told.get('name')}` is not declared properly.")
        return cls(**{**told, "choices": tuple(told.get("choices", ()))})

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the usual."""
        usual = {one.name: one.default for one in fields(self)}
        told = {key: value for key, value in asdict(self).items() if value != usual[key]}
        return {**told, "choices": list(self.choices)} if self.choices else told


@dataclass(frozen=True)
class WorkflowSpec:
    """A workflow as it is shipped or saved: names, words, graph and inputs."""

    name: str
    title: str
    description: str
    graph: Graph
    inputs: tuple[InputSpec, ...]
    techniques: tuple[str, ...] = field(default=())

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Raises BadGraph when the graph or the inputs cannot be used, also when an input's place is not in the graph."""
        graph = parse(told["graph"])
        inputs = tuple(_placed(InputSpec.from_json(one), graph) for one in told["inputs"])
        if len({one.name for one in inputs}) < len(inputs):
            raise BadGraph("Two inputs have the same name.")
        name, title, description = (str(told[key]) for key in ("name", "title", "description"))
        return cls(name, title, description, graph, inputs, tuple(told.get("techniques", ())))

    @property
    def content_hash(self) -> str:
        """SHA-256 of what the version does: its graph, and its inputs but for their labels and help. 64 hex digits."""
        wording = ("label", "help")
        inputs = [{key: value for key, value in one.to_json().items() if key not in wording} for one in self.inputs]
        told = canonical(self.graph) + canonical_json(inputs)
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def node_types(self) -> tuple[str, ...]:
        return tuple(sorted({str(node["class_type"]) for node in self.graph.values()}))


def _placed(spec: InputSpec, graph: Graph) -> InputSpec:
    """The spec with its model folder told, once it is sure that its place is in the graph and its default fits."""
    if spec.node not in graph or spec.field not in graph[spec.node]["inputs"]:
        raise BadGraph(f"The input `{spec.name}` goes to `{spec.field}` of node `{spec.node}`, which the graph does not have.")
    if spec.kind != "model" or spec.folder:
        return spec
    folder = folder_of(str(graph[spec.node]["class_type"]), spec.field)
    return InputSpec(**{**asdict(spec), "choices": spec.choices, "folder": folder})


def inputs_of(version: WorkflowVersion) -> list[InputSpec]:
    """The declared inputs of a version, in the order in which people see them."""
    return [InputSpec.from_json(one) for one in version.inputs]
