"""How one simulated server is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class SimulatorOptions:
    """`folder` is where models, inputs, outputs and the log of runs live; without one, a temporary folder is used and removed.

    `port` 0 lets the system choose. `step_seconds` is a shorthand for the knob of that name. `knobs` are as in `knobs.Knobs`.
    `models` False leaves the model folders as they are instead of putting the usual small inventory there.
    """

    folder: Path | None = None
    name: str = "gpu-01"
    host: str = "127.0.0.1"
    port: int = 0
    step_seconds: float | None = None
    models: bool = True
    knobs: Mapping[str, object] = field(default_factory=dict)
