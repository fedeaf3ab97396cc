"""Agents for tests: the SDK's own client against a served room, by a key of one of its members."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from bot import commands
from bot.request import ChatPlace, ChatRequest
from core.desk import Desk
from storage.tables import Member
from tests.web import Web

_Result = TypeVar("_Result")


def run(talk: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """What `talk` returns, in a thread of its own: browsers in other tests leave an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(talk())).result()


def key_of(desk: Desk, member: Member, scope: str = "write") -> str:
    """The text of a new key of this member."""
    answer = commands.answer(desk, ChatRequest(member, ChatPlace("room"), f"/apikeys new agent scope:{scope}"))
    assert not answer.error, answer.data
    return str(answer.data["text"])


def over_http(web: Web, key: str, talk: Callable[[Client], Awaitable[_Result]], mode: str = "auto") -> _Result:
    """What `talk` returns, with a client connected to /mcp."""

    async def go() -> _Result:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers, timeout=20) as http:
            async with Client(streamable_http_client(f"{web.url}/mcp", http_client=http), mode=mode) as client:
                return await talk(client)

    return run(go)


def called(web: Web, key: str, tool: str, **given: Any) -> dict[str, Any]:
    """The structured answer of one call; with `error` where it failed."""
    result = over_http(web, key, lambda client: client.call_tool(tool, given))
    data: dict[str, Any] = result.structured_content
    assert result.is_error is ("error" in data)
    return data
