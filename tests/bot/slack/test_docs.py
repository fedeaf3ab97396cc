"""What docs/slack.md tells of the app is what its manifest has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.slack import manifest as slack_manifest
from bot.slack.errors import declared
from bot.slack.manifest import CHECKED_IN, SCOPES, manifest
from core.settings import Settings
from hooks import slack

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")


def test_every_scope_is_explained_and_no_other() -> None:
    table = PAGE.split("<!-- scopes -->")[1].split("<!-- /scopes -->")[0]
    assert sorted(re.findall(r"`([a-z_]+:?[a-z]*)`", table)) == sorted(SCOPES)
    assert set(SCOPES) == set(manifest()["oauth_config"]["scopes"]["bot"])


def test_every_setting_named_is_one() -> None:
    named = set(re.findall(r"SLATE_([A-Z_]+)", PAGE))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert {name.upper() for name in Settings.model_fields if name.startswith("slack_")} - named == {"SLACK_API_URL"}


def test_the_paths_the_steps_and_the_shortcuts_are_those_of_the_manifest() -> None:
    assert CHECKED_IN.relative_to(ROOT).as_posix() in PAGE
    assert slack_manifest.INSTALL_PATH in PAGE
    assert slack_manifest.INSTALL_PATH == slack.INSTALL_PATH
    assert manifest()["settings"]["socket_mode_enabled"], "so steps 2 to 4 need no address"
    assert manifest()["features"]["unfurl_domains"] == ["slate.example.com"]
    names = {one["name"] for one in manifest()["features"]["shortcuts"]}
    assert {"What is this?", "Render a picture"} <= names
    assert manifest()["features"]["app_home"]["home_tab_enabled"]
    assert "/slate" in [one["command"] for one in manifest()["features"]["slash_commands"]]
    assert "/help" not in [one["command"] for one in manifest()["features"]["slash_commands"]]


class Refusal(Exception):
    def __init__(self, **answer: str) -> None:
        super().__init__()
        self.response = answer


@pytest.mark.parametrize("code", ["channel_not_found", "token_revoked", "missing_scope"])
def test_the_troubles_are_told_in_the_words_people_see(code: str) -> None:
    assert declared(Refusal(error=code, needed="…")).message in PAGE
