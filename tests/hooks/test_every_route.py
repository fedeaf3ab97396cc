"""Every route, whatever it is asked: the headers that tie a page down, never a 500, and nothing that a browser would run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from core.desk import Desk
from core.people.projects import ensure_defaults
from tests.web import Web

JUNK = ("1", str(2**63), str(2**70), "A-" + "Z" * 8, "%00", "..%2f..%2fslate.db")
"""What stands for each part of an address; numbers beyond what a column holds among them."""


@pytest.fixture
def web(desk: Desk) -> Iterator[Web]:
    with desk.writing() as session:
        ensure_defaults(session)
    with Web(desk) as served:
        yield served


def routes(web: Web) -> list[tuple[str, str]]:
    """(method, path) of every route but the endless feed."""
    routers = [getattr(one, "original_router", None) for one in web.app.routes]
    every = [one for router in routers if router for one in router.routes]
    found = [one for one in every if isinstance(one, APIRoute) and one.path != "/feed"]
    return sorted((method, one.path) for one in found for method in one.methods)


def filled(path: str, value: str) -> str:
    """The path with a value for each of its parts, also those that a pattern follows, such as `{code:path}`."""
    return "/".join(value if piece.startswith("{") else piece.partition("{")[0] + (value if "{" in piece else "")
                    for piece in path.split("/"))  # fmt: skip


@pytest.mark.parametrize("who", ["", "Mia"])
def test_no_address_is_a_500_and_every_answer_is_tied_down(web: Web, who: str) -> None:
    client, wrong = web.client(who), []
    assert len(routes(web)) > 30
    for method, path in routes(web):
        if path == "/leave":
            continue
        for value in JUNK if "{" in path else ("",):
            address = filled(path, value)
            for query in ("", f"?before={2**70}&since={2**70}&row={2**70}&channel=x&text=x&cursor={2**70}&name=x"):
                got = client.request(method, address + query, content=b"{" if method != "GET" else None)
                policy = got.headers.get("content-security-policy", "")
                tied = "default-src 'none'" in policy and "unsafe" not in policy
                if got.status_code >= 500 or not tied or got.headers.get("x-content-type-options") != "nosniff":
                    wrong.append((method, address[:80], query[:20], got.status_code, policy[:30]))
    assert wrong == []


def test_an_answer_to_what_nobody_foresaw_is_tied_down_too(web: Web) -> None:
    """The server's last resort stands outside of all that adds headers."""
    broken = APIRouter()
    broken.add_api_route("/broken", lambda: 1 / 0)
    web.app.include_router(broken)
    got = web.client().get("/broken", headers={"Accept": "text/html"})
    assert got.status_code == 500
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
