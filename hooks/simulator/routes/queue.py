"""The queue, the history, interrupting and freeing."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from hooks.simulator.routes import simulator

routes = web.RouteTableDef()


@routes.get("/queue")
async def queue(request: web.Request) -> web.Response:
    held = simulator(request).queue
    running = held.running()
    return web.json_response(
        {"queue_running": [running[:5]] if running else [], "queue_pending": [item[:5] for item in held.pending()]}
    )


@routes.post("/queue")
async def change_queue(request: web.Request) -> web.Response:
    asked = json.loads(await request.text())
    held = simulator(request).queue
    if asked.get("clear"):
        held.clear()
    for prompt_id in asked.get("delete", ()):
        held.delete(prompt_id)
    return web.Response()


@routes.post("/interrupt")
async def interrupt(request: web.Request) -> web.Response:
    """Without a readable body it strikes whatever runs, whoever's it is."""
    try:
        asked = json.loads(await request.text())
    except ValueError:
        asked = {}
    prompt_id = asked.get("prompt_id") if isinstance(asked, dict) else None
    simulator(request).interrupt(prompt_id or None)
    return web.Response()


@routes.post("/free")
async def free(request: web.Request) -> web.Response:
    asked = json.loads(await request.text())
    held = simulator(request).queue
    held.flags.update({name: bool(asked.get(name)) for name in ("unload_models", "free_memory") if asked.get(name)})
    held.wake()
    return web.Response()


@routes.get("/history")
async def history(request: web.Request) -> web.Response:
    most = request.query.get("max_items")
    offset = int(request.query.get("offset", -1))
    ended = list(simulator(request).queue.finished().items())
    return web.json_response(dict(_slice(ended, int(most) if most is not None else None, offset)))


def _slice(ended: list[tuple[str, Any]], most: int | None, offset: int) -> list[tuple[str, Any]]:
    """The newest `most`; with an offset, that many from it on, counted from the oldest."""
    if most is None:
        return ended[max(0, offset) :]
    if offset < 0:
        offset = max(0, len(ended) - most)
    return ended[offset : offset + most]


@routes.get("/history/{prompt_id}")
async def one_history(request: web.Request) -> web.Response:
    prompt_id = request.match_info["prompt_id"]
    found = simulator(request).queue.finished().get(prompt_id)
    return web.json_response({prompt_id: found} if found else {})


@routes.post("/history")
async def change_history(request: web.Request) -> web.Response:
    asked = json.loads(await request.text())
    held = simulator(request).queue
    if asked.get("clear"):
        held.forget_all()
    for prompt_id in asked.get("delete", ()):
        held.forget(prompt_id)
    return web.Response()
