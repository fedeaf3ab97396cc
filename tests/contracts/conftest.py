"""Simulated servers made like the recorded one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hooks.simulator import RunningSimulator, SimulatorOptions, running
from tests.contracts.recorded import PICTURES, put_models

Serve = Callable[..., RunningSimulator]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts a server with the recorded models and inputs; `serve(worker_paused=True)` turns knobs."""
    with ExitStack() as stack:

        def start(**knobs: object) -> RunningSimulator:
            folder: Path = tmp_path_factory.mktemp("comfyui")
            put_models(folder)
            (folder / "input").mkdir()
            for name in ("hello.png", "depth.png"):
                (folder / "input" / name).write_bytes(PICTURES["first"])
            (folder / "input" / "notimage.txt").write_bytes(b"not a pict")
            options = SimulatorOptions(folder=folder, models=False, knobs={"step_seconds": 0, **knobs})
            return stack.enter_context(running(options))

        yield start
