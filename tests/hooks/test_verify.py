"""The public page that checks a file: without an account, paced, dropped onto in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from core.desk import Desk
from core.settings import Settings
from core.setup import prepare
from tests.bot.room.conftest import CHROMIUM
from tests.core.test_seal import chain
from tests.pictures import encoded, scene
from tests.web import Web


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    return Settings(
        data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url, team="Studio North", verify_per_minute=4
    )


@pytest.fixture
def web(desk: Desk) -> Iterator[Web]:
    prepare(desk, [])
    with Web(replace(desk)) as served:
        yield served


def test_a_stranger_checks_a_file_until_the_pace_is_too_fast(web: Web) -> None:
    data = chain(web.desk.settings, 2)[-1]
    stranger = web.client()
    first = stranger.post("/api/verify", params={"name": "a.png"}, content=data).json()
    assert (first["outcome"], first["ai"], first["credentials"]["signed_by"]) == (
        "proved",
        True,
        "Studio North seal, Studio North",
    )
    assert [stranger.post("/api/verify", content=b"").status_code, stranger.post("/api/verify", content=b"text").status_code] == [
        422,
        422,
    ]
    assert stranger.post("/api/verify/url", json={"url": "http://127.0.0.1:1/x.png"}).status_code == 422
    refused = stranger.post("/api/verify", content=data)
    assert (refused.status_code, refused.json()["error"]) == (403, "refused")
    member = web.client("Mia Chen")
    assert [member.post("/api/verify", content=data).status_code for _ in range(5)] == [200] * 5


def test_a_file_is_dropped_onto_the_page(web: Web, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(chain(web.desk.settings, 2)[-1])
    (tmp_path / "none.png").write_bytes(encoded(scene(99)))
    (tmp_path / "<b>x.bin").write_text("no picture")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda problem: problems.append(str(problem)))
        page.goto(f"{web.url}/verify")
        page.set_input_files("#file", tmp_path / "good.png")
        page.wait_for_selector(".verdict.good")
        assert "Made with AI from a picture" in page.inner_text("#outcome")
        page.set_input_files("#file", tmp_path / "none.png")
        page.wait_for_selector(".verdict.open")
        assert "nothing here looks like it" in page.inner_text("#outcome")
        page.set_input_files("#file", tmp_path / "<b>x.bin")
        page.get_by_text("This file is not a picture that can be read.").wait_for()
        browser.close()
    assert problems == []
