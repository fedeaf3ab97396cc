"""A picture leaves for a client, is checked by a stranger, loses its metadata on the way, and comes back to be known."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from PIL import Image

from core.exports import links
from core.people import projects
from core.provenance.seal import keys
from core.security.signed_links import LinkedFile
from storage.files import exports
from tests.pictures import encoded, scene
from tests.stories.conftest import Story
from tests.stories.telling import Person, Seen
from tests.web import Web

PROMPT = "the unreleased copper lamp"


@pytest.fixture
def lamp(story: Story, mia: Person, ana: Person) -> Seen:
    """Rendered, made anew from itself, enlarged, and approved: four steps of one picture, for Acme."""
    keys.init(story.desk.settings.keys, "Studio")
    with story.desk.writing() as session:
        acme = projects.add(session, "Acme", "Acme Spring", by=ana.member)
        projects.bind_channel(session, story.house.platform, story.house.channel_id("acme"), "acme", acme, by=ana.member)
    there = story.visitor("Mia Chen", "acme")

    def made(line: str) -> Seen:
        asked = there.asks(line)
        story.works()
        return there.sees("Took", again=asked)

    first = made(f'/render text-to-image "{PROMPT}" seed:7 steps:2 size:256x192 shot:sh010')
    code = story.assets(first)[0].code
    second = made(f'/render image-to-image "{PROMPT}, at dusk" image:{code} seed:8 steps:2')
    third = made(f"/upscale {story.assets(second)[0].code}")
    story.visitor("Ana Ruiz", "acme").asks(f"/approve {story.assets(third)[0].code}")
    return third


@pytest.fixture
def street(story: Story, lamp: Seen) -> Iterator[httpx2.Client]:
    """The web as somebody without an account sees it."""
    with Web(story.desk) as web, httpx2.Client(base_url=web.url, trust_env=False, timeout=30) as stranger:
        yield stranger


def link_in(seen: Seen) -> str:
    """The address in an answer that works without an account."""
    found = re.search(r"/get/[\w.~-]+", " ".join([seen.text, *seen.fields.values(), *seen.links]))
    assert found, seen
    return found.group()


def checked(street: httpx2.Client, data: bytes, name: str) -> dict[str, Any]:
    """What a stranger is told."""
    answer = street.post("/api/verify", params={"name": name}, content=data)
    answer.raise_for_status()
    assert PROMPT not in answer.text
    assert "Mia" not in answer.text
    told: dict[str, Any] = answer.json()
    return told


def resaved(data: bytes) -> bytes:
    """As a chat or a mail program passes it on: another format, no metadata."""
    with Image.open(io.BytesIO(data)) as image:
        return encoded(image.convert("RGB"), "JPEG", quality=82)


def test_from_the_first_render_to_the_stranger_and_back(story: Story, lamp: Seen, street: httpx2.Client) -> None:
    there = story.visitor("Mia Chen", "acme")
    (asset,) = story.assets(lamp)
    assert asset.seal_state == "sealed"

    sent = there.asks(f'/export {asset.code} profile:client format:jpeg to:"Sam, Acme" why:"final delivery"')
    assert "exported with the profile client for Sam, Acme" in sent.text
    assert "prompts" in sent.fields["Metadata removed"]
    got = street.get(link_in(sent))
    assert got.headers["content-disposition"].startswith("attachment")
    delivered = got.content
    assert PROMPT.encode() not in delivered
    assert b"Mia" not in delivered
    assert b"sh010" not in delivered

    proved = checked(street, delivered, "lamp.jpg")
    assert proved["outcome"] == "proved"
    assert proved["ai"] is True
    history = proved["credentials"]["history"]
    assert [step["depth"] for step in history] == [0, 1, 2, 3]
    assert [step["actions"][-1] for step in history] == ["c2pa.published", "c2pa.resized", "c2pa.edited", "c2pa.created"]
    with story.desk.reading() as session:
        (row,) = exports.of_asset(session, asset.id or 0)
    assert (row.recipient, row.reason) == ("Sam, Acme", "final delivery")

    stripped = resaved(delivered)
    lost = checked(street, stripped, "lamp-from-mail.jpg")
    assert (lost["outcome"], lost["credentials"]) == ("recognised", None)
    assert (lost["made_here"], lost["ai"], lost["recognised"]) == (True, True, None)
    assert asset.code not in lost["sentence"], "which picture it is, strangers are not told"

    dropped = there.drops(stripped, "lamp-from-mail.jpg", words="what is this?")
    assert dropped.seen is not None
    assert asset.code in dropped.seen.text
    assert "Its Content Credentials were removed" in dropped.seen.text
    told = there.asks("/restore", stripped)
    assert f"is a copy of {asset.code} and is now marked as one" in told.text
    again = street.get(link_in(told)).content
    restored = checked(street, again, "lamp-restored.jpg")
    assert restored["outcome"] == "not-identical"
    steps = restored["credentials"]["history"]
    assert steps[0]["title"] == f"copy of {asset.code}"
    assert len(steps) == 4
    assert PROMPT.encode() not in again


@pytest.mark.only_in("room", reason="what is told there is no matter of the front")
def test_the_very_pixels_without_their_credentials_are_answered_with_the_original(
    story: Story, lamp: Seen, street: httpx2.Client
) -> None:
    there = story.visitor("Mia Chen", "acme")
    (asset,) = story.assets(lamp)
    with Image.open(io.BytesIO(story.desk.blobs.get(asset.sha256))) as image:
        bare = encoded(image)

    assert checked(street, bare, "lamp.png")["outcome"] == "registered"
    told = there.asks("/restore", bare)

    assert "is the original" in told.text
    assert street.get(link_in(told)).content == story.desk.blobs.get(asset.sha256)


@pytest.mark.only_in("room", reason="what is told there is no matter of the front")
def test_a_dry_run_shows_what_a_recipient_could_learn_and_makes_nothing(story: Story, lamp: Seen) -> None:
    there = story.visitor("Mia Chen", "acme")
    (asset,) = story.assets(lamp)
    with story.nothing_is_kept():
        shown = there.asks(f"/export {asset.code} profile:client dry:yes")
        assert "Nothing was exported" in shown.text
        assert "prompts" in shown.fields["Metadata removed"]
        assert "Prompt" not in shown.fields
        assert shown.fields["Pixels"] == "exactly those of the original"
        assert "sealed" not in shown.fields.get("Would leak", "")
    whole = there.asks(f"/export {asset.code} profile:team dry:yes")
    assert whole.fields["By"] == "Mia Chen"


@pytest.mark.only_in("room", reason="what is told there is no matter of the front")
def test_a_delivery_is_one_package_with_its_manifest_and_licences(story: Story, lamp: Seen, street: httpx2.Client) -> None:
    there = story.visitor("Mia Chen", "acme")
    codes = " ".join(story.assets(render.code)[0].code for render in story.renders())
    told = there.asks(f"/export {codes} profile:client as:zip naming:{{shot}}_{{number}}")

    data = street.get(link_in(told)).content
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        rows = json.loads(package.read("manifest.json"))["files"]
        table = package.read("manifest.csv").decode("utf-8-sig")
        assert all(PROMPT.encode() not in package.read(name) for name in names)
    assert names[3:] == ["manifest.json", "manifest.csv", "LICENCES.txt"]
    assert names[2] in table
    assert [row["status"] for row in rows].count("approved") == 1
    sheet = there.asks(f"/export {codes} profile:client as:sheet")
    assert street.get(link_in(sheet)).content.startswith(b"%PDF-")


@pytest.mark.only_in("room", reason="what is told there is no matter of the front")
def test_what_is_not_for_everybody_is_refused_in_plain_words(story: Story, lamp: Seen, vic: Person) -> None:
    there = story.visitor("Mia Chen", "acme")
    (asset,) = story.assets(lamp)
    with story.nothing_is_kept():
        vic.is_refused(f"/export {asset.code} profile:client", "refused", "export")
        there.is_refused(f"/export {asset.code} profile:cleint", "not-found", "cleint")
        there.is_refused(f"/export {asset.code} as:rar", "bad-input", "rar")
        there.is_refused("/restore", "missing-input", "picture")
        there.is_refused("/profile client words:maybe", "bad-input", "words")
        there.is_refused("/profile client words:no", "refused", "change export profiles")
        there.is_refused("/verify http://127.0.0.1:1/x.png", "bad-input", "open Internet")
    with story.nothing_is_kept():
        there.is_refused("/restore", "not-found", "looks like this picture", files=[encoded(scene(99))])


@pytest.mark.only_in("room", reason="what is told there is no matter of the front")
def test_a_strangers_link_is_for_one_file_and_some_days(story: Story, lamp: Seen, street: httpx2.Client, vic: Person) -> None:
    (asset,) = story.assets(lamp)
    settings = story.desk.settings
    hasty = replace(story.desk, settings=settings.model_copy(update={"link_days": -1}))
    over = links.make(hasty, LinkedFile(asset.sha256, "x.png", "image/png"), by=vic.member).rpartition("/")[2]
    assert street.get(f"/get/{over}").status_code == 409
    assert street.get(f"/get/{over[:-3]}abc").status_code == 404
    assert street.get(f"/assets/{asset.code}/original").status_code == 401
