"""Which stories are told on the servers that others wrote: `python -m tests.independent.told` lists their files."""

from __future__ import annotations

from pathlib import Path

TOLD = ("asking", "judging", "remembering", "sharing", "bad_words")
"""Parts of tests/stories, all of their stories that are told on every front."""
CANNOT: dict[str, dict[str, str]] = {"emulate": {}, "twin": {}}
"""Server -> story -> why it cannot be told there."""


def told_on(servers: tuple[str, ...], story: str) -> list[str]:
    """Those of the servers on which this story is told."""
    return [one for one in servers if story not in CANNOT[one]]


if __name__ == "__main__":
    stories = Path(__file__).parents[1] / "stories"
    print(*(stories / f"test_{one}.py" for one in TOLD))
