"""Reading real graphs: ComfyUI's official templates, all of them without error, and 60 of them as a person read them.

    python -m benchmarks.graphs [--folder FOLDER]

What the 60 say was written down by hand in `data/graphs.yaml`; `templates.chosen` tells which they are. `--folder` reads API
graphs of your own instead, one JSON file each, and counts only what is found.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from benchmarks import templates
from benchmarks.browser import Raw, api_graph
from benchmarks.stage import percentile
from core.comfyui import facts
from core.comfyui.facts import Facts
from core.comfyui.graph import parse
from core.comfyui.weights import SERVICE

SAMPLING = ("seed", "sampler", "scheduler", "steps", "cfg", "denoise")
FIELDS = ("models", "prompt", "negative", *SAMPLING, "techniques")


@cache
def truths() -> dict[str, Raw]:
    """Name -> what a person read in that template."""
    read: dict[str, Raw] = yaml.safe_load((Path(__file__).parent / "data" / "graphs.yaml").read_text("utf-8"))
    return read


def expected(truth: Raw, graph: Raw) -> Raw:
    """Field -> what is right."""
    sampled = truth.get("sampling", {})
    known = {name: sampled.get(name) for name in SAMPLING}
    known |= {"seed": str(known["seed"]) if known["seed"] is not None else ""}
    known |= {name: known[name] or "" for name in ("sampler", "scheduler")}
    told = {side: "\n".join(_texts(truth.get(side, ()), graph)) for side in ("prompt", "negative")}
    return known | told | {"models": sorted(truth.get("models", ())), "techniques": sorted(truth.get("techniques", ()))}


def found(facts: Facts) -> Raw:
    """Field -> what was read, in the words of the file of truths."""
    read: Raw = {name: getattr(facts, name) for name in ("prompt", "negative", *SAMPLING)}
    read["models"] = sorted(_said(use) for use in facts.models if use.kind != SERVICE)  # files were noted by hand
    read["techniques"] = sorted(facts.techniques)
    return read


def compared(drawn: dict[str, Raw]) -> Iterator[tuple[str, str, Any, Any]]:
    """(template, field, what is right, what was read) for every field of the 60."""
    for name, truth in truths().items():
        graph = api_graph(drawn[name])
        right, read = expected(truth, graph), found(facts.read(parse(graph), node=truth.get("node", "")))
        yield from ((name, field, right[field], read[field]) for field in FIELDS)


def _texts(places: str | list[str], graph: Raw) -> list[str]:
    told = []
    for place in [places] if isinstance(places, str) else places:
        node, name = place.split(".", 1)
        told.append(graph[node]["inputs"][name].strip())
    return told


def _said(use: facts.ModelUse) -> str:
    name = f"{use.kind} {use.name}"
    return f"{name} {round(use.strength, 4):g}" if use.kind == "lora" and use.strength is not None else name


def _read_all(graphs: dict[str, Raw]) -> None:
    told, taken, broken = Counter[str](), list[float](), list[str]()
    for name, graph in graphs.items():
        began = time.perf_counter()
        try:
            read = facts.read(parse(graph))
        except Exception as problem:  # noqa: BLE001  (what is measured: whether anything is raised)
            broken.append(f"{name}: {type(problem).__name__}: {problem}")
            continue
        taken.append((time.perf_counter() - began) * 1000)
        for field in ("prompt", "seed", "sampler", "models", "techniques"):
            told[field] += bool(getattr(read, field))
    print(f"{len(taken) + len(broken)} graphs, {len(broken)} that raised; p50 {percentile(taken, 0.5):.2f} ms,"
          f" p95 {percentile(taken, 0.95):.2f} ms")  # fmt: skip
    print("  told: " + ", ".join(f"{name} {count}" for name, count in told.items()))
    print("\n".join(broken))


def _compare_by_hand(drawn: dict[str, Raw]) -> None:
    right, count, wrong = Counter[str](), 0, list[str]()
    for name, field, expects, reads in compared(drawn):
        count += 1
        right[field] += expects == reads
        if expects != reads:
            wrong.append(f"  {name} · {field}\n    right: {str(expects)[:300]}\n    read:  {str(reads)[:300]}")
    graphs = count // len(FIELDS)
    print(f"{graphs} read by hand: {sum(right.values())} of {count} facts right ({sum(right.values()) / count:.1%})")
    print("  " + ", ".join(f"{field} {right[field]}/{graphs}" for field in FIELDS))
    print("\n".join(wrong))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--folder", type=Path)
    given = asked.parse_args()
    if given.folder:
        _read_all({path.name: json.loads(path.read_text()) for path in sorted(given.folder.glob("*.json"))})
        return
    drawn = templates.every()
    _read_all({name: api_graph(one) for name, one in drawn.items()})
    _compare_by_hand(drawn)


if __name__ == "__main__":
    main()
