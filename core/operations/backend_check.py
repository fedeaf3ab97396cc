"""Which ComfyUI servers there are, and whether each can run what the library of workflows needs: a part of the doctor's round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from core.comfyui.client import Comfy
from core.comfyui.loaders import ModelRef, models_in
from core.desk import Desk
from core.errors import BackendError, DatabaseUnavailable
from core.operations.findings import Finding, Kind, State
from core.operations.settings_table import hide_password
from core.operations.setup import Server, configured_servers
from storage.rendering import backends, workflows


def servers(desk: Desk) -> list[Server]:
    """(name, URL) of each server: those of the settings, else the simulated ones that were started here last."""
    if not desk.settings.simulated:
        return configured_servers(desk.settings)
    try:
        with desk.reading() as session:
            return [(backend.name, backend.url) for backend in backends.in_use(session)]
    except DatabaseUnavailable:
        return []


def examine_server(desk: Desk, name: str, url: str) -> Iterator[Finding]:
    """Whether it answers, and which nodes and models the library's workflows would miss there."""
    kind: Kind = "simulated" if desk.settings.simulated else "real"
    where = hide_password(url)
    facts: dict[str, Any] = {"name": name, "url": where}
    try:
        with Comfy(url, name=name, timeout=5.0) as comfy:
            info = comfy.server()
            missing = _missing(desk, comfy)
    except BackendError as problem:
        if kind == "simulated":
            text = f"The simulated {name} is not running."
            yield Finding("comfyui", State.IDLE, text, "`slate up` starts it.", kind, facts)
        else:
            fix = problem.hint or "Start it, or correct SLATE_COMFYUI_URLS."
            yield Finding("comfyui", State.BROKEN, f"{name} at {where}: {problem.message}", fix, kind, facts)
        return
    except DatabaseUnavailable:
        missing = {}
    facts |= {
        "version": info.version,
        "device": info.device,
        "missing": {name: lacks for name, lacks in missing.items() if lacks},
    }
    outside = _outside(desk, name)
    facts["outside"] = outside
    text = f"{name} at {where}: ComfyUI {info.version} on {info.device}{_also(outside)}"
    if missing:
        told = "; ".join(f"{workflow} lacks {', '.join(lacks)}" for workflow, lacks in missing.items())
        yield Finding(
            "comfyui",
            State.WARNING,
            f"{text}. {told}.",
            "Install them there, or name what it has in SLATE_DEFAULT_MODELS.",
            kind,
            facts,
        )
    else:
        yield Finding("comfyui", State.FINE, f"{text}, has all that the workflows need.", "", kind, facts)


def _outside(desk: Desk, name: str) -> int:
    """Runs on the server that Slate did not hand in, as the sweeper counted them last."""
    try:
        with desk.reading() as session:
            backend = backends.by_name(session, name)
    except DatabaseUnavailable:
        return 0
    return backend.outside if backend else 0


def _also(outside: int) -> str:
    return f", with {outside} job{'' if outside == 1 else 's'} of other people" if outside else ""


def _missing(desk: Desk, comfy: Comfy) -> dict[str, list[str]]:
    """Workflow -> node types and model files that the server does not have; only workflows that lack something."""
    nodes = comfy.node_types()
    with desk.reading() as session:
        wanted = [
            (workflow.name, workflows.version_by_id(session, workflow.latest_version_id or 0))
            for workflow in workflows.everything(session)
        ]
    there: dict[str, set[str]] = {}
    found: dict[str, list[str]] = {}
    for name, version in wanted:
        if version is None:
            continue
        lacks = [f"node {node}" for node in version.node_types if node not in nodes]
        lacks += _lacking(models_in(version.graph), comfy, there)
        if lacks:
            found[name] = lacks
    return found


def _lacking(models: Iterable[ModelRef], comfy: Comfy, there: dict[str, set[str]]) -> list[str]:
    lacks = []
    for folder, name in models:
        if folder not in there:
            there[folder] = {one.replace("\\", "/") for one in comfy.models(folder)}
        if name.replace("\\", "/") not in there[folder]:
            lacks.append(f"{folder}/{name}")
    return lacks
