"""Files that cost gigabytes or minutes where they are believed are refused or read, and the process that asked is spared."""

from __future__ import annotations

import resource
from contextlib import suppress

import pytest

from core import files
from core.errors import SlateError
from core.files import Limits
from core.provenance import embed
from core.security import sandbox
from tests.hostile_files import HOSTILE

SPARED_KIB = 150 << 10
"""How much the asking process may grow over one file, in KiB: far less than any of these costs."""


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_or_read_and_costs_the_asking_process_nothing(kind: str) -> None:
    data = HOSTILE[kind]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with sandbox.for_strangers():
        for read in (files.examine, files.glance, lambda *args: embed.strip(args[0], "image/png")):
            with suppress(SlateError):
                read(data, "a.png")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < SPARED_KIB


@pytest.mark.parametrize("kind", ["multiplying_graph", "doubling_graph"])
def test_a_graph_that_multiplies_text_is_read_to_a_text_of_bounded_length(kind: str) -> None:
    found = files.examine(HOSTILE[kind](), "a.png")
    assert found.facts is not None
    assert len(found.facts.prompt) <= 100_000


def test_an_edge_that_is_too_long_is_refused_before_a_pixel_is_decoded() -> None:
    with pytest.raises(SlateError, match="too long to open safely"):
        files.examine(HOSTILE["long_edge"](), "a.png")


def test_a_large_honest_picture_passes_by_setting() -> None:
    data = HOSTILE["many_pixels"]()
    assert files.examine(data, "a.png", limits=Limits(max_pixels=120_000_000)).width == 10_800
    with pytest.raises(SlateError, match="too large to open safely"):
        files.examine(data, "a.png", limits=Limits(max_pixels=10_000_000))
