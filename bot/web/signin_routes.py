"""Signing in with an account: the door, and one-time links."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from bot import identity
from bot.web import limits
from bot.web.app_state import House, house
from bot.web.files import read
from bot.web.session import let_in, token_of
from core.errors import Conflict, Refused
from core.people import sessions, signin

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
Home = Annotated[House, Depends(house)]
_LONGEST_NEXT = 2000
_LONGEST_FORM = 10_000
_A_MINUTE = 20
"""Sign-ins that one address may try a minute."""


class Browser(TypedDict):
    """What a session is told of the browser it begins in."""

    browser: str
    before: str


def about(request: Request, home: House) -> Browser:
    """The browser's name, and the token of the session it had."""
    return {"browser": request.headers.get("user-agent", ""), "before": token_of(request, home.desk.settings)}


def door(home: House, next_: str) -> str:
    """The page for whoever is not signed in."""
    by_name = home.desk.settings.sign_in == "name"
    provider = home.openid.name if home.openid and not by_name else ""
    return home.templates.html("door.html", next=next_, by_name=by_name, provider=provider)


def local(path: str) -> str:
    """The path if it is one of this server, else nothing; browsers drop tabs and turn backslashes before they look at it."""
    odd = any(letter <= " " or letter in "\\\x7f" for letter in path)
    return path if path.startswith("/") and not path.startswith("//") and not odd and len(path) <= _LONGEST_NEXT else ""


@router.get("/signin/{token}")
def look(token: str, request: Request, home: Home) -> HTMLResponse:
    """What a link is for. Looking does not spend it: chats open links by themselves to preview them."""
    limits.take(home.desk, request, "sign-in-look", 3 * _A_MINUTE)
    with home.desk.reading() as session:
        kind, member = signin.look(session, token)
    facts: dict[str, Any] = {"token": token, "name": member.name if member else "", "first": kind is signin.Ticket.FIRST_ADMIN}
    return HTMLResponse(home.templates.html("signin.html", **facts), headers={"Cache-Control": "no-store"})


@router.post("/signin/{token}", response_model=None)
async def sign_in(token: str, request: Request, home: Home) -> RedirectResponse:
    """Spend the link, and begin a session."""
    await run_in_threadpool(limits.take, home.desk, request, "sign-in", _A_MINUTE)
    form = parse_qs((await read(request, _LONGEST_FORM)).decode("utf-8", "replace"), max_num_fields=10)
    begun = await run_in_threadpool(_begin, home, request, token, form.get("name", [""])[0])
    response = RedirectResponse("/", 303)
    let_in(response, begun, home.desk.settings)
    return response


def _begin(home: House, request: Request, token: str, name: str) -> str:
    """The token of a new session. Raises Refused, Conflict, BadInput for the first admin's name."""
    try:
        with home.desk.writing() as session:
            kind, member = signin.redeem(session, token)
            if member is None:
                member = identity.first_admin(session, name)
            way = sessions.Way.FIRST_ADMIN if kind is signin.Ticket.FIRST_ADMIN else sessions.Way.LINK
            return sessions.begin(session, member, way, **about(request, home))
    except (Refused, Conflict) as problem:
        signin.note_refusal(home.desk, "link", problem.message)
        raise
