"""Reading real graphs: a folder of ComfyUI API graphs, one JSON file each; how many are read, what is found, how long it takes.

    python -m benchmarks.graphs FOLDER

The figures in docs/performance.md are of the official templates (PyPI: `comfyui-workflow-templates-json`), converted to API
graphs with `convert_ui_to_api` of `comfy-cli` against a server's `/object_info`; Slate needs neither.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

from benchmarks.stage import percentile
from core.comfyui import facts
from core.comfyui.graph import parse


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    given = asked.parse_args()
    told, taken, broken = Counter[str](), list[float](), list[str]()
    for path in sorted(given.folder.glob("*.json")):
        graph = json.loads(path.read_text())
        began = time.perf_counter()
        try:
            found = facts.read(parse(graph))
        except Exception as problem:  # noqa: BLE001  (what is measured: whether anything is raised)
            broken.append(f"{path.name}: {type(problem).__name__}: {problem}")
            continue
        taken.append((time.perf_counter() - began) * 1000)
        for name in ("prompt", "seed", "sampler", "models", "techniques"):
            told[name] += bool(getattr(found, name))
    print(f"{len(taken) + len(broken)} graphs, {len(broken)} that raised; p50 {percentile(taken, 0.5):.2f} ms,"
          f" p95 {percentile(taken, 0.95):.2f} ms")  # fmt: skip
    print("  told: " + ", ".join(f"{name} {count}" for name, count in told.items()))
    print("\n".join(broken))


if __name__ == "__main__":
    main()
