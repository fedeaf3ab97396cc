"""`slate mcp`: Slate for an agent's program on the same machine, over standard input and output."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.options import As, AsJson
from core.errors import Refused

if TYPE_CHECKING:
    from bot.agents.calling import AgentCaller
    from core.desk import Desk

KEY = "SLATE_API_KEY"


def mcp(
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer no tool that changes anything.")] = False,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Serve an agent's program on standard input and output by MCP, as you, or by the key in SLATE_API_KEY."""
    import anyio
    import anyio.to_thread
    from mcp.server.stdio import stdio_server

    from bot.agents.server import server
    from bot.cli.open_desk import opened

    async def in_thread(work: Callable[[], Any]) -> Any:
        return await anyio.to_thread.run_sync(work)

    async def serve(desk: Desk, who: Callable[[], AgentCaller]) -> None:
        answers = server(desk, who, in_thread)
        async with stdio_server() as (incoming, outgoing):
            await answers.run(incoming, outgoing, answers.create_initialization_options())

    with opened() as desk:
        who = _who(desk, as_name, os.environ.get(KEY, ""))
        caller = who()  # a key that does not hold is said at once
        if read_only:
            from core.people.api_keys import KeyScope

            anyio.run(serve, desk, lambda: replace(who(), scope=KeyScope.READ))
        else:
            anyio.run(serve, desk, lambda: replace(who(), scope=caller.scope))


def _who(desk: Desk, as_name: str, key: str) -> Callable[[], AgentCaller]:
    """For whom the agent acts, looked up anew for each call: keys are revoked and accounts closed while it runs."""
    from bot.agents import calling
    from bot.cli.run_line import sit_down
    from core.people import api_keys
    from core.people.api_keys import KeyScope
    from storage.people import members

    if key:

        def by_key() -> AgentCaller:
            with desk.reading() as session:
                held = api_keys.held(session, key.strip())
            if held is None:
                raise Refused(
                    f"The key in {KEY} does not hold.", hint="It has ended or was revoked: /apikeys new NAME makes one."
                )
            return calling.by_key(held)

        return by_key
    seated = sit_down(desk, as_name)

    def by_name() -> AgentCaller:
        with desk.reading() as session:
            member = members.by_id(session, seated.member.id or 0)
        if member is None or not member.active:
            raise Refused(f"{seated.member.name}'s account is closed.", hint="An admin can open it again: /reactivate")
        return calling.AgentCaller(member, KeyScope.WRITE, f"terminal/{seated.operator or member.name}")

    return by_name
