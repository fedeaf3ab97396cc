"""Nodes that do more than make pictures: run code, reach files by any path, or call out. By their names, inputs and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.comfyui.graph import Graph
from core.comfyui.node_info import NodeInfo

CODE, FILES, NETWORK = "runs code", "reads or writes files by any path", "calls out to the network"

_KINDS = (
    (CODE, re.compile(r"python|javascript|exec(ute)?(any|code|script|command|shell)|eval(uate)?[ _]?(code|py|expr)|runcode|"
                      r"code_?(runner|exec)|(shell|system|terminal|bash|powershell)_?(command|script|exec)|subprocess|^idenode$")),
    (NETWORK, re.compile(r"(from|by|to|via)_?url|url_?(to|load)|https?_?(request|get|post)|webhook|download|fetch(url|web)|"
                         r"send_?(mail|email|telegram|discord|slack)|upload_?to|^websocket|scrape|rss")),
    (FILES, re.compile(r"(from|to|by)_?path|path_?(load|save)|video_?path|images?_?path|(load|save|write|read|delete|copy|move)_?"
                       r"(text|csv|json|any)?_?file|load_?image_?batch|from_?(dir|directory|folder)|to_?(dir|directory|folder)")),
)  # fmt: skip
"""What the name of a node type tells, in small letters without blanks."""
_PATH_FIELD = re.compile(r"(^|_)(path|dir|directory|folder|file_?path|output_path)s?$", re.IGNORECASE)
_PATH_VALUE = re.compile(
    r"([a-z]:[\\/]|\\\\|~[\\/]|\.\.[\\/]|/[\w.-]+/)[^\n]{0,400}|[^\n]{0,200}[\\/]\.\.[\\/][^\n]{0,200}", re.IGNORECASE
)
_ADDRESS = re.compile(r"\s*(https?|ftp|file|wss?|s3)://\S+\s*", re.IGNORECASE)
_OF_COMFYUI = ("nodes", "comfy_extras")


@dataclass(frozen=True)
class Risk:
    """A node that does more than make pictures."""

    node: str
    kind: str
    what: str
    """One of CODE, FILES and NETWORK."""
    why: str

    def __str__(self) -> str:
        return f"{self.kind} (node {self.node}) {self.what}: {self.why}"


def risks_in(graph: Graph, known: Mapping[str, NodeInfo]) -> tuple[Risk, ...]:
    """One for each node that has any, in the order of the graph. What comes with ComfyUI itself is judged by its values only.

    >>> risks_in({"1": {"class_type": "ExecPython", "inputs": {"code": "1"}}}, {})[0].what
    'runs code'
    """
    found = (next(_of(node_id, node, known.get(str(node["class_type"]))), None) for node_id, node in graph.items())
    return tuple(one for one in found if one is not None)


def partners_in(graph: Graph, known: Mapping[str, NodeInfo]) -> tuple[str, ...]:
    """The node types that call a paid service, by name."""
    kinds = {str(node["class_type"]) for node in graph.values()}
    return tuple(sorted(kind for kind in kinds if kind in known and known[kind].partner))


def _of(node_id: str, node: dict[str, Any], info: NodeInfo | None) -> Iterator[Risk]:
    kind = str(node["class_type"])
    own = info is not None and (info.module.split(".")[0] in _OF_COMFYUI or info.partner)
    if not own:
        name = re.sub(r"[\s()-]+", "", kind.lower())[:200]
        for what, pattern in _KINDS:
            if pattern.search(name):
                yield Risk(node_id, kind, what, "its name says so")
        for field in node["inputs"]:
            if _PATH_FIELD.search(field) and not _chosen(info, field):
                yield Risk(node_id, kind, FILES, f"it takes a path in `{field[:40]}`")
    for field, value in node["inputs"].items():
        if isinstance(value, str) and len(value) < 2_000 and not (info and _is_text(info, field)):
            if _ADDRESS.fullmatch(value):
                yield Risk(node_id, kind, NETWORK, f"`{field[:40]}` holds the address of a server")
            elif _PATH_VALUE.fullmatch(value.strip()):
                yield Risk(node_id, kind, FILES, f"`{field[:40]}` holds a path outside of ComfyUI's folders")


def _chosen(info: NodeInfo | None, field: str) -> bool:
    """Whether an input is one of a list that the server gives."""
    return info is not None and any(one.name == field and one.type == "COMBO" for one in info.fields)


def _is_text(info: NodeInfo, field: str) -> bool:
    return any(one.name == field and one.multiline for one in info.fields)
