"""A simulated ComfyUI of one's own, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.comfyui.client import Comfy
from hooks.simulator import RunningSimulator, SimulatorOptions, running


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[RunningSimulator]:
    """A simulated ComfyUI with no time per step; `simulator.turn(knob=value)` makes it misbehave."""
    with running(SimulatorOptions(folder=tmp_path / "comfy", step_seconds=0.0)) as server:
        yield server


@pytest.fixture
def comfy(simulator: RunningSimulator) -> Iterator[Comfy]:
    with Comfy(simulator.url, name="gpu-01", timeout=10.0) as client:
        yield client
