"""The self-test through Slack: what a workspace does to metadata is measured there, and nothing of it stays."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.slack.selftest import place
from core.operations.selftest import run
from core.provenance.seal import keys
from core.verification import verify
from tests.bot.slack.conftest import Studio
from tests.stories.telling import Person


def test_a_canary_goes_through_slack_and_is_removed(studio: Studio) -> None:
    through = place(studio.story.desk)
    assert through is not None
    assert through.name == "Slack Sim Studio"
    keys.init(studio.story.desk.settings.keys, "Studio")
    outcomes = run(studio.story.desk, [through])
    assert [one.kind for one in outcomes] == ["png", "jpg", "webp", "preview"]
    assert {one.layers["seal"] for one in outcomes} == {"kept"}
    assert {one.problem for one in outcomes} == {""}
    assert {state for one in outcomes for state in one.layers.values()} <= {"kept", "none"}
    assert studio.slack.world.files == {}


def test_a_preview_that_slack_shows_for_a_large_picture_verifies_and_names_its_original(
    studio: Studio, mia: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.pictures.MOST_BYTES", 64)
    keys.init(studio.story.desk.settings.keys, "Studio")
    shoe = mia.asks("/render text-to-image hero shoe, low sun seed:7 steps:1 size:256x256")
    studio.story.works()
    (shown,) = studio.slack.world.files.values()
    (asset,) = studio.story.assets(mia.sees("Took", again=shoe))
    told = verify.verify(studio.story.desk, shown.data, shown.name)
    assert shown.mime == "image/jpeg"
    assert told.outcome is verify.Outcome.PROVED
    assert told.is_ai
    assert told.asset is not None
    assert told.asset.code == asset.code
    assert b"hero shoe" not in shown.data


def test_a_slack_that_strips_what_it_is_given_is_found_out(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    through = place(studio.story.desk)
    assert through is not None
    fetch = through.fetch

    def stripped(ref: str) -> bytes:
        out = io.BytesIO()
        Image.open(io.BytesIO(fetch(ref))).convert("RGB").save(out, "JPEG", quality=85)
        return out.getvalue()

    monkeypatch.setattr(through, "fetch", stripped)
    outcomes = run(studio.story.desk, [through])
    assert {one.layers["xmp"] for one in outcomes} == {"lost"}
    assert {one.layers["fingerprint"] for one in outcomes} <= {"kept", "changed"}
