"""Whether this process can do its work: `/healthz` for supervisors and load balancers."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from core.errors import DatabaseUnavailable
from core.schemas.room import HealthSchema
from storage.people import members

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz(request: Request) -> JSONResponse:
    """200 when the database answers, else 503. A Redis that is away is told, and is no reason to stop: the room polls instead."""
    desk = request.app.state.house.desk
    try:
        with desk.reading() as session:
            members.anybody(session)
        up = True
    except DatabaseUnavailable:
        up = False
    redis = "up" if desk.queue.ping() else "away"
    return JSONResponse(HealthSchema(ok=up, database="up" if up else "away", redis=redis).as_json(), 200 if up else 503)
