"""ComfyUI's official workflow templates, as PyPI's `comfyui-workflow-templates-json` brings them: real graphs to read."""

from __future__ import annotations

import json
import random
from importlib import resources
from importlib.resources.abc import Traversable

from benchmarks.browser import Raw, api_graph, is_told

SAMPLED, OTHERS = 40, 20
"""How many graphs with a sampler, and how many without, are checked by hand."""
_SEED = 2026


def every() -> dict[str, Raw]:
    """Name -> workflow in the browser's format, in the order of their names."""
    named = {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in _folder().iterdir()}
    return {name: drawn for name, drawn in sorted(named.items()) if isinstance(drawn, dict) and "nodes" in drawn}


def chosen(templates: dict[str, Raw]) -> list[str]:
    """The names of the 60 that are checked by hand: of those with a sampler and of the others, every n-th in the order of the
    index's categories, from a start by lot; or the next one, where a node or an option is newer than what `browser` knows."""
    index = json.loads((_folder() / "index.json").read_text("utf-8"))
    order = {one["name"]: at for at, category in enumerate(index) for one in category["templates"]}
    dice, found = random.Random(_SEED), list[str]()
    for wanted, sampled in ((SAMPLED, True), (OTHERS, False)):
        names = [name for name, drawn in templates.items() if _samples(drawn) is sampled]
        names.sort(key=lambda name: (order[name], name))
        start = dice.random()
        for place in range(wanted):
            behind = names[int((place + start) * len(names) / wanted) :] + names
            found.append(next(name for name in behind if name not in found and is_told(templates[name])))
    return found


def _folder() -> Traversable:
    return resources.files("comfyui_workflow_templates_json") / "templates"


def _samples(drawn: Raw) -> bool:
    kinds = [node["class_type"] for node in api_graph(drawn).values()]
    return any("Sampler" in kind and kind != "KSamplerSelect" for kind in kinds)
