"""How an Asset came to be, as canonical facts: who asked, for whom, with what, when and where; in the file and in the memory.

A statement is plain JSON. Names are as they were at the time; a seed is decimal text, for it may be up to 2**64 - 1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core.comfyui.facts import Facts

SCHEMA = "slate.statement/1"


@dataclass(frozen=True, kw_only=True)
class Made:
    """The Render that made a file, as far as its Assets must remember it. Times are aware UTC.

    `inputs` are complete and typed; `graph` is the one submitted; `models` are `{folder, name, sha256, licence, title}`;
    `parents` are `{asset, sha256, input}` with the public code of each Asset that went in.
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
    width: int | None = None
    height: int | None = None
    frames: int = 1
    seconds: float | None = None
    carries_graph: bool = True


def make(made: Made, file: FileFacts, facts: Facts) -> dict[str, Any]:
    """The statement about one output. The graph itself is put in only where the file does not carry it."""
    return {
        "schema": SCHEMA,
        "generator": {"name": "Slate", "version": _version()},
        "render": made.render_code,
        "output": file.ordinal,
        "verb": made.verb,
        "parent_render": made.parent_render,
        "by": made.member,
        "client": made.client,
        "project": made.project,
        "shot": made.shot,
        "workflow": {"name": made.workflow, "number": made.version, "content_hash": made.content_hash},
        "inputs": dict(made.inputs),
        "seed": made.seed or facts.seed,
        "settings": _settings(facts),
        "techniques": list(facts.techniques),
        "models": [dict(model) for model in made.models],
        "parents": [dict(parent) for parent in made.parents],
        "backend": {"name": made.backend, "comfyui_version": made.comfyui_version, "simulated": made.simulated},
        "started_at": _time(made.started_at),
        "finished_at": _time(made.finished_at),
        "file": _file(file),
    } | ({} if file.carries_graph else {"graph": dict(made.graph)})


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The one way to write a statement as bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(statement: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(statement)).hexdigest()


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
    }


def _time(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _version() -> str:
    try:
        return version("slate")
    except PackageNotFoundError:
        return "unpackaged"
