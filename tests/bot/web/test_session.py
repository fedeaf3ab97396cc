"""Sessions in browsers: they end when their member leaves, signs out or is deactivated, by time, and never come back."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from bot import commands
from bot.request import ChatPlace, ChatRequest
from bot.web.session import COOKIE
from core.people import sessions, team
from core.people.sessions import DAYS
from storage.clock import now
from storage.people import members
from storage.tables import Role
from tests.web import Web


def again(web: Web, cookie: str) -> httpx2.Client:
    """Another browser with a copy of the cookie."""
    client = web.client()
    client.cookies.set(COOKIE, cookie)
    return client


def status(web: Web, cookie: str) -> int:
    return again(web, cookie).get("/c/general").status_code


def later(monkeypatch: pytest.MonkeyPatch, **passed: float) -> None:
    monkeypatch.setattr(sessions, "now", lambda: now() + timedelta(**passed))


def test_a_copy_of_the_cookie_is_worthless_once_its_member_signed_out(web: Web) -> None:
    mia = web.client("Mia")
    kept = mia.cookies[COOKIE]
    assert status(web, kept) == 200
    mia.post("/leave")
    assert status(web, kept) == 401
    assert web.client("Mia").get("/c/general").status_code == 200


def test_a_session_ends_when_it_is_not_used_and_goes_on_while_it_is(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = web.client("Mia").cookies[COOKIE]
    later(monkeypatch, days=DAYS - 1)
    answer = again(web, kept).get("/c/general")
    assert (answer.status_code, answer.cookies[COOKIE]) == (200, kept)
    assert f"Max-Age={DAYS * 86_400}" in answer.headers["set-cookie"]
    assert "set-cookie" not in again(web, kept).get("/c/general").headers, "it was noted a moment ago"
    later(monkeypatch, days=2 * DAYS - 2)
    assert status(web, kept) == 200
    later(monkeypatch, days=3 * DAYS - 1)
    assert status(web, kept) == 401


def test_old_cookies_do_not_work_again_after_a_reactivation(web: Web) -> None:
    web.client("Kit")
    kept = web.client("Mia").cookies[COOKIE]
    for change, expected in ((team.deactivate, 401), (team.reactivate, 401)):
        with web.desk.writing() as session:
            change(session, team.find(session, "Mia"), by=web.member("Kit"))
        assert status(web, kept) == expected
    assert web.client("Mia").get("/c/general").status_code == 200


def test_signing_in_ends_the_session_that_the_browser_had(web: Web) -> None:
    browser = web.client("Mia")
    before = browser.cookies[COOKIE]
    browser.post("/join", json={"name": "Ana"}).raise_for_status()
    assert browser.cookies[COOKIE] != before
    assert status(web, before) == 401


def said(web: Web, by: str, line: str) -> tuple[str, dict[str, object]]:
    answer = commands.answer(web.desk, ChatRequest(web.member(by), ChatPlace("slack", "C1"), line))
    return answer.error, answer.data


def test_people_list_and_end_their_sessions_and_admins_everybodys(web: Web) -> None:
    web.client("Kit")
    first, second = web.client("Mia").cookies[COOKIE], web.client("Mia").cookies[COOKIE]
    web.client("Ana")
    error, data = said(web, "Mia", "/sessions")
    assert (error, data["count"]) == ("", 2)
    [newest, oldest] = [one["session"] for one in data["sessions"]]  # type: ignore[attr-defined]
    assert said(web, "Ana", f"/sessions {newest} revoke:yes")[0] == "not-found", "as if it did not exist"
    assert said(web, "Ana", "/sessions @mia")[0] == "refused"
    assert said(web, "Ana", "/sessions @mia revoke:yes")[0] == "refused"
    assert said(web, "Mia", f"/sessions {oldest}")[0] == "bad-input"
    assert said(web, "Mia", f"/sessions {oldest} revoke:yes") == ("", {"ended": 1, "member": "Mia"})
    assert (status(web, first), status(web, second)) == (401, 200)
    assert said(web, "Kit", "/sessions @mia")[1]["count"] == 1
    assert said(web, "Kit", "/sessions @mia revoke:yes") == ("", {"ended": 1, "member": "Mia"})
    assert status(web, second) == 401
    assert said(web, "Mia", "/sessions")[1] == {"sessions": [], "count": 0}


@pytest.mark.parametrize(("role", "hours", "expected"), [(Role.LEAD, 13, 200), (Role.ADMIN, 11, 200), (Role.ADMIN, 13, 401)])
def test_an_admins_session_is_shorter(web: Web, monkeypatch: pytest.MonkeyPatch, role: Role, hours: int, expected: int) -> None:
    web.client("Mia")
    with web.desk.writing() as session:
        mia = members.by_id(session, web.member("Mia").id)
        assert mia is not None
        mia.role = role
        token = sessions.begin(session, mia, sessions.Way.LINK)
    later(monkeypatch, hours=hours)
    assert status(web, token) == expected


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é" * 10, "." * 5000])
def test_what_is_no_cookie_of_ours_is_nobodys(web: Web, value: str) -> None:
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
