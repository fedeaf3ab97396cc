"""GET and POST /prompt: asking for a job."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Any

from aiohttp import web

from hooks.simulator import versions
from hooks.simulator.routes import simulator, trouble
from hooks.simulator.server import Simulator
from hooks.simulator.validation import check, refusal
from hooks.simulator.worker import now_ms

routes = web.RouteTableDef()
CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECRETS = ("auth_token_comfy_org", "api_key_comfy_org")


@routes.get("/prompt")
async def depth(request: web.Request) -> web.Response:
    return web.json_response(simulator(request).status())


@routes.post("/prompt")
async def submit(request: web.Request) -> web.StreamResponse:
    """Fails before or after the job is in the queue if the knobs say so; the client cannot tell which."""
    sim = simulator(request)
    body = await request.text()
    spoiled = await _spoil(request, "")
    if spoiled is not None:
        return spoiled
    answer = _submit(sim, json.loads(body), request.headers.get("Comfy-Usage-Source"))
    return await _spoil(request, "_after") or answer if answer.status == 200 else answer


async def _spoil(request: web.Request, when: str) -> web.StreamResponse | None:
    knobs = simulator(request).knobs
    if knobs.take(f"submit_500{when}"):
        return trouble()
    if knobs.take(f"submit_hang{when}"):
        await asyncio.sleep(3600)
    elif not knobs.take(f"submit_drop{when}"):
        return None
    if request.transport is not None:
        request.transport.abort()
    return trouble()


def _submit(sim: Simulator, asked: Any, source: str | None) -> web.Response:
    """The real one's order of doing things; what surprises it ends in a 500 as well."""
    number = _number(sim, asked)
    if "prompt" not in asked:
        return _refused(refusal("no_prompt", "No prompt provided", "No prompt provided"))
    prompt_id = asked.get("prompt_id") if isinstance(asked, dict) else None
    if prompt_id is None:
        prompt_id = str(uuid.uuid4())
    elif versions.has(sim.knobs.version, "canonical_prompt_id") and not (
        isinstance(prompt_id, str) and CANONICAL.fullmatch(prompt_id)
    ):
        details = "prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one"
        return _refused(refusal("invalid_prompt_id", "prompt_id must be a valid UUID", details))
    graph = asked["prompt"]
    verdict = check(graph, sim.folders, asked.get("partial_execution_targets"), sim.knobs.version)
    if verdict.error is not None:
        return _refused(verdict.error, verdict.node_errors)
    extra, secrets = _extra(sim, asked, source)
    sim.queue.put((number, str(prompt_id), graph, extra, verdict.outputs, secrets))
    return web.json_response({"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors})


def _number(sim: Simulator, asked: Any) -> float:
    if "number" in asked:
        return float(asked["number"])
    number = sim.queue.next_number()
    return -number if isinstance(asked, dict) and asked.get("front") else number


def _extra(sim: Simulator, asked: dict[str, Any], source: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    extra = asked.get("extra_data", {})
    if "client_id" in asked:
        extra["client_id"] = asked["client_id"]
    if source is not None:
        extra.setdefault("comfy_usage_source", source)
    secrets = {name: extra.pop(name) for name in SECRETS if name in extra}
    if versions.has(sim.knobs.version, "create_time"):
        extra["create_time"] = now_ms()
    return extra, secrets


def _refused(error: dict[str, Any], node_errors: dict[str, Any] | None = None) -> web.Response:
    return web.json_response({"error": error, "node_errors": node_errors or {}}, status=400)
