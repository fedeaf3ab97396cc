"""A ComfyUI that needs no GPU: the same protocol, honest stand-in pictures; the default backend and the tests' own."""

from __future__ import annotations

from hooks.simulator.app import create_simulator
from hooks.simulator.in_thread import RunningSimulator, running
from hooks.simulator.knobs import ALWAYS, Knobs
from hooks.simulator.options import SimulatorOptions
from hooks.simulator.runs import Executed

__all__ = ["ALWAYS", "Executed", "Knobs", "RunningSimulator", "SimulatorOptions", "create_simulator", "running"]
