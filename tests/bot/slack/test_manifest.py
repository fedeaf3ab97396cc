"""The checked-in manifest is what the command table makes, and within what Slack takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from bot.commands.table import TABLE
from bot.slack import manifest as slack_manifest
from bot.slack.manifest import CHECKED_IN, SLACKS_OWN, manifest, written
from tests.simulators.slack.limits import EVENT_SCOPES

ADDRESS = "https://slate.acme.example"


@pytest.fixture(
    params=[("", False), (ADDRESS, False), ("", True), (ADDRESS, True)], ids=["socket", "http", "socket-long", "http-long"]
)
def app(request: pytest.FixtureRequest) -> dict[str, Any]:
    address, every = request.param
    return manifest(address, every=every)


def test_the_checked_in_manifest_is_the_one_the_command_table_makes() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == written(manifest()), "write it again: slate slack --manifest"
    assert yaml.safe_load(CHECKED_IN.read_text(encoding="utf-8")) == manifest()


def test_the_manifest_has_one_slash_command_that_takes_every_line(app: dict[str, Any]) -> None:
    assert [one["command"] for one in manifest()["features"]["slash_commands"]] == ["/slate"]
    assert app["features"]["slash_commands"][0]["command"] == "/slate"


def test_by_choice_every_command_is_a_slash_command_unless_slack_keeps_the_word() -> None:
    there = [one["command"] for one in manifest(every=True)["features"]["slash_commands"]]
    assert there == ["/slate", *(f"/{command.name}" for command in TABLE if command.name not in SLACKS_OWN)]
    assert {one.name for one in TABLE} & SLACKS_OWN == {"help"}, "and that is told in docs/slack.md"


def test_it_is_within_what_slack_takes(app: dict[str, Any]) -> None:
    shown, features = app["display_information"], app["features"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
    assert len(features["slash_commands"]) <= 50
    for one in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", one["command"])
        assert 0 < len(one["description"]) <= 2000
        assert len(one.get("usage_hint", "")) <= 1000
    assert len(features["shortcuts"]) <= 5
    for one in features["shortcuts"]:
        assert len(one["name"]) <= 24
        assert len(one["description"]) <= 150
    assert len(features["unfurl_domains"]) <= 5


def test_each_event_has_the_scope_it_needs(app: dict[str, Any]) -> None:
    scopes = set(app["oauth_config"]["scopes"]["bot"])
    events = app["settings"]["event_subscriptions"]["bot_events"]
    assert {EVENT_SCOPES[event] for event in events if event in EVENT_SCOPES} <= scopes
    assert "commands" in scopes


def test_socket_mode_needs_no_address_and_http_names_ours_everywhere() -> None:
    assert ADDRESS not in written(manifest())
    settings = manifest()["settings"]
    assert settings["socket_mode_enabled"]
    served = manifest(ADDRESS + "/")
    assert not served["settings"]["socket_mode_enabled"]
    wanted = ADDRESS + slack_manifest.EVENTS_PATH
    addresses = [one["url"] for one in served["features"]["slash_commands"]]
    addresses += [served["settings"]["event_subscriptions"]["request_url"], served["settings"]["interactivity"]["request_url"]]
    assert set(addresses) == {wanted}
    assert served["oauth_config"]["redirect_urls"] == [ADDRESS + slack_manifest.REDIRECT_PATH]
    assert served["features"]["unfurl_domains"] == ["slate.acme.example"]
