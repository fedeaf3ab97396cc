"""The graph of one render: a version's graph with the inputs put into their places."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from core.comfyui.graph import Graph
from core.comfyui.loaders import models_in
from core.errors import MissingInput
from core.workflows.specs import inputs_of
from storage.tables import WorkflowVersion


def fill(version: WorkflowVersion, inputs: Mapping[str, Any], pictures: Mapping[str, str], *, prefix: str) -> Graph:
    """A graph ready for ComfyUI. `inputs` are settled ones; `pictures` maps picture inputs to what LoadImage calls them there.

    Every node that saves gets `prefix`: two renders with the same prefix could be given each other's files. With an empty prefix
    the graph is only good for reading, and pictures may be missing. Raises MissingInput for a picture that was not uploaded.
    """
    graph: Graph = copy.deepcopy(version.graph)
    for spec in inputs_of(version):
        value = inputs.get(spec.name, spec.default)
        if spec.kind == "picture":
            value = pictures.get(spec.name)
            if value is None and inputs.get(spec.name) and prefix:
                raise MissingInput(f"The picture for `{spec.name}` is not on the server.", input=spec.name)
        if value is not None:
            graph[spec.node]["inputs"][spec.field] = int(value) if spec.kind == "seed" else value
    for node in graph.values():
        if prefix and (str(node["class_type"]).startswith("Save") or "filename_prefix" in node["inputs"]):
            node["inputs"]["filename_prefix"] = prefix
    return graph


def model_key(version: WorkflowVersion, inputs: Mapping[str, Any]) -> str:
    """Which models a render needs in memory, as one text: equal for renders that can follow each other without loading."""
    return "|".join(sorted(f"{ref.folder}/{ref.name}" for ref in models_in(fill(version, inputs, {}, prefix=""))))
