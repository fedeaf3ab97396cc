"""Finds the files of a run that its server no longer knows, by the names its Save nodes gave them.

A ComfyUI that was restarted, or whose history was cleared, still has the files on disk. SaveImage writes `PREFIX_00001_.png` and
so on; each run has a prefix of its own, so whatever stands there is the run's.
"""

from __future__ import annotations

import math
import re

from core.comfyui import graph as comfyui_graph
from core.comfyui.graph import Graph
from core.comfyui.http import Wire
from core.comfyui.responses import OutputFile, kind_of

_SAVER = "SaveImage"
_REPEATERS = frozenset({"RepeatLatentBatch", "RepeatImageBatch"})
_UNCOUNTABLE = re.compile(r"Batch|List|Video|Frame|Animat|Split|Loop")
_MOST = 64


def find(wire: Wire, graph: Graph) -> tuple[OutputFile, ...]:
    """All files a finished run of this graph has written; () when some are missing or their number is not known."""
    found: list[OutputFile] = []
    for node_id in comfyui_graph.outputs(graph):
        expected = _expected(graph, node_id)
        files = _files(wire, graph, node_id, expected) if expected else []
        if not expected or len(files) != expected:
            return ()
        found += files
    return tuple(found)


def _expected(graph: Graph, node_id: str) -> int:
    """How many pictures a SaveImage node writes; 0 for another saver, and where the graph does not tell."""
    if graph[node_id]["class_type"] != _SAVER or not graph[node_id]["inputs"].get("filename_prefix"):
        return 0
    count, factor = 1, 1
    for one in comfyui_graph.upstream(graph, node_id):
        kind, inputs = str(graph[one]["class_type"]), graph[one]["inputs"]
        size = inputs.get("batch_size", 1)
        amount = inputs.get("amount", 1) if kind in _REPEATERS else 1
        if type(size) is not int or type(amount) is not int or (_UNCOUNTABLE.search(kind) and kind not in _REPEATERS):
            return 0
        count, factor = max(count, size), math.prod((factor, amount))
    return count * factor if 0 < count * factor <= _MOST else 0


def _files(wire: Wire, graph: Graph, node_id: str, expected: int) -> list[OutputFile]:
    """The files under the node's prefix, at most one more than expected."""
    folder, _, name = str(graph[node_id]["inputs"]["filename_prefix"]).rpartition("/")
    found: list[OutputFile] = []
    for number in range(1, expected + 2):
        filename = f"{name}_{number:05}_.png"
        answer = wire.ask("HEAD", "/view", params={"filename": filename, "subfolder": folder, "type": "output"})
        if answer.status_code != 200:
            break
        found.append(OutputFile(node_id, filename, folder, "output", kind_of(filename)))
    return found
