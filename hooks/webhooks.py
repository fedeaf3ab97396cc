"""Webhooks: what other programs tell Slate, and the description of every event that it sends."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from bot.incoming import from_programs
from bot.web import limits
from bot.web.app_state import House, visitor
from bot.web.files import read
from core.deliveries import asyncapi, inbound
from core.errors import Refused

router = APIRouter(include_in_schema=False)
_UNSIGNED_PER_MINUTE = 60
"""Requests without a valid signature that one address may send a minute before it is told to stop."""


@router.get("/asyncapi.json", dependencies=[Depends(visitor)])
def description() -> dict[str, Any]:
    """The events that webhooks send, as AsyncAPI 3.0 with a JSON Schema of each."""
    return asyncapi.document()


@router.post("/hooks/{name}")
async def hear(request: Request, name: str) -> dict[str, Any]:
    """One event of another program. What is not signed is counted, and not parsed."""
    house: House = request.app.state.house
    if not inbound.is_dated(request.headers):
        await run_in_threadpool(_unsigned, house, request)
    body = await read(request, inbound.MOST_BYTES)
    return await run_in_threadpool(_heard, house, request, name, body)


def _heard(house: House, request: Request, name: str, body: bytes) -> dict[str, Any]:
    try:
        one = inbound.verified(house.desk, name, request.headers, body)
    except Refused:
        limits.take(house.desk, request, "unsigned webhook", _UNSIGNED_PER_MINUTE)
        raise
    heard = inbound.carry_out(house.desk, one, request.headers["webhook-id"], body)
    told = from_programs.tell(house.desk, heard) if heard.new else 0
    return {"asset": heard.asset.code, "status": heard.asset.status, "new": heard.new, "threads": told}


def _unsigned(house: House, request: Request) -> None:
    limits.take(house.desk, request, "unsigned webhook", _UNSIGNED_PER_MINUTE)
    raise Refused("This request is not signed.", hint="docs/webhooks.md says how.")
