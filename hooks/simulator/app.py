"""The simulated ComfyUI as an aiohttp application: every route, with and without /api, and what surrounds them."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from hooks.simulator.knobs import Knobs
from hooks.simulator.options import SimulatorOptions
from hooks.simulator.routes import SIMULATOR, control, discovery, files, jobs, prompt, queue, simulator, trouble
from hooks.simulator.server import Simulator

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_simulator(options: SimulatorOptions | None = None, knobs: Knobs | None = None) -> web.Application:
    """The application of one simulated server; its worker lives from the application's start-up to its clean-up."""
    sim = Simulator(options or SimulatorOptions(), knobs)
    app = web.Application(middlewares=[_answers, _origins, _spoiled], client_max_size=2**40)
    app[SIMULATOR] = sim
    app.on_startup.append(_start)
    app.on_shutdown.append(_stop)
    app.on_cleanup.append(_clean)
    for table in (prompt.routes, queue.routes, files.routes, discovery.routes):
        _add(app, table)
    app.router.add_routes(jobs.routes)
    app.router.add_routes(control.routes)
    for path in ("/ws", "/api/ws"):
        app.router.add_get(path, socket)
    app.router.add_route("*", "/{rest:.*}", nowhere)
    return app


def _add(app: web.Application, table: web.RouteTableDef) -> None:
    for route in table:
        assert isinstance(route, web.RouteDef)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, route.handler)
            app.router.add_route(method, f"/api{route.path}", route.handler)


async def _start(app: web.Application) -> None:
    app[SIMULATOR].start()


async def _stop(app: web.Application) -> None:
    await app[SIMULATOR].stop()


async def _clean(app: web.Application) -> None:
    app[SIMULATOR].remove_folder()


async def socket(request: web.Request) -> web.StreamResponse:
    """A client whose job runs just now is told the node, and not (the real one forgets it) the job."""
    sim = simulator(request)
    if sim.knobs.take("ws_refuse"):
        return trouble()
    running = None
    if sim.bench.node is not None and sim.bench.client == request.query.get("clientId"):
        running = {"node": sim.bench.node}
        if sim.knobs.reconnect_prompt_id:
            running["prompt_id"] = sim.running_id() or ""
    return await sim.sockets.serve(request, sim.status(), running, sim.features())


async def nowhere(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(status=404)
    await answer.prepare(request)
    return answer


@web.middleware
async def _answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Too large is 413, anything unforeseen is the 500 that a real server gives; errors have no body."""
    sim = simulator(request)
    most = sim.knobs.max_upload_size
    if (request.content_length or 0) > most:
        return web.Response(status=413, text=f"Maximum request body size {most} exceeded.")
    if sim.knobs.http_seconds:
        await asyncio.sleep(sim.knobs.http_seconds)
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.Response(status=error.status)
    except Exception:
        log.debug("answered 500 to %s %s", request.method, request.path, exc_info=True)
        return trouble()


@web.middleware
async def _origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page from elsewhere may not reach a server on loopback; any preflight is simply answered."""
    if request.method == "OPTIONS":
        return web.Response()
    if request.headers.get("Sec-Fetch-Site") == "cross-site" or not _same_origin(request):
        return web.Response(status=403)
    return await handler(request)


def _same_origin(request: web.Request) -> bool:
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if not host or not origin or not _loopback(urlsplit(f"//{host}").hostname or ""):
        return True
    other = urlsplit(origin)
    mine = urlsplit(f"//{host}")
    return mine.hostname == other.hostname and (mine.port is None or other.port is None or mine.port == other.port)


def _loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


@web.middleware
async def _spoiled(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the knobs make of an otherwise good answer."""
    sim = simulator(request)
    if request.path.startswith("/_simulator"):
        return await handler(request)
    while sim.knobs.frozen:
        await asyncio.sleep(0.02)
    if sim.knobs.take("http_500"):
        return trouble()
    answer = await handler(request)
    if sim.knobs.garbage and sim.knobs.garbage_path in request.path and isinstance(answer, web.Response):
        return _garbled(answer, sim.knobs.garbage)
    return answer


def _garbled(answer: web.Response, how: str) -> web.Response:
    if answer.content_type != "application/json" or answer.status != 200:
        return answer
    if how == "html":
        return web.Response(text="<!doctype html><title>Sign in</title><p>Please sign in to go on.", content_type="text/html")
    text = "" if how == "empty" else (answer.text or json.dumps(None))[: max(1, len(answer.text or "") // 2)]
    return web.Response(text=text, content_type="application/json")
