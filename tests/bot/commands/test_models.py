"""Stories of model files: what there is, what one is, and what used it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import jobs
from core.desk import Desk
from core.models import registry
from core.rendering import reconciler
from storage.tables import Asset
from tests.bot.conftest import Talk
from tests.bot.terminal import Terminal
from tests.core.models.test_descriptions import KOHYA
from tests.core.models.test_registry import write
from tests.shop import Shop


@pytest.fixture
def folder(tmp_path: Path, desk: Desk) -> Path:
    root = tmp_path / "models"
    write(root / "loras" / "ink.safetensors", {"__metadata__": KOHYA | {"modelspec.license": "CC0-1.0"}})
    write(root / "checkpoints" / "base.safetensors", {})
    registry.scan(desk, [root])
    return root


def test_the_list_says_what_each_is_and_is_narrowed_by_words(talk: Talk, folder: Path) -> None:
    answer = talk.say("/models")
    lines = {field.label: field.value for field in answer.cards[0].fields}
    assert (answer.private, answer.cards[0].title, set(lines)) == (
        True,
        "2 models",
        {"loras/ink.safetensors", "checkpoints/base.safetensors"},
    )
    assert "SDXL · CC0-1.0 · words: ohwx ink, paper" in lines["loras/ink.safetensors"]
    assert "licence unknown" in lines["checkpoints/base.safetensors"]
    assert [one["model"] for one in talk.say("/models lora sdxl").data["models"]] == ["loras/ink.safetensors"]
    assert "None says all" in talk.say("/models zebra").cards[0].text
    assert talk.complete("model ink") == ["loras/ink.safetensors"]


def test_a_model_with_its_versions_and_what_used_it(talk: Talk, folder: Path) -> None:
    talk.finish(talk.ask())
    write(folder / "loras" / "ink.safetensors", {}, b"other weights")
    registry.scan(talk.desk, [folder])
    told = talk.say("/model ink").data
    assert (told["model"], len(told["versions"]), told["licence"]) == ("loras/ink.safetensors", 2, "")
    assert [bool(one["where"]) for one in told["versions"]] == [True, False]
    used = talk.say("/model base").data
    assert used["assets"] == 0, "one of that name was used, but of other bytes"
    assert used["where"] == ["checkpoints/base.safetensors"]  # an artist sees no path of the machine
    assert talk.say("/model base", by=talk.ana).data["where"] == [f"{folder}/checkpoints/base.safetensors"]
    assert talk.say("/model").error == "missing-input"
    unknown = talk.say("/model bass").data["error"]
    assert (unknown["code"], unknown["facts"]["suggestions"]) == ("unknown-model", ["base.safetensors"])


def test_a_model_that_comes_while_slate_runs_is_found(shop: Shop, slate: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    write(shop.simulator.folder / "models" / "loras" / "zebra.safetensors", {})
    before = slate.json("models", "zebra")["count"]
    monkeypatch.setattr(reconciler, "MODELS_PAUSE", 0.0)
    settings = shop.desk.settings.model_copy(update={"models_paths": (shop.simulator.folder / "models",)})
    desk = Desk(settings, shop.desk.database, shop.desk.blobs, shop.desk.queue)
    monkeypatch.setattr(jobs, "here", lambda: desk)
    sweeper = reconciler.Sweeper(desk)
    sweeper.look_at_models()
    sweeper.close()
    desk.queue.serve([reconciler.ARCHIVE], burst=True)
    assert (before, slate.json("models", "zebra")["count"]) == (0, 1)


def test_the_simulators_models_are_told_of_in_the_terminal(slate: Terminal, shoe: Asset) -> None:
    found = slate.json("models")
    assert found["count"] > 3
    one = slate.json("model", "slate-sim-base")
    assert (one["assets"], one["newest_assets"], one["autov2"]) == (1, [shoe.code], one["sha256"][:10])
    assert "text-to-image@1" in one["workflows"]
    assert slate("model", "slate-sim-base") == 0, slate.err
    assert "SHA-256" in slate.out
