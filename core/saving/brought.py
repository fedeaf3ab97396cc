"""What somebody brings to be saved: a file that holds a workflow, or a result of a render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.comfyui.convert import types_in
from core.comfyui.graph import MAX_BYTES, Graph, parse
from core.desk import Desk
from core.errors import BadGraph
from core.files import examine, stored
from core.files.inspect import limits_of
from core.generators.texts import is_api_graph, is_browser_workflow
from core.saving import workflow_json
from core.saving.workflow_json import HINT
from core.workflows import InputSpec, fill, inputs_of
from core.workflows.specs import Value
from storage.rendering import workflows
from storage.tables import Asset, Render


@dataclass(frozen=True)
class Brought:
    """A workflow that was found: a graph that runs, or what ComfyUI's page saves. `inputs` are those it was asked with."""

    graph: Graph | None = field(default=None, repr=False)
    drawn: Mapping[str, Any] | None = field(default=None, repr=False)
    source: str = ""
    inputs: tuple[InputSpec, ...] = ()

    @property
    def types(self) -> list[str]:
        """The node types that a server is asked about. Raises BadGraph."""
        if self.graph is not None:
            return sorted({str(node["class_type"]) for node in self.graph.values()})
        return types_in(self.drawn or {})


def from_file(desk: Desk, data: bytes, filename: str) -> Brought:
    """The workflow in a JSON file, a picture or a film. Raises BadGraph when there is none or only a part of one."""
    if data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") or filename.casefold().endswith(".json"):
        graph, drawn = _in_json(data)
    else:
        graph, drawn = _in_picture(desk, data, filename)
    if graph is None and drawn is None:
        raise BadGraph(f"There is no workflow in {filename[:60]}.", hint=HINT)
    return Brought(graph, drawn, filename)


def _in_json(data: bytes) -> tuple[Graph | None, dict[str, Any] | None]:
    if len(data) > MAX_BYTES:
        raise BadGraph(f"The workflow is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    found = workflow_json.read(data)
    if found is None:
        raise BadGraph("This JSON is no workflow of ComfyUI's.", hint=HINT)
    return (None, found) if is_browser_workflow(found) and not is_api_graph(found) else (parse(found), None)


def _in_picture(desk: Desk, data: bytes, filename: str) -> tuple[Graph | None, dict[str, Any] | None]:
    found = examine(data, filename, limits=limits_of(desk.settings))
    if found.graph is None and found.workflow is None:
        return None, None
    if found.workflow is not None:
        workflow_json.check_drawn(found.workflow)
    try:
        return (parse(dict(found.graph)) if found.graph else None), dict(found.workflow) if found.workflow else None
    except BadGraph as problem:
        if found.workflow is not None:
            return None, dict(found.workflow)
        said = f"{filename[:60]} holds only a part of a workflow. {problem.message}"
        raise BadGraph(said, hint="Send the picture as ComfyUI wrote it, or the workflow as JSON.") from problem


def from_result(desk: Desk, asset: Asset | None, render: Render | None) -> Brought:
    """The workflow that made a result: as its render asked for it, else as its file tells. Raises BadGraph, BlobMissing."""
    if render is not None:
        with desk.reading() as session:
            version = workflows.version_by_id(session, render.workflow_version_id)
        assert version is not None, "a render has a version"
        specs = tuple(replace(one, default=_asked(one, render)) for one in inputs_of(version))
        return Brought(parse(fill(version, render.inputs, {}, prefix="")), None, render.code, specs)
    assert asset is not None, "a render or an asset"
    return replace(from_file(desk, stored.read(desk, asset.sha256, name=asset.filename), asset.filename), source=asset.code)


def _asked(spec: InputSpec, render: Render) -> Value:
    """The value that a render had, as the default; what is given anew each time has none."""
    value = spec.default if spec.kind in ("picture", "seed") or spec.required else render.inputs.get(spec.name, spec.default)
    return value if isinstance(value, str | int | float | bool) else spec.default
