"""Strangers' pages stay outside: hosts, origins, headers, cookies; and text is text."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web import feed, markup
from bot.web.session import Signer, signer
from core.settings import Settings
from tests.web import Web

JOIN = {"name": "Mia"}


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:1", 200), ("localhost:8000", 200), ("[::1]:8000", 200), ("192.168.1.7", 200), ("evil.example", 403), ("", 403)],
)
def test_only_its_own_names_and_addresses_are_answered(web: Web, host: str, status: int) -> None:
    assert web.client().get("/", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_changes_are_taken_from_its_own_pages_only(web: Web, headers: dict[str, str], status: int) -> None:
    assert web.client().post("/join", json=JOIN, headers=headers).status_code == status


def test_its_own_origin_is_welcome(web: Web) -> None:
    assert web.client().post("/join", json=JOIN, headers={"Origin": web.url}).status_code == 200


def test_pages_are_tied_down(web: Web) -> None:
    answer = web.client().get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert "onclick" not in answer.text


def test_the_cookie_is_for_the_server_alone(web: Web) -> None:
    cookie = web.client().post("/join", json=JOIN).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_the_key_is_made_once_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    kept = signer(settings).receipt
    assert (tmp_path / "room.key").stat().st_mode & 0o777 == 0o600
    from bot.request import Attachment

    upload = Attachment("a.png", "image/png", "0" * 64, 3)
    assert signer(settings).redeem(kept(upload, 7), 7) == upload
    assert Signer("another").redeem(kept(upload, 7), 7) is None


@given(st.text())
def test_whatever_is_said_no_markup_of_its_own_gets_through(text: str) -> None:
    made = str(markup.dressed(text))
    for ours in ("<code>", "</code>", "<pre>", "</pre>", "<strong>", "</strong>", "</a>"):
        made = made.replace(ours, "")
    assert "<" not in made.replace('<a href="http', "")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a <script>alert(1)</script>", "a &lt;script&gt;alert(1)&lt;/script&gt;"),
        ("**bold** and `**code**`", "<strong>bold</strong> and <code>**code**</code>"),
        ("```\nx < y\n```", "<pre><code>x &lt; y</code></pre>"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ('http://x/"onclick=1', '<a href="http://x/" rel="noreferrer noopener" target="_blank">http://x/</a>&#34;onclick=1'),
        ("safe\u202etxt.exe", "safetxt.exe"),
        ("unfinished **bold and `code", "unfinished **bold and `code"),
    ],
)
def test_a_little_formatting_and_nothing_else(text: str, html: str) -> None:
    assert str(markup.dressed(text)) == html


@pytest.mark.parametrize("module", [markup, feed])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
