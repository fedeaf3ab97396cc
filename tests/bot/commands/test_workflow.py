"""Stories of workflows that people save: from a file to a form to a run, recognised, versioned, refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot import commands
from bot.cards import Answer
from bot.request import Attachment, ChatPlace, ChatRequest
from core.rendering.lifecycle import get
from storage.people import audit
from storage.tables import Member, RenderState, Role
from tests.bot.terminal import Terminal
from tests.core.graphs import Graph, node, text_to_image
from tests.makers import make_member
from tests.shop import Shop

_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _drawn(**sampler: Any) -> dict[str, Any]:
    """The same as `text_to_image`, as ComfyUI's page saves it: values by place, with a reroute and a muted node."""
    values = [sampler.get("seed", 5), "randomize", sampler.get("steps", 20), 7.0, sampler.get("sampler", "euler"), "normal", 1]

    def one(number: int, kind: str, inputs: list[tuple[str, str, int]], *typed: Any, mode: int = 0) -> dict[str, Any]:
        entries = [{"name": name, "type": told, "link": link} for name, told, link in inputs]
        return {"id": number, "type": kind, "inputs": entries, "outputs": [], "widgets_values": list(typed), "mode": mode}

    nodes = [
        one(3, "KSampler", [("model", "MODEL", 1), ("positive", "CONDITIONING", 2), ("negative", "CONDITIONING", 3),
                            ("latent_image", "LATENT", 4)], *values),
        one(4, "CheckpointLoaderSimple", [], "slate-sim-base.safetensors"),
        one(5, "EmptyLatentImage", [], 512, 768, 2),
        one(6, "CLIPTextEncode", [("clip", "CLIP", 5)], "a lighthouse at dusk"),
        one(7, "CLIPTextEncode", [("clip", "CLIP", 10)], "blurry"),
        one(8, "VAEDecode", [("samples", "LATENT", 7), ("vae", "VAE", 8)]),
        one(9, "SaveImage", [("images", "IMAGE", 9)], "Slate"),
        one(10, "Reroute", [("", "*", 6)]),
        one(11, "PreviewImage", [("images", "IMAGE", 11)], mode=2),
    ]  # fmt: skip
    drawn = [(4, 0, 3, 0, "MODEL"), (6, 0, 3, 1, "CONDITIONING"), (7, 0, 3, 2, "CONDITIONING"), (5, 0, 3, 3, "LATENT"),
             (4, 1, 6, 0, "CLIP"), (4, 1, 10, 0, "CLIP"), (3, 0, 8, 0, "LATENT"), (4, 2, 8, 1, "VAE"), (8, 0, 9, 0, "IMAGE"),
             (10, 0, 7, 0, "CLIP"), (8, 0, 11, 0, "IMAGE")]  # fmt: skip
    links = [[number, *one] for number, one in enumerate(drawn, 1)]
    return {"nodes": nodes, "links": links, "version": 0.4, "last_node_id": 11}


def _graph(**sampler: Any) -> Graph:
    graph = text_to_image(**sampler)
    graph["4"]["inputs"]["ckpt_name"] = "slate-sim-base.safetensors"
    return graph


