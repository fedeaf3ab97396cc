"""The MCP endpoint: Streamable HTTP for agents with an API key. Each request stands alone, so there is no session to keep."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from bot.agents import calling
from bot.web.app_state import House, house
from bot.web.bearer import key_of
from bot.web.limits import WorkLimit
from core.desk import Desk
from core.people.api_keys import KeyUse

router = APIRouter(include_in_schema=False)
_REQUESTS = WorkLimit(at_once=64, waiting=0)
"""Requests that are read at once: each may hold a picture."""
_CALLS = WorkLimit(at_once=6, waiting=60)
"""Calls that are carried out at once, and how many may wait."""
_LONGEST_BODY = 5 * 2**20


class McpResponse(Response):
    """Answers one request by the SDK's transport, in whatever version of the protocol the agent speaks."""

    def __init__(self, desk: Desk, key: KeyUse) -> None:
        super().__init__()
        self._desk, self._caller = desk, calling.by_key(key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from bot.agents.server import server

        answers = server(self._desk, lambda: self._caller, _CALLS.run)
        once = StreamableHTTPSessionManager(answers, json_response=True, stateless=True, max_request_body_size=_LONGEST_BODY)
        async with _REQUESTS.place(), once.run():
            await once.handle_request(scope, receive, send)


@router.post("/mcp", response_model=None)
async def mcp(home: Annotated[House, Depends(house)], key: Annotated[KeyUse, Depends(key_of)]) -> Response:
    """One message of an agent."""
    await run_in_threadpool(import_module, "bot.agents.server")  # the SDK takes a second to import, and few servers have agents
    return McpResponse(home.desk, key)
