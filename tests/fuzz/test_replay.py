"""Every reader takes its fuzzing seeds, stumps of them, and everything that a fuzzer once broke it with."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.security.sandbox import process
from tests.fuzz.targets import TARGETS, finds

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The readers themselves run, as they do in a worker of the sandbox."""
    monkeypatch.setattr(process, "inside", True)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_stumps_of_them_break_no_reader(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds():
        target.run(seed)
        for parts in (2, 3, 7, 50):
            target.run(seed[: len(seed) // parts])
            target.run(seed[len(seed) // parts :])
    target.run(b"")


@pytest.mark.parametrize(("name", "path"), [pytest.param(name, path, id=f"{name}-{path.name}") for name, path in finds()])
def test_what_once_broke_a_reader_breaks_it_no_more(name: str, path: Path) -> None:
    TARGETS[name].run(path.read_bytes())
