"""Checking a file in public: a page to drop it on and an API, without an account, rate-limited, telling no person and no prompt.

Members are told which picture of theirs it is; what a stranger is told is the house's to decide.

Also the links that exports are handed out by.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel

from bot.show.exports import actions_of, said_of, title_of
from bot.show.seals import failure
from bot.web.app_state import House, NotJoined, house, visitor
from bot.web.files import read_upload, send
from core.errors import Refused
from core.people.roles import visible_projects
from core.provenance.seal.names import called
from core.security import safe_fetch, signed_links
from core.verification import verify
from core.verification.verify import Verification
from storage.rate_limit import Budget, Pacing
from storage.tables import Member

router = APIRouter(include_in_schema=False)
Home = Annotated[House, Depends(house)]


class Address(BaseModel):
    """The body of a request that names a file on the web."""

    url: str


def paced(request: Request, home: Home) -> None:
    """Whoever has not joined may ask so often only, whichever of our processes answers. Raises Refused."""
    if asker(request, home) is None:
        most = home.desk.settings.verify_per_minute
        budget = Budget(f"verify:{network_of(request.client.host if request.client else '')}", 60 / most, most)
        if Pacing(home.desk.queue.redis).take([budget]):
            raise Refused("Too many files from this address.", hint="Wait a minute and try again.")


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the network, for everybody has one of those to himself.

    >>> network_of("2001:db8:1:2:3::4"), network_of("203.0.113.9"), network_of("::ffff:203.0.113.9"), network_of("unix")
    ('2001:db8:1:2::', '203.0.113.9', '203.0.113.9', 'unix')
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


def asker(request: Request, home: Home) -> Member | None:
    """Who asks; None for everybody without an account."""
    try:
        return visitor(request)
    except NotJoined:
        return None


def _checked(request: Request, home: House, data: bytes, name: str) -> Verification:
    member = asker(request, home)
    if member is None:
        return verify.verify_for_stranger(home.desk, data, name)
    with home.desk.reading() as session:
        seen = visible_projects(session, member)
    return verify.verify(home.desk, data, name, projects=seen)


@router.get("/verify")
def verify_page(home: Home) -> HTMLResponse:
    """The page: drop a file, or give its address."""
    settings = home.desk.settings
    return HTMLResponse(home.paper.html("verify.html", team=settings.team, compares=settings.verify_discloses != "file"))


@router.post("/api/verify", dependencies=[Depends(paced)])
async def verify_file(request: Request, home: Home, name: str = "file") -> Response:
    """The bytes of a file in the body, `?name=` its name: what can be said of it, as JSON or as a piece of the page."""
    data = await read_upload(request, home.desk)
    found = await run_in_threadpool(_checked, request, home, data, name[:200])
    return _answer(request, home, name, found)


@router.post("/api/verify/url", dependencies=[Depends(paced)])
async def verify_address(request: Request, home: Home, where: Address) -> Response:
    """The same for a file on the open Internet."""
    settings = home.desk.settings
    got = await run_in_threadpool(safe_fetch.fetch, where.url, most=settings.max_upload_mb << 20, private=settings.verify_private)
    found = await run_in_threadpool(_checked, request, home, got.data, got.filename)
    return _answer(request, home, got.filename, found)


@router.get("/get/{token}")
def get(token: str, home: Home) -> Response:
    """A file for whoever has the link, byte for byte, to be saved."""
    file = signed_links.read(home.desk.settings, token)
    answer = send(home.desk, file.sha256, file.mime, file.filename, download=True)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _answer(request: Request, home: House, name: str, found: Verification) -> Response:
    if "x-fragment" in request.headers.get("accept", ""):
        words = {
            "title": title_of(found.outcome),
            "said_of": said_of,
            "called": called,
            "failure": failure,
            "actions_of": actions_of,
        }
        facts: dict[str, Any] = {"found": found, "name": name, **words}
        return HTMLResponse(home.paper.html("verified.html", **facts))
    return JSONResponse(found.as_json())
