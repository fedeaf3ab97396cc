"""GET /api/jobs and its kin: queue and history as one list; one poisoned entry is a 500 for everybody, as in the real one."""

from __future__ import annotations

import json
import uuid
from typing import Any

from aiohttp import web

from hooks.simulator import versions
from hooks.simulator.queue import Item
from hooks.simulator.routes import simulator
from hooks.simulator.server import Simulator

routes = web.RouteTableDef()
STATES = ("pending", "in_progress", "completed", "failed", "cancelled")
Job = dict[str, Any]


@routes.get("/api/jobs")
async def jobs(request: web.Request) -> web.Response:
    sim = simulator(request)
    _needs(sim, "jobs")
    query = request.query
    states = [one.strip() for one in query["status"].lower().split(",") if one.strip()] if "status" in query else list(STATES)
    wrong = [one for one in states if one not in STATES]
    if wrong:
        return _bad(f"Invalid status value(s): {', '.join(wrong)}. Valid values: {', '.join(STATES)}")
    sort, order = query.get("sort_by", "created_at"), query.get("sort_order", "desc")
    if sort not in ("created_at", "execution_duration"):
        return _bad("sort_by must be 'created_at' or 'execution_duration'")
    if order not in ("asc", "desc"):
        return _bad("sort_order must be 'asc' or 'desc'")
    try:
        limit, offset = _whole(query, "limit"), max(0, _whole(query, "offset") or 0)
    except ValueError as error:
        return _bad(str(error))
    if limit is not None and limit <= 0:
        return _bad("limit must be a positive integer")
    found = [
        job
        for job in _all(sim)
        if job["status"] in states and query.get("workflow_id", job.get("workflow_id")) == job.get("workflow_id")
    ]
    found.sort(key=_by_time if sort == "created_at" else _by_duration, reverse=order == "desc")
    page = found[offset : offset + limit if limit else None]
    pages = {"offset": offset, "limit": limit, "total": len(found), "has_more": offset + len(page) < len(found)}
    return web.json_response({"jobs": page, "pagination": pages})


@routes.get("/api/jobs/{job_id}")
async def job(request: web.Request) -> web.Response:
    sim = simulator(request)
    _needs(sim, "jobs")
    job_id = request.match_info["job_id"]
    record = sim.queue.finished().get(job_id)
    if record is not None:
        whole = {"prompt": record["prompt"][2], "extra_data": record["prompt"][3]}
        return web.json_response(
            {**_ended(record), "outputs": record["outputs"], "execution_status": record["status"], "workflow": whole}
        )
    found = next((one for one in _waiting(sim) if one["id"] == job_id), None)
    return web.json_response(found) if found else web.json_response({"error": "Job not found"}, status=404)


@routes.post("/api/jobs/{job_id}/cancel")
async def cancel(request: web.Request) -> web.Response:
    sim = simulator(request)
    _needs(sim, "cancel")
    return web.json_response({"cancelled": sim.cancel(request.match_info["job_id"])})


@routes.post("/api/jobs/cancel")
async def cancel_many(request: web.Request) -> web.Response:
    sim = simulator(request)
    _needs(sim, "cancel")
    try:
        asked = json.loads(await request.text())
    except ValueError:
        return _bad("Request body must be valid JSON")
    ids = asked.get("job_ids") if isinstance(asked, dict) else None
    if not isinstance(ids, list):
        return _bad("job_ids must be a list")
    wrong = [str(one) for one in ids if not _is_uuid(one)]
    if wrong:
        return web.json_response({"error": "job_ids contains invalid id(s)", "invalid_ids": wrong}, status=400)
    done = [sim.cancel(one) for one in ids]
    return web.json_response({"cancelled": any(done)})


def _needs(sim: Simulator, feature: str) -> None:
    if not versions.has(sim.knobs.version, feature):
        raise web.HTTPNotFound


def _bad(sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=400)


def _whole(query: Any, name: str) -> int | None:
    try:
        return int(query[name]) if name in query else None
    except ValueError:
        raise ValueError(f"{name} must be an integer") from None


def _is_uuid(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value))
    except ValueError:
        return False


def _by_time(job: Job) -> float:
    return float(job.get("create_time") or 0)


def _by_duration(job: Job) -> float:
    return float(job.get("execution_end_time", 0) - job.get("execution_start_time", 0))


def _all(sim: Simulator) -> list[Job]:
    return [*_waiting(sim), *(_ended(record) for record in sim.queue.finished().values())]


def _waiting(sim: Simulator) -> list[Job]:
    running = sim.queue.running()
    first = [_queued(running, "in_progress")] if running else []
    return first + [_queued(item, "pending") for item in sim.queue.pending()]


def _queued(item: Item, state: str) -> Job:
    about = {"id": item[1], "status": state, "priority": item[0], "create_time": item[3].get("create_time")}
    return _told({**about, "outputs_count": 0, "previewable_outputs_count": 0, "workflow_id": _workflow_id(item[3])})


def _workflow_id(extra: dict[str, Any]) -> Any:
    """Trusts that both are objects; when one is not, that is the poison."""
    return extra.get("extra_pnginfo", {}).get("workflow", {}).get("id")


def _ended(record: dict[str, Any]) -> Job:
    number, job_id, _, extra, _ = record["prompt"]
    moments = dict(record["status"]["messages"])
    files = _files(record["outputs"])
    last = record["status"]["messages"][-1][1]
    return _told({
        "id": job_id, "status": _state(record["status"], moments), "priority": number, "create_time": extra.get("create_time"),
        "execution_start_time": moments["execution_start"]["timestamp"], "execution_end_time": last.get("timestamp"),
        "execution_error": moments.get("execution_error"), "outputs_count": len(files), "previewable_outputs_count": len(files),
        "preview_output": next((one for one in files if one["type"] == "output"), files[0] if files else None),
        "workflow_id": _workflow_id(extra),
    })  # fmt: skip


def _state(status: dict[str, Any], moments: dict[str, Any]) -> str:
    if status["status_str"] == "success":
        return "completed"
    return "cancelled" if "execution_interrupted" in moments else "failed"


def _files(outputs: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**entry, "nodeId": node, "mediaType": kind}
        for node, shown in outputs.items()
        for kind, entries in shown.items()
        for entry in entries
        if isinstance(entry, dict)
    ]


def _told(job: Job) -> Job:
    return {name: value for name, value in job.items() if value is not None}
