"""Reads the JSON of a workflow, in both of ComfyUI's formats, in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.comfyui.graph import MAX_NODES
from core.errors import BadGraph
from core.formats import bounded_json
from core.generators.texts import is_api_graph, is_browser_workflow
from core.security.sandbox import sandboxed

_MOST_VALUES = 400_000
_NEWEST_FORMAT = 1.0
HINT = "In ComfyUI choose Workflow → Save, or Export (API), and send that file; or a picture that ComfyUI made."


@sandboxed
def read(data: bytes) -> dict[str, Any] | None:
    """The graph, or the workflow of ComfyUI's page, that a JSON text holds, also inside of a job of its queue; or None.

    Raises BadGraph for what is no JSON, too large, or of a newer format.
    """
    try:
        value = bounded_json.value(data, _MOST_VALUES)
    except bounded_json.TooManyValues as problem:
        raise BadGraph("The workflow has more values than are read.") from problem
    except ValueError as problem:
        raise BadGraph("The workflow is not readable JSON.", hint=HINT) from problem
    for one in _inside(value):
        if is_api_graph(one):
            return dict(one)
        if is_browser_workflow(one):
            check_drawn(one)
            return dict(one)
    return None


def _inside(value: Any) -> list[Any]:
    if not isinstance(value, dict):
        return []
    extra = value.get("extra_data")
    noted = extra.get("extra_pnginfo") if isinstance(extra, dict) else None
    return [value, value.get("prompt"), value.get("workflow"), noted.get("workflow") if isinstance(noted, dict) else None]


def check_drawn(drawn: Mapping[str, Any]) -> None:
    """Raises BadGraph for a workflow of ComfyUI's page that is newer or larger than what is read."""
    version = drawn.get("version")
    if isinstance(version, int | float) and not isinstance(version, bool) and version > _NEWEST_FORMAT:
        said = f"The workflow is in format {version:g}; Slate reads up to {_NEWEST_FORMAT:g}."
        raise BadGraph(said, hint="Export it with Workflow → Export (API), or update Slate.")
    definitions = drawn.get("definitions")
    inner = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    parts = [drawn, *(one for one in inner or () if isinstance(one, dict))] if isinstance(inner, list) else [drawn]
    count = sum(len(one["nodes"]) for one in parts if isinstance(one.get("nodes"), list))
    if count > MAX_NODES:
        raise BadGraph(f"The workflow has {count} nodes; {MAX_NODES} is the most.")
    if not count:
        raise BadGraph("The workflow has no nodes.")
