"""Signing in with an account: one-time links from chat, the link for the first admin, and nothing for anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser

from bot import commands
from bot.cli.up import first_admin
from bot.identity import member_for
from bot.request import ChatPlace, ChatRequest
from bot.web.session import COOKIE
from core.desk import Desk
from core.people import sessions, signin, team
from core.people.projects import ensure_defaults
from core.security import exposure, permissions
from core.settings import Settings
from storage.clock import now
from storage.people import audit, members
from storage.tables import Member, Role
from tests.hooks.test_every_route import filled, routes
from tests.web import Web, eventually


@pytest.fixture
def web(desk: Desk) -> Iterator[Web]:
    """A room that asks for an account. Kit, an admin, and Mia have come in from Slack."""
    desk = replace(desk, settings=desk.settings.model_copy(update={"sign_in": "account"}))
    with desk.writing() as session:
        ensure_defaults(session)
    with Web(desk) as served:
        yield served


@pytest.fixture
def kit(web: Web) -> Member:
    return member_for(web.desk, "slack", "T1/U1", "Kit")


@pytest.fixture
def mia(web: Web, kit: Member) -> Member:
    return member_for(web.desk, "slack", "T1/U2", "Mia")


def link(web: Web, member: Member) -> str:
    """The path of the link that `/signin` gives in Slack."""
    answer = commands.answer(web.desk, ChatRequest(member, ChatPlace("slack", "C1"), "/signin"))
    assert answer.private
    assert str(answer.data["address"]) in answer.text
    return urlsplit(str(answer.data["address"])).path


def actions(web: Web, member: Member) -> list[str]:
    with web.desk.reading() as session:
        return [one.action for one in audit.about(session, f"member/{member.id}")]


def refusals(web: Web) -> int:
    with web.desk.reading() as session:
        return len(audit.about(session, "sign-in/link"))


def test_a_link_from_slack_signs_in_as_the_same_member_once(web: Web, mia: Member) -> None:
    path, browser = link(web, mia), web.client()
    for _ in range(2):
        page = browser.get(path)
        assert (page.status_code, "Sign in as Mia" in page.text, page.headers["cache-control"]) == (200, True, "no-store")
    assert COOKIE not in browser.cookies, "a chat that previews the link does not spend it"
    signed = browser.post(path)
    assert (signed.status_code, signed.headers["location"]) == (303, "/")
    assert "HttpOnly" in signed.headers["set-cookie"]
    assert browser.get("/c/general").status_code == 200
    with web.desk.reading() as session:
        held = sessions.held(session, web.desk.settings, browser.cookies[COOKIE])
    assert held is not None
    assert held.member.id == mia.id
    other = web.client()
    assert [other.get(path).status_code, other.post(path).status_code] == [403, 403]
    assert {"sign-in:link-made", "session:begun"} <= set(actions(web, mia))
    assert refusals(web) == 1


@pytest.mark.parametrize("path", ["/signin/x", "/signin/" + "a" * 43, "/signin/%00", "/signin/" + "é" * 600])
def test_a_forged_link_is_refused_and_on_record(web: Web, kit: Member, path: str) -> None:
    assert web.client().get(path).status_code == 403
    assert web.client().post(path).status_code == 403
    assert refusals(web) == 1


def test_a_link_expires_and_a_new_one_makes_the_old_one_void(web: Web, mia: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = link(web, mia), link(web, mia)
    assert [web.client().get(one).status_code for one in (first, second)] == [403, 200]
    monkeypatch.setattr(signin, "now", lambda: now() + timedelta(minutes=signin.MINUTES))
    assert web.client().post(second).status_code == 403


def test_the_link_of_somebody_who_was_deactivated_is_void(web: Web, kit: Member, mia: Member) -> None:
    path = link(web, mia)
    with web.desk.writing() as session:
        team.deactivate(session, team.find(session, "Mia"), by=kit)
    assert web.client().post(path).status_code == 403
    answer = commands.answer(web.desk, ChatRequest(mia, ChatPlace("slack", "C1"), "/signin"))
    assert answer.error == "refused"


def test_a_name_is_not_enough_and_a_session_by_name_is_worth_nothing(web: Web, mia: Member) -> None:
    assert web.client().post("/join", json={"name": "Mia"}).status_code == 403
    with web.desk.writing() as session:
        token = sessions.begin(session, mia, sessions.Way.NAME)
    by_name = web.client()
    by_name.cookies.set(COOKIE, token)
    assert by_name.get("/c/general").status_code == 401
    page = web.client().get("/")
    assert ("/signin" in page.text, "Your name" in page.text, "Mia" in page.text) == (True, False, False)


def test_a_link_is_not_spent_for_another_page(web: Web, mia: Member) -> None:
    path = link(web, mia)
    foreign = web.client().post(path, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, "set-cookie" in foreign.headers) == (403, False)
    assert web.client().post(path).status_code == 303


def test_signing_in_throws_away_a_session_that_somebody_put_there_before(web: Web, kit: Member, mia: Member) -> None:
    browser = web.client()
    browser.post(link(web, kit))
    planted = browser.cookies[COOKIE]
    browser.post(link(web, mia))
    assert browser.cookies[COOKIE] != planted
    attacker = web.client()
    attacker.cookies.set(COOKIE, planted)
    assert attacker.get("/c/general").status_code == 401


def test_the_first_admin_comes_by_a_link_that_is_printed_once(web: Web) -> None:
    printed = first_admin(web.desk.settings)
    path = urlsplit(printed.split()[-1]).path
    browser: httpx2.Client = web.client()
    assert "first admin" in browser.get(path).text
    assert browser.post(path, data={"name": "\u202e"}).status_code == 422
    assert browser.post(path, data={"name": "Kit"}).status_code == 303, "a name that is none did not spend it"
    assert web.member("Kit").role is Role.ADMIN
    assert browser.get("/c/general").status_code == 200
    assert web.client().post(path, data={"name": "Eve"}).status_code == 403
    assert first_admin(web.desk.settings) == "", "there is one now"


def test_the_link_for_the_first_admin_is_void_once_there_is_one(web: Web) -> None:
    path = urlsplit(signin.offer_first_admin(web.desk)).path
    member_for(web.desk, "slack", "T1/U1", "Kit")
    refused = web.client().post(path, data={"name": "Eve"})
    assert (refused.status_code, "Ask Kit" in refused.text) == (409, True)
    with web.desk.reading() as session:
        assert members.by_key(session, "eve") is None


def test_where_a_name_is_enough_no_link_for_an_admin_is_made(desk: Desk) -> None:
    assert signin.offer_first_admin(desk) == ""


def test_an_open_page_ends_with_its_session(web: Web, mia: Member) -> None:
    browser = web.client()
    browser.post(link(web, mia))
    with browser.stream("GET", "/feed", params={"channel": "general"}) as response:
        lines = response.iter_lines()
        eventually(lambda: next(lines).startswith("event: channels"))
        with web.desk.writing() as session:
            sessions.end_all(session, mia, by=mia)
        web.desk.queue.call("room")
        eventually(lambda: next(lines).startswith("event: closed"))


FOR_STRANGERS = {
    "/", "/join", "/leave", "/signin/{token}", "/openid", "/openid/callback", "/verify", "/api/verify", "/api/verify/url",
    "/get/{token}", "/healthz", "/r/{code}", "/hooks/{name}",
}  # fmt: skip
"""All that somebody who is not signed in can ask; `/r/…` only leads on, `/hooks/…` asks for a signature."""


def test_a_stranger_gets_the_sign_in_page_and_what_checks_files(web: Web, mia: Member) -> None:
    """Every route of the app is tried; one that is new has to refuse strangers, or stand in the list."""
    stranger, let_in = web.client(), set()
    for method, path in routes(web):
        answer = stranger.request(method, filled(path, "x"), params={"channel": "general"})
        if answer.status_code != 401:
            let_in.add(path)
        assert "Mia" not in answer.text
    assert let_in == FOR_STRANGERS


@pytest.mark.parametrize(("url", "told"), [("", 0), ("https://slate.example", 0), ("http://slate.example", 1)])
def test_signing_in_over_plain_http_is_told_by_the_doctor(tmp_path: Path, url: str, told: int) -> None:
    settings = Settings(data=tmp_path, sign_in="account", public_url=url)
    assert sum("without TLS" in one for one in permissions.problems(settings)) == told


def test_guessing_is_slowed_down(web: Web, kit: Member) -> None:
    browser = web.client()
    said = {browser.post("/signin/guess").text[:60] for _ in range(40)}
    assert any("Too many requests" in one for one in said)


@pytest.mark.parametrize(
    ("settings", "listens"),
    [
        (Settings(host="0.0.0.0"), False),
        (Settings(host="0.0.0.0", sign_in="account"), True),
        (Settings(host="0.0.0.0", room_trusted=True), True),
        (Settings(host="127.0.0.1"), True),
    ],
)
def test_slate_listens_beyond_this_machine_only_with_a_way_to_sign_in(settings: Settings, listens: bool) -> None:
    assert (exposure.refusal(settings) == "") is listens


def test_a_browser_signs_in_by_the_link(web: Web, mia: Member, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(15_000)
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(web.url)
    assert page.locator("code", has_text="/signin").count() == 1
    page.goto(web.url + link(web, mia))
    page.get_by_role("button", name="Sign in as Mia").click()
    page.wait_for_selector("#main[data-ready]")
    context.close()
    assert problems == []
