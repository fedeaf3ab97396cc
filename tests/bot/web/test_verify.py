"""The public page that checks a file: without an account, paced, dropped onto in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from core import files
from core.desk import Desk
from core.operations.setup import prepare
from core.settings import Settings
from core.verification import restore, verify
from storage.files import assets
from tests.core.exports.test_export import House, secretive
from tests.core.provenance.test_seal import chain
from tests.core.verification.test_verify import resaved
from tests.pictures import comfy_png, encoded, scene, with_chunk
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
        "Studio North",
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


# What a stranger learns


def told(web: Web, data: bytes, name: str = "a.png", who: str = "") -> dict[str, Any]:
    answer = web.client(who).post("/api/verify", params={"name": name}, content=data)
    return dict(answer.raise_for_status().json())


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


def test_a_stranger_learns_that_a_picture_was_made_here_and_not_which_one_it_is(house: House, desk: Desk) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    original = desk.blobs.get(asset.sha256)
    copies = {
        "recognised": resaved(original),
        "registered": resaved(original, "PNG"),
        "metadata-edited": with_chunk(original, b"tEXt", b"Author\0somebody else"),
    }
    with Web(replace(desk, settings=desk.settings.model_copy(update={"verify_per_minute": 100}))) as web:
        for outcome, data in copies.items():
            found = told(web, data)
            assert (found["outcome"], found["made_here"], found["ai"], found["recognised"]) == (outcome, True, True, None)
            assert asset.code not in found["sentence"]
            assert "picture made here" in found["sentence"]
            page = web.client().post("/api/verify", content=data, headers={"accept": "text/html, x-fragment"}).text
            assert asset.code not in page.partition("<h3>History")[0]
        assert told(web, original)["recognised"]["asset"] == asset.code, "its own credentials say so already"
        assert told(web, copies["recognised"], who="Mia Chen")["recognised"]["asset"] == asset.code
        assert told(web, encoded(scene(99)))["made_here"] is None


def test_the_house_decides_what_a_stranger_learns(house: House, desk: Desk) -> None:
    asset = house.render(comfy_png(scene(1), secretive()))
    copy = resaved(desk.blobs.get(asset.sha256))
    answers = {}
    for discloses in ("file", "asset"):
        with Web(replace(desk, settings=desk.settings.model_copy(update={"verify_discloses": discloses}))) as web:
            answers[discloses] = told(web, copy)
            assert ("compared with what" in web.client().get("/verify").text) == (discloses == "asset")

    assert (answers["file"]["outcome"], answers["file"]["made_here"], answers["file"]["ai"]) == ("unsigned", None, None)
    assert answers["asset"]["recognised"]["asset"] == asset.code


def test_what_was_brought_here_by_others_is_not_confirmed_to_strangers(house: House, desk: Desk) -> None:
    secret = encoded(scene(44), "JPEG")
    draft = files.keep(desk, secret, "packshot.jpg", member_id=house.mia.id or 0, project_id=house.project.id or 0)
    with desk.writing() as session:
        kept = assets.add(session, draft)
    with Web(desk) as web:
        stranger, unknown = told(web, secret), told(web, encoded(scene(45), "JPEG"))
        member = told(web, secret, who="Mia Chen")

    asset = house.render(comfy_png(scene(1), secretive()))
    mailed = resaved(desk.blobs.get(asset.sha256))
    draft = files.keep(desk, mailed, "mail.jpg", member_id=house.mia.id or 0, project_id=house.project.id or 0)
    with desk.writing() as session:
        assets.add(session, draft)
    restore.restore(desk, mailed, "mail.jpg", by=house.mia, original=asset)
    assert verify.verify_for_stranger(desk, mailed, "mail.jpg").made_here, "however often a copy of it was brought back"
    same = ("outcome", "sentence", "made_here", "recognised")
    assert {key: stranger[key] for key in same} == {key: unknown[key] for key in same}
    assert member["recognised"]["asset"] == kept.code


# How often


def test_all_processes_count_together_and_each_address_by_itself(desk: Desk) -> None:
    """Behind a proxy that is trusted, whoever asks it counts; a stranger who only says that there is a proxy changes nothing."""
    proxied = replace(desk, settings=desk.settings.model_copy(update={"trusted_proxies": ("127.0.0.0/8",)}))
    direct = replace(desk, settings=desk.settings.model_copy(update={"trusted_proxies": ()}))

    def ask(web: Web, address: str) -> int:
        return web.client().post("/api/verify", content=b"text", headers={"x-forwarded-for": address}).status_code

    with Web(proxied) as one, Web(proxied) as other, Web(direct) as bare:
        assert [ask(web, "203.0.113.9") for web in (one, other, one, other, one, other)] == [422] * 4 + [403] * 2
        assert ask(one, "203.0.113.10") == 422
        assert ask(one, "198.51.100.1, 203.0.113.9") == 403, "what stands before the last address was written by the stranger"
        addresses = [f"2001:db8:1:2:{number}::1" for number in range(6)]
        assert [ask(other, address) for address in addresses] == [422] * 4 + [403] * 2, "a network counts as one"
        assert [ask(bare, f"203.0.113.{number}") for number in range(20, 26)] == [422] * 4 + [403] * 2


def test_a_file_is_dropped_onto_the_page(web: Web, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(chain(web.desk.settings, 2)[-1])
    (tmp_path / "none.png").write_bytes(encoded(scene(99)))
    (tmp_path / "<b>x.bin").write_text("no picture")
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.goto(f"{web.url}/verify")
    page.set_input_files("#file", tmp_path / "good.png")
    page.wait_for_selector(".verdict.good")
    assert "Made with AI from a picture" in page.inner_text("#outcome")
    page.set_input_files("#file", tmp_path / "none.png")
    page.wait_for_selector(".verdict.open")
    assert "Nothing proves where it comes from" in page.inner_text("#outcome")
    page.set_input_files("#file", tmp_path / "<b>x.bin")
    page.get_by_text("This file is not a picture that can be read.").wait_for()
    page.close()
    assert problems == []
