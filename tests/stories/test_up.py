"""The whole of Slate, started as everybody starts it: one command, real processes, and nothing left of them afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from storage.blobs import digest_of
from tests.waiting import until

SLATE = (sys.executable, "-m", "bot.cli")


class Machine:
    """One machine's Slate: a data folder, a port, and whatever runs on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "terminal.log"
        self.url = f"http://127.0.0.1:{_free_port()}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLATE_")}
        mine = {"SLATE_DATA": str(folder / "data"), "SLATE_PORT": self.url.rpartition(":")[2]}
        self.environment = {**kept, **mine, "SLATE_SIMULATED_STEP_SECONDS": "0.02", "SLATE_LEASE_SECONDS": "4"}
        self.process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """`slate up`, and wait until it says so."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*SLATE, "up"], env=self.environment, stdout=log, stderr=log)
        until(lambda: "Slate is up." in self.said() or self.process_ended(), "slate up is up", 60)
        assert not self.process_ended(), self.said()

    def said(self) -> str:
        return self.log.read_text()

    def process_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def slate(self, *words: str) -> Any:
        """What a command answers with `--json`, in a shell that knows the data folder and not the port."""
        elsewhere = {name: value for name, value in self.environment.items() if name != "SLATE_PORT"}
        done = subprocess.run([*SLATE, *words, "--json"], env=elsewhere, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (words, done.stdout[-500:], done.stderr[-2000:])
        return json.loads(done.stdout)

    def processes(self) -> list[int]:
        """Every process that works on this machine's data folder."""
        mark = f"SLATE_DATA={self.folder / 'data'}\0".encode()
        return [pid for pid in (int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()) if _has(pid, mark)]

    def close(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)


def _has(pid: int, mark: bytes) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/environ").read_bytes() and " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.close()


@pytest.mark.timeout(400)
def test_one_command_runs_everything_and_ctrl_c_ends_it_and_the_next_start_carries_on(machine: Machine, tmp_path: Path) -> None:
    machine.up()
    assert "SIMULATED" in machine.said()
    assert machine.url in machine.said()
    assert "Your name" in httpx2.get(machine.url, trust_env=False).text
    assert httpx2.get(f"{machine.url}/healthz", trust_env=False).json()["ok"]
    assert f"Slate answers at {machine.url}." in [one["text"] for one in machine.slate("doctor")["findings"]]

    made = machine.slate("render", "text-to-image", "hero shoe, low sun", "seed=7", "steps=3", "size=128x128", "--wait")
    assert (made["state"], made["error"], len(made["assets"])) == ("done", None, 1)
    (asset,) = made["assets"]
    assert (asset["width"], asset["height"]) == (128, 128)
    found = machine.slate("find", "who made the shoe with seed 7")
    assert [one["asset"] for one in found["results"]] == [asset["asset"]]
    assert found["results"][0]["by"] in found["answer"]
    picture = tmp_path / "fetched.png"
    machine.slate("fetch", asset["asset"], "-o", str(picture))
    assert digest_of(picture.read_bytes()) == asset["sha256"]
    known = machine.slate("whatis", str(picture))
    assert (known["certainty"], known["asset"]) == ("certain", asset["asset"])

    waiting = [machine.slate("render", "text-to-image", f"boat {count}", "steps=120", "size=64x64") for count in range(2)]
    assert machine.process is not None
    machine.process.send_signal(signal.SIGINT)
    assert machine.process.wait(20) == 0, machine.said()
    assert machine.processes() == []
    assert not (tmp_path / "data" / "address").exists()
    assert "What was queued goes on at the next start" in machine.said()

    machine.up()
    until(lambda: machine.slate("queue")["renders"] == [], "what waited is rendered after the restart", 60)
    assert {one["render"] for one in machine.slate("find", "boat")["results"]} == {one["render"] for one in waiting}

    machine.process.send_signal(signal.SIGKILL)
    machine.process.wait(10)
    until(lambda: machine.processes() == [], "nothing outlives a killed supervisor", 30)
