"""The address of a running Slate, as another shell finds it."""

from __future__ import annotations

import json

import pytest

from bot.cli.address import announced
from core.desk import Desk
from core.settings import Settings
from storage.tables import Asset
from tests.bot.terminal import Terminal


def address(slate: Terminal) -> str:
    """Where `slate doctor` looks for the room, well or not."""
    slate("doctor", "--json")
    [web] = [one for one in json.loads(slate.out)["findings"] if one["part"] == "web"]
    return str(web["facts"]["url"])


def test_another_shell_finds_theaddress_of_the_slate_that_runs(
    slate: Terminal, shoe: Asset, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.settings.data / "address"
    desk.settings.data.mkdir(exist_ok=True)
    assert address(slate) == "http://127.0.0.1:8000"
    for url in ("", "https://slate.example/desk"):
        with announced(Settings(data=desk.settings.data, host="localhost", port=1, public_url=url)):
            assert file.read_text().splitlines() == [url or "http://localhost:1", "localhost 1"]
            assert address(slate) == (url or "http://localhost:1")
            slate("whatis", shoe.code)
            assert f"{url or 'http://localhost:1'}/assets/{shoe.code}" in slate.out
            with monkeypatch.context() as here:
                here.setenv("SLATE_PORT", "2")
                assert address(slate) == "http://127.0.0.1:2"
        assert not file.exists()
    assert address(slate) == "http://127.0.0.1:8000"


def test_anaddress_that_nobody_holds_or_nobody_can_read_is_none(slate: Terminal, desk: Desk) -> None:
    desk.settings.data.mkdir(exist_ok=True)
    file = desk.settings.data / "address"
    file.write_text("http://127.0.0.1:1\n127.0.0.1 1\n")
    assert address(slate) == "http://127.0.0.1:8000"
    with announced(desk.settings):
        file.write_text("nonsense")
        assert address(slate) == "http://127.0.0.1:8000"
