"""Signing in with a certified provider that others wrote: the whole code flow over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

from bot.web.session import COOKIE
from core.desk import Desk
from core.people import sessions
from core.people.openid import CALLBACK
from core.people.projects import ensure_defaults
from storage.people import members
from storage.tables import Member, Role
from tests.independent.node import server
from tests.web import Web

CLIENT, SECRET = "slate", "a secret: of the client, with spaces & more"


@pytest.fixture
def web(desk: Desk) -> Iterator[Web]:
    """A room where people sign in with the provider. Mia, who is known by her address, is there already."""
    issuer = server("openid.mjs")("start", client=CLIENT, secret=SECRET, back=desk.settings.base_url + CALLBACK)
    account = {"sign_in": "account", "openid_issuer": issuer, "openid_client_id": CLIENT, "openid_client_secret": SECRET}
    desk = replace(desk, settings=desk.settings.model_copy(update=account))
    with desk.writing() as session:
        ensure_defaults(session)
        mia = members.add(session, "Mia", "mia", Role.LEAD)
        members.add_handle(session, mia.id, "email", "mia@acme.example")
    with Web(desk) as served:
        yield served


def sign_in(web: Web, name: str) -> httpx2.Response:
    """Go to the provider, say who one is, agree, and come back."""
    browser, there = web.client(), httpx2.Client()
    at = browser.get("/openid").headers["location"]
    while not urlsplit(at).path.endswith(CALLBACK):
        page = there.get(at)
        if page.is_redirect:
            at = urljoin(at, page.headers["location"])
            continue
        form = re.search(r'action="([^"]+)"', page.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
        assert form, page.text
        assert prompt, page.text
        sent = there.post(urljoin(at, form[1]), data={"prompt": prompt[1], "login": name, "password": "any"})
        at = urljoin(at, sent.headers["location"])
    there.close()
    parts = urlsplit(at)
    return browser.get(f"{parts.path}?{parts.query}")


def who(web: Web, answer: httpx2.Response) -> Member:
    with web.desk.reading() as session:
        held = sessions.held(session, web.desk.settings, answer.cookies[COOKIE])
    assert held is not None, answer.text
    return held.member


def test_the_whole_way_there_and_back(web: Web) -> None:
    ana = who(web, sign_in(web, "ana"))
    assert (ana.name, ana.role) == ("Ana Lima", Role.ARTIST)
    assert who(web, sign_in(web, "ana")).id == ana.id
    with web.desk.reading() as session:
        known = members.by_handle(session, "email", "ana@acme.example")
    assert known is not None
    assert known.id == ana.id


def test_an_address_that_the_provider_has_not_verified_makes_nobody_somebody_else(web: Web) -> None:
    eve = who(web, sign_in(web, "eve"))
    assert (eve.name, eve.role) == ("Eve", Role.ARTIST)
