"""Saving and recognising the official templates: `python -m benchmarks.identity FILE`, where FILE is a server's `/object_info`.

Counts the templates that are turned into graphs, those of them that could be saved on that server, those that keep their
identity when they are written down otherwise, and lists the different files that share one.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from benchmarks import templates
from core.comfyui import convert
from core.comfyui.differences import differences
from core.comfyui.graph import Graph, parse
from core.comfyui.identity import identify
from core.comfyui.node_info import NodeInfo, node_info
from core.comfyui.risks import partners_in, risks_in
from core.errors import BadGraph
from core.security.sandbox import process
from core.workflows.find_inputs import find_inputs

_ROUNDS = 3


def main(path: str) -> None:
    process.inside = True  # these files are trusted, and 644 calls of the sandbox would only cost time
    known = {name: node_info(name, told) for name, told in json.loads(Path(path).read_text("utf-8")).items()}
    count: Counter[str] = Counter()
    graphs = {name: graph for name, drawn in templates.every().items() if (graph := _converted(name, drawn, known, count))}
    dice = random.Random(2026)
    alike: dict[str, list[str]] = defaultdict(list)
    for name, graph in graphs.items():
        found = identify(graph)
        count["the same when written down otherwise"] += all(identify(_otherwise(graph, dice)) == found for _ in range(_ROUNDS))
        alike[found].append(name)
    for what, number in count.items():
        print(f"{number:5}  {what}")
    shared = [names for names in alike.values() if len(names) > 1]
    print(f"{sum(map(len, shared)):5}  share an identity with another, in {len(shared)} groups:")
    for names in shared:
        print(f"       {', '.join(names)}: {_why(graphs, names)}")


def _converted(name: str, drawn: dict[str, Any], known: dict[str, NodeInfo], count: Counter[str]) -> Graph | None:
    count["templates"] += 1
    try:
        made = convert.runnable(drawn, known)
        graph = parse(made.graph)
    except BadGraph as problem:
        print(f"{name}: {problem.message}")
        return None
    count["turned into a graph that runs by its links"] += 1
    if any(node["class_type"] not in known for node in graph.values()):
        count["with a node that this server does not have"] += 1
        return None
    if made.problems:
        count["with a value that fits no input of this server's nodes"] += 1
        print(f"{name}: {made.problems[0]}")
        return None
    count["could be saved there"] += 1
    count["of them with inputs found"] += bool(find_inputs(graph, known))
    count["of them with nodes that call a paid service"] += bool(partners_in(graph, known))
    if found := risks_in(graph, known):
        count["of them refused unless an admin allows it"] += 1
        print(f"{name}: {found[0]}")
    return graph


def _otherwise(graph: Graph, dice: random.Random) -> Graph:
    """The same graph with other ids and titles, its nodes and inputs in another order, beside a node that has no effect."""
    order = list(graph)
    dice.shuffle(order)
    ids = {old: f"{dice.randrange(10**9)}:{at}" for at, old in enumerate(order)}
    made: Graph = {"loose": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "none.safetensors"}}}
    for old in order:
        inputs = list(graph[old]["inputs"].items())
        dice.shuffle(inputs)
        moved = {name: [ids[one[0]], one[1]] if _is_link(one, ids) else one for name, one in inputs}
        made[ids[old]] = {"_meta": {"title": f"{dice.random()}"}, "inputs": moved, "class_type": graph[old]["class_type"]}
    return made


def _is_link(value: Any, ids: dict[str, str]) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int and value[0] in ids


def _why(graphs: dict[str, Graph], names: list[str]) -> str:
    """What the files of one identity differ by: only values that are asked for anew, or something that should have counted."""
    found = [one for name in names[1:] for one in differences(graphs[names[0]], graphs[name])]
    counting = [str(one) for one in found if not one.asked]
    return (
        f"WRONG: {counting[0]}" if counting else f"only {len(found)} values that are asked for anew" if found else "equal graphs"
    )


if __name__ == "__main__":
    main(sys.argv[1])
