"""A session in the room ends when its member leaves, and after a month; it is made anew while it is used."""

from __future__ import annotations

import time

import httpx2
import pytest
from itsdangerous import TimestampSigner

from bot.web import session
from bot.web.session import COOKIE, DAYS
from tests.web import Web


def again(web: Web, cookie: str) -> httpx2.Client:
    """Another browser with a copy of the cookie."""
    client = web.client()
    client.cookies.set(COOKIE, cookie)
    return client


def aged(web: Web, monkeypatch: pytest.MonkeyPatch, days: float) -> str:
    """A cookie of Mia's that was made so many days ago."""
    made = time.time() - days * 86_400
    with monkeypatch.context() as then:
        then.setattr(TimestampSigner, "get_timestamp", lambda _: int(made))
        return web.client("Mia").cookies[COOKIE]


def test_a_copy_of_the_cookie_is_worthless_once_its_member_left(web: Web) -> None:
    mia = web.client("Mia")
    kept = mia.cookies[COOKIE]
    assert again(web, kept).get("/c/general").status_code == 200
    mia.post("/leave")
    assert again(web, kept).get("/c/general").status_code == 401
    assert web.client("Mia").get("/c/general").status_code == 200


def test_a_session_ends_by_itself_and_is_made_anew_while_it_is_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    assert again(web, aged(web, monkeypatch, DAYS + 1)).get("/c/general").status_code == 401
    old = aged(web, monkeypatch, 2)
    answer = again(web, old).get("/c/general")
    assert answer.status_code == 200
    assert answer.cookies[COOKIE] != old
    assert f"Max-Age={DAYS * 86_400}" in answer.headers["set-cookie"]
    fresh = again(web, answer.cookies[COOKIE]).get("/c/general")
    assert "set-cookie" not in fresh.headers


def test_leaving_ends_cookies_that_were_made_anew_as_well(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    old = aged(web, monkeypatch, 2)
    renewed = again(web, old).get("/c/general").cookies[COOKIE]
    again(web, renewed).post("/leave")
    assert [again(web, one).get("/c/general").status_code for one in (old, renewed)] == [401, 401]


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é" * 10, "." * 5000])
def test_what_is_no_cookie_of_ours_is_nobodys(web: Web, value: str) -> None:
    signer = session.Signer("a key of twenty letters")
    assert signer.cookie(1, https=True).startswith(COOKIE)
    assert web.client().get("/c/general", headers={"cookie": f"{COOKIE}={value}".encode()}).status_code == 401


HUGE = 2**70


@pytest.mark.parametrize(
    "path",
    [
        f"/c/general/t/{HUGE}",
        f"/c/general/t/{HUGE}/panel",
        f"/c/general/older?before={HUGE}",
        f"/files/m{HUGE}/{'a' * 64}",
        "/assets/A-" + "Z" * 40,
        "/renders/R-" + "Z" * 40,
        "/r/A-" + "Z" * 40,
        "/c/general/t/x",
    ],
)
def test_a_number_that_no_column_holds_is_no_mistake_of_slates(web: Web, path: str) -> None:
    mia = web.client("Mia")
    assert 300 <= mia.get(path).status_code < 500
    assert 300 <= mia.get(path, headers={"accept": "text/html"}).status_code < 500
