"""Checking a file in public: a page to drop it on and an API, without an account, rate-limited, telling no person and no prompt.

Members are told which picture of theirs it is; what a stranger is told is the house's to decide.

Also the links that exports are handed out by.
"""

from __future__ import annotations

from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from bot.show.exports import actions_of, said_of, signer_of, step_signer
from bot.show.seals import failure
from bot.web import limits
from bot.web.app_state import House, NotJoined, house, visitor
from bot.web.files import read_upload, send
from core.errors import TooLong
from core.exports import links
from core.people.roles import visible_projects
from core.security import safe_fetch, sandbox
from core.verification import verify
from core.verification.verify import Verification
from storage.tables import Member

router = APIRouter(include_in_schema=False)
Home = Annotated[House, Depends(house)]


_MEMBERS_TIMES = 5
"""How many times more often than a stranger a member may ask."""
_RECEIVED = limits.WorkLimit(8, 0)
"""Files on their way here from strangers: each is held in memory until it is whole."""
_CHECKED, _FETCHED = limits.WorkLimit(4, 16), limits.WorkLimit(4, 8)
"""Checks, and fetches from other sites: in threads of their own, so that nothing else waits for them."""
_RECEIVE_SECONDS = 60.0


class Address(BaseModel):
    """The body of a request that names a file on the web."""

    url: Annotated[str, Field(max_length=4000)]


def paced(request: Request, home: Home) -> None:
    """So often only, whichever of our processes answers: strangers by their network, members by name. Raises Refused."""
    most = home.desk.settings.verify_per_minute
    member = asker(request, home)
    if member is None:
        limits.take(home.desk, request, "verify", most)
    else:
        limits.take(home.desk, request, "verify", most * _MEMBERS_TIMES, who=f"member-{member.id}")


def asker(request: Request, home: Home) -> Member | None:
    """Who asks; None for everybody without an account."""
    try:
        return visitor(request)
    except NotJoined:
        return None


def _checked(request: Request, home: House, data: bytes, name: str) -> Verification:
    member = asker(request, home)
    if member is None:
        with sandbox.for_strangers():
            return verify.verify_for_stranger(home.desk, data, name)
    with home.desk.reading() as session:
        seen = visible_projects(session, member)
    return verify.verify(home.desk, data, name, projects=seen)


async def _received(request: Request, home: House) -> bytes:
    """The file in the body. Raises TooLong, also for one that takes too long to arrive."""
    try:
        with anyio.fail_after(_RECEIVE_SECONDS):
            return await read_upload(request, home.desk)
    except TimeoutError as problem:
        raise TooLong("The file takes too long to arrive.", hint="Send a smaller one, or join the room.") from problem


@router.get("/verify")
def verify_page(home: Home) -> HTMLResponse:
    """The page: drop a file, or give its address."""
    settings = home.desk.settings
    return HTMLResponse(home.templates.html("verify.html", team=settings.team, compares=settings.verify_discloses != "file"))


@router.post("/api/verify", dependencies=[Depends(paced)])
async def verify_file(request: Request, home: Home, name: str = "file") -> Response:
    """The bytes of a file in the body, `?name=` its name: what can be said of it, as JSON or as a piece of the page."""
    async with _RECEIVED.place():
        data = await _received(request, home)
    found = await _CHECKED.run(lambda: _checked(request, home, data, name[:200]))
    return _answer(request, home, name, found)


@router.post("/api/verify/url", dependencies=[Depends(paced)])
async def verify_address(request: Request, home: Home, where: Address) -> Response:
    """The same for a file on the open Internet."""
    settings = home.desk.settings
    most, private = settings.max_upload_mb << 20, settings.verify_private
    got = await _FETCHED.run(lambda: safe_fetch.fetch(where.url, most=most, private=private))
    found = await _CHECKED.run(lambda: _checked(request, home, got.data, got.filename))
    return _answer(request, home, got.filename, found)


@router.get("/get/{token}")
def get(token: str, home: Home) -> Response:
    """A file for whoever has the link, byte for byte, to be saved."""
    file = links.follow(home.desk, token)
    answer = send(home.desk, file.sha256, file.mime, file.filename, download=True)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _answer(request: Request, home: House, name: str, found: Verification) -> Response:
    if "x-fragment" in request.headers.get("accept", ""):
        words = {
            "title": found.title,
            "said_of": said_of,
            "signer_of": signer_of,
            "step_signer": step_signer,
            "failure": failure,
            "actions_of": actions_of,
        }
        facts: dict[str, Any] = {"found": found, "name": name, **words}
        return HTMLResponse(home.templates.html("verified.html", **facts))
    return JSONResponse(found.schema().as_json())
