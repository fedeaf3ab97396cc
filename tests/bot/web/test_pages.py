"""The asset page and its files: everything that is known, for those who may see it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.desk import Desk
from core.people.projects import ensure_defaults
from core.review import verdicts
from core.workflows import find, seed_library
from storage import deliveries
from storage.clock import now
from storage.files import assets
from storage.files.assets import AssetDraft
from storage.rendering import renders
from storage.tables import Asset, DeliveryState, Destination, Judgement, Member, Origin, OutgoingEvent, Render, RenderState, Via
from tests.web import Web, picture

GRAPH = {"1": {"class_type": "KSampler", "inputs": {"seed": 7}}}
SHA = "ab12cd34ef" + "0" * 54
MODEL = {"folder": "checkpoints", "name": "base.safetensors", "sha256": SHA, "licence": "Apache-2.0", "title": "Base"}


@pytest.fixture
def web(desk: Desk) -> Iterator[Web]:
    with desk.writing() as session:
        ensure_defaults(session)
        seed_library(session)
    with Web(desk) as served:
        yield served


@dataclass
class Shelf:
    """What the stories below look at: a source, what was made from it, and who made it."""

    mia: Member
    source: Asset
    result: Asset
    render: Render


def asset(web: Web, mia: Member, **more: Any) -> AssetDraft:
    data = picture("olive", (96, 64))
    digest = web.desk.blobs.put(data)
    facts: dict[str, Any] = {
        "origin": Origin.UPLOAD, "member_id": mia.id, "project_id": web.channel().project_id, "sha256": digest,
        "source_sha256": digest, "filename": "shoe.png", "mime": "image/png", "size": len(data), "width": 96, "height": 64,
        "preview": digest, "thumbnail": digest,
    }  # fmt: skip
    return AssetDraft(Asset(**(facts | more)))


@pytest.fixture
def shelf(web: Web) -> Shelf:
    web.client("Mia")
    mia = web.member("Mia")
    made_with = {
        "origin": Origin.RENDER, "ordinal": 0, "workflow": "image-to-image", "workflow_number": 1, "prompt": "hero <shoe>",
        "negative": "text", "seed": "18446744073709551615", "techniques": ["img2img"],
        "models": [MODEL], "seal_state": "sealed",
        "seal": {"signer": "Studio North", "stamped": True, "broken": ["B.jpg: assertion.dataHash.mismatch"]},
        "facts": {"sampler": "euler", "steps": 20, "cfg": 6.5},
        "statement": {"backend": {"name": "gpu-01", "comfyui_version": "0.3.71", "simulated": True}, "graph": GRAPH},
    }  # fmt: skip
    with web.desk.writing() as session:
        source = assets.add(session, asset(web, mia))
        _, version = find(session, "image-to-image")
        render = Render(
            member_id=mia.id or 0, project_id=web.channel().project_id, workflow_version_id=version.id or 0,
            state=RenderState.DONE, started_at=now(), finished_at=now(), seed="7", inputs={"prompt": "hero shoe"},
        )  # fmt: skip
        renders.add(session, render, {"image": source.id or 0})
        result = assets.add(session, asset(web, mia, render_id=render.id, **made_with))
    return Shelf(mia, source, result, render)


def test_the_page_tells_everything(web: Web, shelf: Shelf) -> None:
    verdicts.decide(web.desk, shelf.result, Judgement.APPROVED, by=shelf.mia, note="use <this>")
    verdicts.tag(web.desk, shelf.result, "hero", by=shelf.mia)
    page = web.client("Ana").get(f"/assets/{shelf.result.code}").text
    told = (
        "Mia", "House", "playground", "image-to-image@1", "18446744073709551615", "euler", "ab12cd34ef", "Apache-2.0",
        "ComfyUI 0.3.71", "approved", "use &lt;this&gt;", "hero", shelf.source.code, shelf.render.code,
        "simulated", "hero &lt;shoe&gt;", "96 × 64",
        shelf.result.sha256, f"/files/{shelf.source.code}/{shelf.source.thumbnail}", "Provenance statement",
    )  # fmt: skip
    assert [one for one in told if one not in page] == []
    assert "<this>" not in page


def test_the_page_tells_how_the_file_is_sealed(web: Web, shelf: Shelf) -> None:
    ana = web.client("Ana")
    page = ana.get(f"/assets/{shelf.result.code}").text
    assert "<p>Signed by Studio North, with a time stamp</p>" in page
    assert "Invalid history: B.jpg: changed after it was signed" in page
    assert "<h2>Content Credentials</h2>" not in ana.get(f"/assets/{shelf.source.code}").text


def test_the_page_tells_where_the_file_lies_at_a_dam(web: Web, shelf: Shelf) -> None:
    with web.desk.writing() as session:
        place = Destination(name="North shelf", name_key="north shelf", via=Via.FOLDER, url="/srv/dam", member_id=shelf.mia.id)
        deliveries.add_destination(session, place)
        event = OutgoingEvent(message="msg_1", kind="asset.approved", subject=shelf.result.code, asset_id=shelf.result.id)
        [sent] = deliveries.add_event(session, event, [place.id])
        sent.state, sent.there = DeliveryState.DELIVERED, "acme/shoe.png"
        session.add(sent)
    page = web.client("Mia").get(f"/assets/{shelf.result.code}").text
    assert re.search(r"<dt>Delivered to North shelf</dt>\s*<dd[^>]*>acme/shoe.png", page)


def test_lineage_goes_both_ways(web: Web, shelf: Shelf) -> None:
    page = web.client("Ana").get(f"/assets/{shelf.source.code}").text
    assert "Used in" in page
    assert shelf.result.code in page


def test_the_card_picture_is_a_picture(web: Web, shelf: Shelf) -> None:
    got = web.client("Ana").get(f"/assets/{shelf.result.code}/card.png")
    assert got.headers["content-type"] == "image/png"
    with Image.open(BytesIO(got.content)) as card:
        assert card.format == "PNG"
        assert card.width > 400


def test_the_graph_is_saved_as_comfyui_takes_it(web: Web, shelf: Shelf) -> None:
    ana = web.client("Ana")
    got = ana.get(f"/assets/{shelf.result.code}/graph.json")
    assert json.loads(got.content) == GRAPH
    assert "attachment" in got.headers["content-disposition"]
    assert ana.get(f"/assets/{shelf.source.code}/graph.json").json()["error"] == "unknown-asset"


def test_the_original_comes_back_byte_for_byte(web: Web, shelf: Shelf) -> None:
    got = web.client("Ana").get(f"/assets/{shelf.result.code}/original")
    assert got.content == web.desk.blobs.get(shelf.result.sha256)
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''shoe.png"


def test_a_render_leads_to_its_picture_or_shows_how_it_stands(web: Web, shelf: Shelf) -> None:
    ana = web.client("Ana")
    assert ana.get(f"/renders/{shelf.render.code}").headers["location"] == f"/assets/{shelf.result.code}"
    with web.desk.writing() as session:
        waiting = renders.add(session, Render(
            member_id=shelf.mia.id or 0, project_id=web.channel().project_id, inputs={"prompt": "later"},
            workflow_version_id=shelf.render.workflow_version_id,
        ), {})  # fmt: skip
    assert "later" in ana.get(f"/renders/{waiting.code}").text
    assert ana.get("/r/a-7q0d").headers["location"] == "/assets/a-7q0d"
    assert ana.get("/r/R-4F2K").headers["location"] == "/renders/R-4F2K"


@pytest.mark.parametrize(
    "path", ["/assets/A-ZZZZ", "/assets/nonsense", "/assets/A-ZZZZ/card.png", "/renders/R-ZZZZ", "/renders/x"]
)
def test_what_is_not_there_is_told_so(web: Web, path: str) -> None:
    assert web.client("Ana").get(path).status_code == 404


@pytest.mark.parametrize("path", ["", "/card.png", "/graph.json", "/original"])
def test_strangers_are_led_to_the_door(web: Web, shelf: Shelf, path: str) -> None:
    stranger = web.client()
    address = f"/assets/{shelf.result.code}{path}"
    assert stranger.get(address).status_code == 401
    assert stranger.get(address, headers={"accept": "text/html"}).headers["location"] == f"/?next={address}"
