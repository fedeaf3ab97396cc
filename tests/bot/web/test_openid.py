"""Signing in with an identity provider: who it is, and nothing that is forged, expired, replayed or mixed up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from bot.identity import member_for
from bot.web.session import COOKIE
from core.desk import Desk
from core.people import sessions, team
from core.people.projects import ensure_defaults
from storage.people import audit, members
from storage.tables import Member, Role
from tests.simulators.openid import CLIENT, SECRET, Provider, _key
from tests.web import Web

Serve = Callable[..., Web]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as made:
        yield made
    assert made.complaints == []


@pytest.fixture
def serve(desk: Desk, provider: Provider) -> Iterator[Serve]:
    """Serves a room where people sign in with the provider. Kit, an admin, has come in from Slack."""
    served: list[Web] = []
    with desk.writing() as session:
        ensure_defaults(session)
    member_for(desk, "slack", "T1/U1", "Kit")

    def serve(**more: Any) -> Web:
        address = {"sign_in": "account", "openid_issuer": provider.issuer, "openid_client_id": CLIENT}
        settings = desk.settings.model_copy(update={**address, "openid_client_secret": SECRET, **more})
        served.append(Web(replace(desk, settings=settings)).__enter__())
        return served[-1]

    yield serve
    for one in served:
        one.__exit__()


def sign_in(web: Web, browser: httpx2.Client | None = None, *, start: str = "/openid") -> httpx2.Response:
    """Go to the provider and come back; the answer to coming back."""
    browser = browser or web.client()
    there = browser.get(start)
    assert there.status_code == 303, there.text
    return browser.get(way_back(there))


def way_back(there: httpx2.Response) -> str:
    """Where the provider sends the browser, once it has been there."""
    parts = urlsplit(httpx2.get(there.headers["location"]).headers["location"])
    return f"{parts.path}?{parts.query}"


def who(web: Web, answer: httpx2.Response) -> Member:
    with web.desk.reading() as session:
        held = sessions.held(session, web.desk.settings, answer.cookies[COOKIE])
    assert held is not None
    return held.member


def test_somebody_new_comes_in_and_is_the_same_the_next_time(serve: Serve) -> None:
    web = serve()
    assert "Sign in with 127.0.0.1" in web.client().get("/").text
    first = sign_in(web)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    ana = who(web, first)
    assert (ana.name, ana.role) == ("Ana Lima", Role.ARTIST)
    assert who(web, sign_in(web)).id == ana.id
    led = sign_in(web, start="/openid?next=/assets/A-1")
    assert led.headers["location"] == "/assets/A-1"
    assert sign_in(web, start="/openid?next=//evil.example").headers["location"] == "/"


def test_a_verified_address_joins_a_member_and_an_unverified_one_does_not(serve: Serve, provider: Provider) -> None:
    web = serve()
    with web.desk.writing() as session:
        mia = members.add(session, "Mia", "mia", Role.LEAD)
        members.add_handle(session, mia.id, "email", "ana@acme.example")
    provider.person["email_verified"] = False
    assert who(web, sign_in(web)).id != mia.id
    provider.person |= {"sub": "p-2", "email_verified": True}
    assert who(web, sign_in(web)).id == mia.id


def test_an_address_from_the_page_about_the_person_counts_only_if_it_is_theirs(serve: Serve, provider: Provider) -> None:
    web = serve()
    provider.person = {"sub": "p-3"}
    provider.userinfo = {"sub": "p-9", "name": "Somebody Else", "email": "x@acme.example", "email_verified": True}
    assert who(web, sign_in(web)).name == "Member"
    provider.person, provider.userinfo = {"sub": "p-4"}, provider.userinfo | {"sub": "p-4", "name": "Zoe"}
    assert who(web, sign_in(web)).name == "Zoe"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"openid_newcomers": "nobody"}, 403),
        ({"openid_domains": ("other.example",)}, 403),
        ({"openid_domains": ("acme.example",)}, 303),
        ({"openid_newcomers": "viewer", "newcomer_role": "admin"}, 303),
    ],
)
def test_who_is_new_is_taken_in_as_the_settings_say(serve: Serve, more: dict[str, Any], status: int) -> None:
    web = serve(**more)
    answer = sign_in(web)
    assert answer.status_code == status
    assert status == 403 or who(web, answer).role in (Role.ARTIST, Role.VIEWER)


def test_a_deactivated_member_does_not_come_in_by_the_provider(serve: Serve) -> None:
    web = serve()
    ana = who(web, sign_in(web))
    with web.desk.writing() as session:
        team.deactivate(session, ana, by=web.member("Kit"))
    assert sign_in(web).status_code == 403


NOW = int(time.time())


@pytest.mark.parametrize(
    "forge",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": None},
        {"azp": "another"},
        {"exp": NOW - 3600},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": NOW + 3600},
        {"iat": NOW + 3600},
        {"nonce": "of another visit, and quite as long"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": ["p-1"]},
        {"at_hash": "bm90IHRoZSBoYXNo"},
    ],
    ids=[
        "issuer",
        "audience",
        "two audiences",
        "no audience",
        "party",
        "over",
        "endless",
        "no time",
        "not yet",
        "from tomorrow",
        "nonce",
        "no nonce",
        "nobody",
        "no name",
        "a list",
        "hash",
    ],
)
def test_a_token_whose_claims_do_not_hold_is_refused(serve: Serve, provider: Provider, forge: dict[str, Any]) -> None:
    web = serve()
    provider.forge = forge
    answer = sign_in(web)
    assert (answer.status_code, COOKIE in answer.cookies) == (403, False)
    with web.desk.reading() as session:
        [refused] = audit.about(session, "sign-in/openid")
    assert refused.after["why"]


def test_a_forged_signature_is_refused(serve: Serve, provider: Provider) -> None:
    web = serve()
    claims = {"iss": provider.issuer, "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "nonce": "x", "sub": "p-1"}
    stranger, secret = _key("first"), OctKey.import_key(SECRET)
    unsigned = jwt.encode({"alg": "ES256", "kid": "first"}, claims, stranger)
    forged = [
        unsigned,
        unsigned.rpartition(".")[0] + ".",
        jwt.encode({"alg": "HS256", "kid": "first"}, claims, secret),
        "eyJhbGciOiJub25lIn0." + unsigned.split(".")[1] + ".",
        "x", "a.b.c", "[" * 9000, unsigned + "A" * 20_000,
    ]  # fmt: skip
    for raw in forged:
        provider.raw = raw
        assert sign_in(web).status_code == 403, raw[:60]


def test_a_token_that_is_right_in_all_but_who_signed_it_is_refused(serve: Serve, provider: Provider) -> None:
    web = serve()
    provider.key = _key("first")  # another key of the same name, which is not published
    assert sign_in(web).status_code == 403
    provider.key = _key("unheard of")
    assert sign_in(web).status_code == 403


def test_a_provider_that_changes_its_keys_goes_on_working(serve: Serve, provider: Provider) -> None:
    web = serve()
    ana = who(web, sign_in(web))
    provider.rotate()
    assert who(web, sign_in(web)).id == ana.id


def test_coming_back_twice_or_in_another_browser_is_refused(serve: Serve) -> None:
    web = serve()
    browser, other = web.client(), web.client()
    address = way_back(browser.get("/openid"))
    assert other.get(address).status_code == 403, "it has not begun there"
    state = browser.cookies["slate_openid"]
    assert browser.get(address).status_code == 303
    browser.cookies.set("slate_openid", state, domain="127.0.0.1", path="/openid")
    assert browser.get(address).status_code == 403
    assert web.client().get("/openid/callback?code=x&state=").status_code == 403


def test_an_answer_of_another_provider_or_a_refusal_is_refused(serve: Serve, provider: Provider) -> None:
    web = serve()
    browser = web.client()
    address = way_back(browser.get("/openid"))
    assert browser.get(address.replace("iss=http", "iss=https")).status_code == 403
    provider.error = "access_denied"
    refused = sign_in(web)
    assert (refused.status_code, "access_denied" in refused.text) == (403, True)


@pytest.mark.parametrize("junk", [b"", b"[]", b"{", b"[" * 70_000, b'{"issuer": "https://evil.example"}'])
def test_a_provider_that_is_away_lets_nobody_in_and_throws_nobody_out(serve: Serve, provider: Provider, junk: bytes) -> None:
    web = serve()
    browser = web.client()
    with web.desk.writing() as session:
        browser.cookies.set(COOKIE, sessions.begin(session, web.member("Kit"), sessions.Way.LINK))
    provider.junk = junk
    away = web.client().get("/openid")
    assert (away.status_code, away.json()["error"]) == (503, "identity-provider-away")
    assert browser.get("/c/general").status_code == 200


def test_where_a_name_is_enough_there_is_no_provider(serve: Serve) -> None:
    web = serve(sign_in="name")
    assert web.client().get("/openid").status_code == 404
    assert "/openid" not in web.client().get("/").text
