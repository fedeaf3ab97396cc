"""/_simulator: turning knobs and starting over, for tests; not part of ComfyUI's protocol."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

from aiohttp import web

from hooks.simulator.routes import simulator

routes = web.RouteTableDef()


@routes.get("/_simulator/knobs")
async def knobs(request: web.Request) -> web.Response:
    return web.json_response(simulator(request).knobs.read())


@routes.post("/_simulator/knobs")
async def turn(request: web.Request) -> web.Response:
    """A JSON object of knob names and values; 400 with a sentence when one of them is wrong (those before it are turned)."""
    sim = simulator(request)
    try:
        sim.knobs.turn_all(json.loads(await request.text()))
    except (ValueError, AttributeError) as error:
        return web.json_response({"error": str(error)}, status=400)
    sim.queue.wake()
    return web.json_response(sim.knobs.read())


@routes.post("/_simulator/restart")
async def restart(request: web.Request) -> web.Response:
    await asyncio.to_thread(simulator(request).restart)
    return web.Response()


@routes.get("/_simulator/executed")
async def executed(request: web.Request) -> web.Response:
    """What this process has run, oldest first."""
    return web.json_response([asdict(run) for run in simulator(request).log.all()])
