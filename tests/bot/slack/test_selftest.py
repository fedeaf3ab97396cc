"""The self-test through Slack: what a workspace does to metadata is measured there, and nothing of it stays."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.slack.selftest import place
from core.selftest import run
from tests.bot.slack.conftest import Studio


def test_a_canary_goes_through_slack_and_is_removed(studio: Studio) -> None:
    through = place(studio.story.desk)
    assert through is not None
    assert through.name == "Slack Sim Studio"
    outcomes = run(studio.story.desk, [through])
    assert {one.problem for one in outcomes} == {""}
    assert {state for one in outcomes for state in one.layers.values()} <= {"kept", "none"}
    assert studio.slack.world.files == {}


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
