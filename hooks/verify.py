"""Checking a file in public: a page to drop it on and an API, without an account, rate-limited, telling no person and no prompt.

Also the links that exports are handed out by.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel

from bot.room.files import read_upload, send
from bot.room.house import House, house
from bot.show.leaving import said_of, title_of
from core import fetching, links, verification
from core.errors import Refused
from core.verification import Verification

router = APIRouter(include_in_schema=False)
Home = Annotated[House, Depends(house)]


class Pace:
    """How many askings one address has left this minute: kept for the addresses seen last, in this process."""

    def __init__(self, most: int, *, addresses: int = 10_000) -> None:
        self.most, self.addresses = most, addresses
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str, now: float | None = None) -> None:
        """One asking. Raises Refused when there have been too many."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            left, since = self._seen.pop(address, (float(self.most), moment))
            left = min(float(self.most), left + (moment - since) * self.most / 60)
            self._seen[address] = (left - 1 if left >= 1 else left, moment)
            while len(self._seen) > self.addresses:
                self._seen.popitem(last=False)
        if left < 1:
            raise Refused("Too many files from this address.", hint="Wait a minute and try again.")


class Address(BaseModel):
    """The body of a request that names a file on the web."""

    url: str


def paced(request: Request, home: Home) -> None:
    """Whoever has not joined may ask so often only."""
    if home.signer.member_of(request) is None:
        pace: Pace | None = getattr(request.app.state, "pace", None)
        if pace is None:
            pace = request.app.state.pace = Pace(home.desk.settings.verify_per_minute)
        pace.take(request.client.host if request.client else "")


@router.get("/verify")
def verify_page(home: Home) -> HTMLResponse:
    """The page: drop a file, or give its address."""
    return HTMLResponse(home.paper.html("verify.html", checked=None, team=home.desk.settings.team, link=""))


@router.post("/api/verify", dependencies=[Depends(paced)])
async def verify_file(request: Request, home: Home, name: str = "file") -> Response:
    """The bytes of a file in the body, `?name=` its name: what can be said of it, as JSON or as a piece of the page."""
    data = await read_upload(request, home.desk)
    found = await run_in_threadpool(verification.verify, home.desk, data, name[:200])
    return _answer(request, home, name, found)


@router.post("/api/verify/url", dependencies=[Depends(paced)])
async def verify_address(request: Request, home: Home, where: Address) -> Response:
    """The same for a file on the open Internet."""
    settings = home.desk.settings
    got = await run_in_threadpool(fetching.fetch, where.url, most=settings.max_upload_mb << 20, private=settings.verify_private)
    found = await run_in_threadpool(verification.verify, home.desk, got.data, got.filename)
    return _answer(request, home, got.filename, found)


@router.get("/get/{token}")
def get(token: str, home: Home) -> Response:
    """A file for whoever has the link, byte for byte, to be saved."""
    file = links.read(home.desk.settings, token)
    answer = send(home.desk, file.sha256, file.mime, file.filename, download=True)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _answer(request: Request, home: House, name: str, found: Verification) -> Response:
    if "x-fragment" in request.headers.get("accept", ""):
        facts: dict[str, Any] = {"found": found, "name": name, "title": title_of(found.outcome), "said_of": said_of}
        return HTMLResponse(home.paper.html("verified.html", **facts))
    return JSONResponse(found.as_json())