class Studio:
    """People who save workflows in a channel, and one server."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.desk = shop, shop.desk
        with self.desk.writing() as session:
            self.mia, self.noor = make_member(session, "Mia Artist", Role.ARTIST), make_member(session, "Noor", Role.ADMIN)
            self.leo = make_member(session, "Leo", Role.ARTIST)

    def say(self, text: str, *files: tuple[str, Any], by: Member | None = None) -> Answer:
        kept = []
        for name, told in files:
            data = told if isinstance(told, bytes) else json.dumps(told).encode()
            kept.append(Attachment(name, "", self.desk.blobs.put(data), len(data)))
        place = ChatPlace("room", "general", project=self.shop.project)
        return commands.answer(self.desk, ChatRequest(by or self.mia, place, text, tuple(kept), now=True))

    def error(self, text: str, *files: tuple[str, Any], by: Member | None = None) -> tuple[str, str]:
        """(code, words) of a refusal."""
        told = self.say(text, *files, by=by).data["error"]
        return told["code"], f"{told['message']} {told['hint']}"


@pytest.fixture
def studio(shop: Shop) -> Studio:
    return Studio(shop)


def _png(**texts: str) -> bytes:
    notes, buffer = PngInfo(), io.BytesIO()
    for key, text in texts.items():
        notes.add_text(key, text)
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=notes)
    return buffer.getvalue()


@_SQLITE
def test_a_workflow_of_the_page_is_saved_shown_asked_for_and_known_again(studio: Studio) -> None:
    told = studio.say("/workflow save Dusk", ("dusk.json", _drawn(sampler="heun")))
    assert not told.error, told
    assert (told.data["workflow"], told.data["version"], told.data["state"]) == ("dusk", 1, "new")
    inputs = {one["name"]: one for one in told.data["inputs"]}
    assert list(inputs) == [
        "prompt",
        "negative",
        "model",
        "width",
        "height",
        "count",
        "seed",
        "steps",
        "cfg",
        "sampler",
        "scheduler",
    ]
    assert (inputs["prompt"]["required"], inputs["negative"]["default"], inputs["steps"]["default"]) == (True, "blurry", 20)
    assert (inputs["width"]["minimum"], inputs["height"]["default"]) == (16, 768)
    assert "heun" in inputs["sampler"]["choices"]
    assert told.data["near"] == "text-to-image@1"
    assert "the same as text-to-image@1 but for sampler (KSampler): heun instead of euler" in told.cards[0].text
    assert [one.label for one in told.cards[0].fields][:2] == ["prompt:", "negative:"]
    assert "dusk" in [one["workflow"] for one in studio.say("/workflows").data["workflows"]]
    made = studio.say("/render dusk a pier at noon steps:2 size:128 count:1")
    assert not made.error, made
    studio.shop.drain()
    with studio.desk.reading() as session:
        assert get(session, made.data["render"]).state is RenderState.DONE
    picture = _png(prompt=json.dumps(_graph(seed=99, sampler_name="heun", steps=8)))
    copy = studio.say("/workflow save dusk-by-leo", ("found.png", picture), by=studio.leo)
    assert (copy.data["saved"], copy.data["same_as"], copy.data["workflow"]) == (False, ["dusk@1"], "dusk")
    assert "with other values: seed" in copy.cards[0].text
    assert studio.say("/workflow save dusk", ("dusk.json", _drawn(sampler="heun"))).data["state"] == "again"
    assert studio.say("/workflow save dusk-2 copy:yes", ("x.png", picture)).data["same_as"] == ["dusk@1"]
    result = studio.say(f"/workflow save from-result {made.data['render']} copy:yes").data
    assert {one["name"]: one["default"] for one in result["inputs"]}["steps"] == 2


@_SQLITE
def test_versions_are_compared_chosen_and_put_away(studio: Studio) -> None:
    for steps, sampler in ((20, "euler_ancestral"), (20, "heun"), (25, "heun")):
        studio.say("/workflow save dusk", ("a.json", _graph(steps=steps, sampler_name=sampler)))
    told = studio.say("/workflow diff dusk 1 2")
    assert told.cards[0].text == "sampler (KSampler): heun instead of euler_ancestral."
    assert (told.data["before"], told.data["after"], told.data["same"]) == (1, 2, False)
    assert studio.say("/workflow diff dusk").data["same"] is True
    assert studio.error("/workflow stable dusk@1", by=studio.leo)[0] == "refused"
    assert "dusk@1 is stable" in studio.say("/workflow stable dusk@1").text
    assert studio.say("/workflows dusk").data["workflows"][0]["version"] == 1
    assert studio.say("/workflows dusk@latest").data["workflows"][0]["version"] == 3
    assert studio.error("/workflow deprecate dusk@1 bad hands")[0] == "conflict"
    studio.say("/workflow stable dusk undo:yes")
    assert studio.error("/workflows dusk@stable") == (
        "unknown-workflow",
        "`dusk` has no stable version. A lead chooses one with /workflow stable dusk@1.",
    )
    assert "dusk@2 is the latest" in studio.say("/workflow rollback dusk").text
    studio.say('/workflow deprecate dusk@2 hint:"use dusk@1"')
    listed = {one["version"]: one for one in studio.say("/workflow versions dusk").data["versions"]}
    assert (listed[2]["deprecated"], [number for number, one in listed.items() if one["latest"]]) == ("use dusk@1", [3])
    assert studio.error("/workflow stable dusk@2")[0] == "conflict"
    assert studio.say("/workflow deprecate dusk use text-to-image").text == "dusk is put away: use text-to-image"
    assert studio.error("/render dusk a pier") == ("unknown-workflow", "`dusk` is not used any more. use text-to-image")
    assert not studio.say("/render dusk@1 a pier").error, "a version can always be made again"
    assert studio.say('/workflow versions " Dusk "').data["deprecated"] == "use text-to-image", "however its name is written"
    assert not studio.say("/workflow deprecate dusk undo:yes").error
    assert not studio.say("/render dusk a pier").error
    with studio.desk.reading() as session:
        written = [one.action for one in audit.newest(session, limit=40) if one.action.startswith("workflow:")]
    assert (written.count("workflow:saved"), written.count("workflow:changed")) == (3, 6)


@_SQLITE
def test_who_may_change_and_allow_what(studio: Studio) -> None:
    vic = _viewer(studio)
    assert studio.error("/workflow save dusk", ("a.json", _graph()), by=vic)[0] == "refused"
    studio.say("/workflow save dusk copy:yes", ("a.json", _graph()))
    assert studio.error("/workflow save dusk", ("a.json", _graph(sampler_name="heun")), by=studio.leo)[0] == "refused"
    assert studio.say("/workflow save dusk", ("a.json", _graph(sampler_name="heun")), by=studio.noor).data["version"] == 2
    escaping = _graph()
    escaping["10"] = node("LoadImage", image="/etc/passwd")
    escaping["11"] = node("SaveImage", images=["10", 0], filename_prefix="a")
    code, words = studio.error("/workflow save out", ("a.json", escaping))
    assert code == "refused"
    assert "LoadImage (node 10) reads or writes files by any path" in words
    assert studio.error("/workflow save out allow:yes", ("a.json", escaping))[0] == "refused"
    assert studio.say("/workflow save out allow:yes", ("a.json", escaping), by=studio.noor).data["allowed"] == ["LoadImage"]


def _viewer(studio: Studio) -> Member:
    with studio.desk.writing() as session:
        return make_member(session, "Vic", Role.VIEWER)


@_SQLITE
def test_bad_files_are_refused_in_words_and_leave_nothing(studio: Studio) -> None:
    before = studio.say("/workflows").data
    circle = _graph()
    circle["5"]["inputs"]["width"] = ["8", 0]
    odd = _drawn()
    odd["nodes"][0]["widgets_values"] = ["euler", "fixed", 20, 7.0, "euler", "normal", 1]
    strange = _graph() | {"20": node("NodeFromTheMoon", images=["8", 0])}
    strange["9"]["inputs"]["images"] = ["20", 0]
    half = {key: one for key, one in _graph().items() if key not in ("4", "5")}
    large = {str(at): node("SaveImage", images=[str(at - 1), 0]) if at else node("EmptyLatentImage") for at in range(5001)}
    bad: list[tuple[str, Any, str, str]] = [
        ("a.json", {"tea": 1}, "bad-graph", "no workflow of ComfyUI's"),
        ("a.json", b"{not json", "bad-graph", "not readable JSON"),
        ("a.json", b"", "bad-graph", "not readable JSON"),
        ("a.json", _drawn() | {"version": 3}, "bad-graph", "format 3"),
        ("a.json", large, "bad-graph", "5001 nodes; 5000 is the most"),
        ("a.json", _drawn() | {"nodes": [{"id": at, "type": "Note"} for at in range(5001)]}, "bad-graph", "5001 nodes"),
        ("a.json", circle, "bad-graph", "in a circle"),
        ("a.json", strange, "node-missing", "`NodeFromTheMoon`"),
        ("a.json", odd, "bad-graph", "node 3 (KSampler), `seed`: `euler` is not a whole number"),
        ("a.json", _graph(steps="many"), "bad-graph", "`steps`: `many` is not a whole number"),
        ("a.png", _png(prompt=json.dumps(half)), "bad-graph", "only a part of a workflow"),
        ("a.png", _png(), "bad-graph", "no workflow in a.png"),
    ]
    for name, told, code, words in bad:
        found = studio.error("/workflow save broken", (name, told))
        assert (found[0], words in found[1]) == (code, True), (words, found)
    assert studio.error("/workflow save", ("a.json", _graph()))[0] == "missing-input"
    assert studio.error("/workflow save ../x", ("a.json", _graph()))[0] == "bad-input"
    assert studio.error("/workflow save nothing")[0] == "missing-input"
    assert studio.error("/workflow sav x")[1].endswith("Did you mean /workflow save?")
    assert studio.say("/workflows").data == before


def test_two_who_save_at_once_get_two_versions(studio: Studio) -> None:
    told: list[Answer] = []

    def save(sampler: str) -> None:
        told.append(studio.say("/workflow save dusk copy:yes", ("a.json", _graph(sampler_name=sampler)), by=studio.noor))

    both = [Thread(target=save, args=(one,)) for one in ("heun", "ddim")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(one.data["version"] for one in told) == [1, 2]
    assert sorted(one.data["state"] for one in told) == ["changed", "new"]


@_SQLITE
def test_in_the_terminal_a_file_is_saved_under_its_name(slate: Terminal, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "Night shot.json"
    file.write_text(json.dumps(_graph(sampler_name="heun")))
    told = slate.json("workflow", "save", str(file), "--title", "Night")
    assert (told["workflow"], told["title"], told["saved"]) == ("night-shot", "Night", True)
    assert slate.json("workflow", "save", str(file), "--name", "other")["same_as"] == ["night-shot@1"]
    assert slate.json("workflow", "versions", "night-shot")["versions"][0]["source"] == "Night shot.json"
    assert slate("workflow", "save", str(tmp_path / "none.json")) != 0
    assert "cannot be read" in slate.err
