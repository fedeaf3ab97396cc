"""One offer of a graph to a server, and what its answer means: taken, refused, or nobody can tell."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2

from core.comfyui.graph import Graph
from core.comfyui.http import Wire
from core.comfyui.refusal import Models, refusal
from core.errors import BackendError, BackendUnreachable, BadGraph, GraphRefused, SlateError


class TakenAndRefused(Exception):
    """The server took something that must not run; `prompt_id` is to be cancelled and `error` to be told."""

    def __init__(self, prompt_id: str, error: SlateError) -> None:
        self.prompt_id = prompt_id
        self.error = error
        super().__init__(prompt_id)


def body(graph: Graph, prompt_id: str, client_id: str, extra_pnginfo: dict[str, Any] | None) -> bytes:
    """What is posted. Never a `number`: a second one with the same id would kill the server's worker thread. Raises BadGraph."""
    extra: dict[str, Any] = {"preview_method": "auto"}
    if extra_pnginfo:
        extra["extra_pnginfo"] = _checked(extra_pnginfo)
    told = {"prompt": graph, "prompt_id": prompt_id, "client_id": client_id, "extra_data": extra}
    try:
        return json.dumps(told, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError) as problem:
        raise BadGraph("The workflow has values that JSON does not have.") from problem


def _checked(extra_pnginfo: dict[str, Any]) -> dict[str, Any]:
    """Keys become PNG keywords after all the work is done, and a `workflow` that is no object breaks /api/jobs for everybody."""
    for key in extra_pnginfo:
        if not re.fullmatch(r"[!-~]{1,79}", key):
            raise ValueError(f"not a PNG keyword in plain ASCII: {key!r}")
    if not isinstance(extra_pnginfo.get("workflow", {}), dict):
        raise ValueError("extra_pnginfo.workflow must be an object")
    return extra_pnginfo


def offer(wire: Wire, told: bytes, prompt_id: str, graph: Graph, models: Models) -> SlateError | None:
    """Post once: None when the server has the graph, an error when nobody can tell.

    Raises TakenAndRefused, or what is certain: BackendUnreachable when nothing was sent, and the GraphRefused family.
    """
    try:
        answer = wire.ask("POST", "/prompt", content=told, headers={"Content-Type": "application/json"})
    except BackendUnreachable as problem:
        if not problem.facts["sent"]:
            raise
        return problem
    if answer.status_code == 500:
        hint = f"The workflow is malformed for this version of ComfyUI; the log of {wire.name} tells more."
        return GraphRefused(f"{wire.name} failed while reading the workflow.", hint=hint, backend=wire.name)
    if answer.status_code > 500:
        return wire.unexpected(answer)
    if answer.status_code == 413:
        raise GraphRefused(f"The workflow is larger than {wire.name} takes.", hint="Choose a smaller one.", backend=wire.name)
    if answer.status_code not in (200, 400):
        raise wire.unexpected(answer)
    return _judge(wire, answer, prompt_id, graph, models)


def _judge(wire: Wire, answer: httpx2.Response, prompt_id: str, graph: Graph, models: Models) -> SlateError | None:
    try:
        told = wire.read(answer)
    except BackendError as problem:
        return problem
    if not isinstance(told, dict):
        return wire.garbled("no id for the run")
    if answer.status_code == 400:
        raise refusal(told, graph, server=wire.name, models=models)
    taken = told.get("prompt_id", prompt_id)
    if taken != prompt_id:
        too_old = f"{wire.name} is too old: it gives runs ids of its own."
        raise TakenAndRefused(str(taken), GraphRefused(too_old, hint="Update ComfyUI.", backend=wire.name))
    if told.get("node_errors"):  # a part of the graph would run, and the rest be dropped in silence
        raise TakenAndRefused(prompt_id, refusal(told, graph, server=wire.name, models=models))
    return None
