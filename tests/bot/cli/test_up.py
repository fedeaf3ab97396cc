"""`slate up` refuses what cannot work at once, with a sentence, and leaves nothing behind."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import up
from bot.cli.entry import run

Started = Callable[..., tuple[int, str]]


@pytest.fixture
def started(capsys: pytest.CaptureFixture[str]) -> Started:
    """Starts `slate up`, or another command: its exit code, and what it says to standard error."""

    def start(command: str = "up") -> tuple[int, str]:
        code = run([command])
        return code, capsys.readouterr().err

    return start


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLATE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(up, "PORT_SECONDS", 0.1)
    monkeypatch.setattr(up, "listen_for_stop", lambda stop: None)
    return tmp_path / "data"


def test_a_port_that_another_program_has_is_named(folder: Path, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("SLATE_PORT", str(taken.getsockname()[1]))
        code, told = started()
    assert code == 5
    assert "in use" in told
    assert "SLATE_PORT" in told
    assert not (folder / "redis").exists()


def test_an_address_that_is_not_this_machines_is_named(folder: Path, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLATE_HOST", "192.0.2.1")
    monkeypatch.setenv("SLATE_ROOM_TRUSTED", "yes")
    code, told = started()
    assert (code, "192.0.2.1:8000" in told) == (5, True)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "slate.example"])
def test_the_room_listens_on_this_machine_only_unless_the_network_is_trusted(
    folder: Path, started: Started, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("SLATE_HOST", host)
    for command in ("up", "web"):
        code, told = started(command)
        assert (code, "SLATE_ROOM_TRUSTED=yes" in told) == (5, True)
    assert not (folder / "redis").exists()


def test_a_second_slate_on_one_folder_says_which_process_has_it(folder: Path, started: Started) -> None:
    with up._only_one(folder):
        code, told = started()
    assert code == 5
    assert "is running on" in told
