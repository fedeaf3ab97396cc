"""What programs ask with a key: any command that keys may carry out, answered as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from bot import command_text
from bot.request import ChatPlace, ChatRequest
from bot.web.app_state import House, house
from bot.web.bearer import key_of
from bot.web.room_routes import body
from core.errors import Refused
from core.people import projects
from core.people.api_keys import KeyScope, KeyUse

router = APIRouter(include_in_schema=False)
Home = Annotated[House, Depends(house)]
Key = Annotated[KeyUse, Depends(key_of)]

READS = frozenset({
    "find", "whatis", "lineage", "compare", "takes", "provenance", "queue", "why", "workflows", "help", "project",
    "models", "model",
})  # fmt: skip
WRITES = READS | {
    "render", "vary", "reroll", "retry", "upscale", "cancel",
    "approve", "reject", "needs-work", "tag", "untag", "export", "declare", "verify", "compliance", "links",
    "workflow",
}  # fmt: skip
"""What a key may say. All else, such as what concerns people, keys and signing in, is for people."""
_CHANGES = frozenset({"new", "client", "reactions"})


class ApiCommand(BaseModel):
    """A line as people type it. `key` makes a repeated request one."""

    text: str = Field(min_length=1, max_length=20_000)
    project: str = Field("", max_length=100)
    key: str | None = Field(None, min_length=8, max_length=64)


@router.post("/api/command")
async def command(request: Request, home: Home, key: Key) -> JSONResponse:
    """Carry out a command: its JSON as the command line prints it with `--json`, or `{"error": …}`."""
    wanted = await body(request, ApiCommand)
    return await run_in_threadpool(_command, home, key, wanted)


def _command(home: House, key: KeyUse, wanted: ApiCommand) -> JSONResponse:
    line = command_text.read(wanted.text)
    _check(key, line)
    project = None
    if wanted.project:
        with home.desk.reading() as session:
            project = projects.find(session, wanted.project)
    once = f"api:{key.row}:{wanted.key}" if wanted.key else None
    answer = home.commands.answer(home.desk, ChatRequest(key.member, ChatPlace("api", project=project), wanted.text, key=once))
    data: dict[str, Any] = answer.data
    return JSONResponse(data, 200 if not answer.error else 422)


def _check(key: KeyUse, line: command_text.CommandLine) -> None:
    """Raises Refused for a command that this key may not carry out."""
    from bot.commands import BY_NAME

    known = BY_NAME.get(line.command)
    name = known.name if known else line.command
    changes = name == "project" and (line.words or any(one in _CHANGES for one, _ in line.options))
    if name not in (WRITES if key.scope is KeyScope.WRITE else READS) or changes:
        hint = "A key with the scope write may do more." if name in WRITES and not changes else "That is for people."
        raise Refused(f"This key may not do that: {name[:40] or 'nothing'}.", hint=hint)
