"""A simulated server that is new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hooks.simulator import RunningSimulator, SimulatorOptions, running


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[RunningSimulator]:
    with running(SimulatorOptions(folder=tmp_path / "comfyui", step_seconds=0)) as server:
        yield server
