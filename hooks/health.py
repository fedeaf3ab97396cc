"""Whether this process can do its work: `/healthz` for supervisors and load balancers."""

from __future__ import annotations

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from core.desk import Desk
from core.errors import DatabaseUnavailable
from core.schemas.room import HealthSchema
from storage.people import members

router = APIRouter(include_in_schema=False)
_AT_ONCE = 4


@router.get("/healthz")
async def healthz(request: Request) -> JSONResponse:
    """200 when the database answers, else 503. A Redis that is away is told, and is no reason to stop: the room polls instead.

    It has threads of its own: those that all other routes share may be taken up, as by attackers, while the process is well.
    """
    state = request.app.state
    if not hasattr(state, "health_threads"):
        state.health_threads = anyio.CapacityLimiter(_AT_ONCE)
    found = await run_sync(_looked, state.house.desk, limiter=state.health_threads)
    return JSONResponse(found.as_json(), 200 if found.ok else 503)


def _looked(desk: Desk) -> HealthSchema:
    try:
        with desk.reading() as session:
            members.anybody(session)
        up = True
    except DatabaseUnavailable:
        up = False
    return HealthSchema(ok=up, database="up" if up else "away", redis="up" if desk.queue.ping() else "away")
