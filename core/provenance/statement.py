"""How an Asset came to be, as canonical facts: who asked, for whom, with what, when and where; in the file and in the memory.

A statement is plain JSON. Names are as they were at the time; a seed is decimal text, for it may be up to 2**64 - 1. XMP, the
A1111 text, the signed manifest, the card and the exports are views of it and hold nothing that is not in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from core.comfyui import graph as comfyui_graph
from core.comfyui.facts import Facts
from core.errors import BadGraph
from core.provenance import disclosure

SCHEMA = "slate.statement/2"
"""Keys are only ever added within one number. Version 1 had no id, graph_hash, session, software, disclosure and verdicts."""
PRIVATE = (
    "by",
    "client",
    "project",
    "shot",
    "session",
    "inputs",
    "settings",
    "seed",
    "graph",
    "parent_render",
    "verdicts",
    "backend",
)
"""Keys that say who, for whom and by which words: what a file for outsiders must not tell."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """The Render that made a file, as far as its Assets must remember it. Times are aware UTC.

    `inputs` are complete and typed; `graph` is the one submitted; `models` are `{folder, name, sha256, licence, title}`;
    `parents` are `{asset, sha256, input, source_type}` with the public code of each Asset that went in. `session` is the Render
    this line of work began with: variations, rerolls and repetitions share it.
    """

    render_code: str
    member: str
    client: str
    project: str
    shot: str = ""
    workflow: str
    version: int
    content_hash: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    seed: str = ""
    graph: Mapping[str, Any] = field(default_factory=dict)
    models: Sequence[Mapping[str, Any]] = ()
    backend: str = ""
    comfyui_version: str = ""
    simulated: bool = False
    started_at: datetime
    finished_at: datetime
    parents: Sequence[Mapping[str, Any]] = ()
    verb: str = "render"
    parent_render: str = ""
    session: str = ""
    render_id: int | None = None
    member_id: int = 0
    project_id: int = 0


@dataclass(frozen=True)
class FileFacts:
    """The file as ComfyUI handed it over, before anything was added to it."""

    filename: str
    ordinal: int
    mime: str
    source_sha256: str
    pixel_sha256: str = ""
    phash: str = ""
    iscc: str = ""
    width: int | None = None
    height: int | None = None
    frames: int = 1
    seconds: float | None = None
    carries_graph: bool = True
    mark: Mapping[str, str] = field(default_factory=dict)
    """`{alg, id}` of the mark in its pixels; the digests of its looks are then those of the marked picture."""


def make(made: Made, file: FileFacts, facts: Facts) -> dict[str, Any]:
    """The statement about one output. The graph itself is put in only where the file does not carry it."""
    return (
        {
            "schema": SCHEMA,
            "id": identity(made.render_code, file.ordinal, file.source_sha256),
            "generator": {"name": "Slate", "version": slate_version()},
            "software": _software(made, facts),
            "render": made.render_code,
            "output": file.ordinal,
            "verb": made.verb,
            "parent_render": made.parent_render,
            "by": made.member,
            "client": made.client,
            "project": made.project,
            "shot": made.shot,
            "session": made.session or made.render_code,
            "workflow": {"name": made.workflow, "number": made.version, "content_hash": made.content_hash},
            "graph_hash": _graph_hash(made.graph),
            "inputs": dict(made.inputs),
            "seed": made.seed or facts.seed,
            "settings": _settings(facts),
            "techniques": list(facts.techniques),
            "models": [dict(model) for model in made.models],
            "parents": [dict(parent) for parent in made.parents],
            "backend": {"name": made.backend, "comfyui_version": made.comfyui_version, "simulated": made.simulated},
            "started_at": _time(made.started_at),
            "finished_at": _time(made.finished_at),
            "disclosure": disclosure.judge(made.graph, facts, made.parents).as_json(),
            "verdicts": [],
            "file": _file(file),
        }
        | ({} if file.carries_graph else {"graph": dict(made.graph)})
        | ({"mark": dict(file.mark)} if file.mark else {})
    )


def identity(render: str, ordinal: int, source_sha256: str) -> str:
    """The one id of an output, wherever it goes: `urn:uuid:…`, the same however often the file is finished."""
    return uuid5(NAMESPACE_URL, f"slate:{render}/{ordinal}/{source_sha256}").urn


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The one way to write a statement as bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(statement: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(statement)).hexdigest()


def _graph_hash(graph: Mapping[str, Any]) -> str:
    """The address of what was submitted; empty where there is no graph that can be read."""
    try:
        return comfyui_graph.content_hash(comfyui_graph.parse(dict(graph))) if graph else ""
    except BadGraph:
        return ""


def _software(made: Made, facts: Facts) -> list[dict[str, str]]:
    """Everything that had a hand in it, with its version."""
    parser = {"name": "Slate graph reader", "version": str(facts.as_dict()["parser"])}
    comfyui = {"name": "Simulated ComfyUI" if made.simulated else "ComfyUI", "version": made.comfyui_version}
    return [comfyui, {"name": "Slate", "version": slate_version()}, parser]


def _settings(facts: Facts) -> dict[str, Any]:
    return {
        "prompt": facts.prompt,
        "negative": facts.negative,
        "sampler": facts.sampler,
        "scheduler": facts.scheduler,
        "steps": facts.steps,
        "cfg": facts.cfg,
        "denoise": facts.denoise,
    }


def _file(file: FileFacts) -> dict[str, Any]:
    return {
        "filename": file.filename,
        "mime": file.mime,
        "width": file.width,
        "height": file.height,
        "frames": file.frames,
        "seconds": file.seconds,
        "sha256": file.source_sha256,
        "pixel_sha256": file.pixel_sha256,
        "phash": file.phash,
    } | ({"iscc": file.iscc} if file.iscc else {})


def _time(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def slate_version() -> str:
    try:
        return version("slate")
    except PackageNotFoundError:
        return "unpackaged"
