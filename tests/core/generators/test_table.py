"""The page that tells what is read from where shows what the recognisers' examples say."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

from core.generators import RECOGNISERS, infotext, pairs, plain, resources, samplers, settings, table, values

PAGE = Path(__file__).parents[3] / "docs" / "reading.md"


def test_the_page_holds_the_table_of_todays_recognisers() -> None:
    shown = PAGE.read_text("utf-8").partition("<!-- table -->\n")[2].partition("<!-- /table -->")[0]

    assert shown == table.table(), "docs/reading.md is behind; core.generators.table.table() prints the table"


def test_every_recogniser_has_an_example_and_it_holds() -> None:
    modules = {sys.modules[one.__module__] for one in RECOGNISERS} | {
        infotext,
        pairs,
        plain,
        resources,
        samplers,
        settings,
        values,
    }
    results = {module.__name__: doctest.testmod(module) for module in modules}

    assert [name for name, result in results.items() if result.failed] == []
    assert [name for name, result in results.items() if not result.attempted] == []
