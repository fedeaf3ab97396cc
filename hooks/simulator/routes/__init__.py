"""The routes of a simulated ComfyUI, a module for each part of the protocol."""

from __future__ import annotations

from aiohttp import web

from hooks.simulator.server import Simulator

SIMULATOR = web.AppKey("simulator", Simulator)


def simulator(request: web.Request) -> Simulator:
    return request.app[SIMULATOR]


def trouble() -> web.Response:
    """What any unforeseen exception is answered with."""
    return web.Response(
        status=500,
        text="500 Internal Server Error\n\nServer got itself in trouble",
        content_type="text/plain",
        headers={"Connection": "close"},
    )
