"""docs/features.md names tests that exist, and only such stories as are told on every front."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "features.md").read_text(encoding="utf-8")


def named(part: str) -> list[str]:
    """The tests in one table of the page."""
    return re.findall(r"`(test_\w+)`", PAGE.split(f"<!-- {part} -->")[1].split(f"<!-- /{part} -->")[0])


def functions() -> dict[str, tuple[Path, ast.FunctionDef, ast.Module]]:
    """Every test function by name."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[node.name] = (path, node, tree)
    return found


KNOWN = functions()


@pytest.mark.parametrize("name", named("features") + named("stories"))
def test_a_test_that_is_named_exists(name: str) -> None:
    assert name in KNOWN


@pytest.mark.parametrize("name", named("stories"))
def test_a_story_that_is_told_on_every_front_is_kept_from_none(name: str) -> None:
    path, node, tree = KNOWN[name]
    assert path.parent.name == "stories"
    marks = " ".join(ast.unparse(one) for one in node.decorator_list)
    module = " ".join(ast.unparse(one) for one in tree.body if isinstance(one, ast.Assign))
    assert "only_in" not in marks
    assert "only_in" not in module or "everywhere" in marks


@pytest.mark.parametrize("part", ["features", "stories"])
def test_every_ability_says_for_each_front_what_proves_it_or_that_there_is_nothing(part: str) -> None:
    rows = PAGE.split(f"<!-- {part} -->")[1].split(f"<!-- /{part} -->")[0].strip().splitlines()[2:]
    cells = {row: [cell.strip() for cell in row.strip("|").split("|")][1:] for row in rows}
    assert {len(found) for found in cells.values()} == {3 if part == "features" else 1}
    assert [row for row, found in cells.items() if not all(one == "–" or "`test_" in one for one in found)] == []
