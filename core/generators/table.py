"""Makes the table of programs in docs/reading.md from the recognisers' own examples."""

from __future__ import annotations

import doctest
import sys

from core.generators import RECOGNISERS

_HEAD = "| program, and where its words stand | an example | what is read |\n|---|---|---|\n"


def table() -> str:
    """A row for each example of each recogniser: its module's first line, what it is given, what it gives."""
    rows = (_rows(sys.modules[one.__module__].__doc__, one.__doc__) for one in RECOGNISERS)
    return _HEAD + "".join(row for several in rows for row in several)


def _rows(said: str | None, examples: str | None) -> list[str]:
    name = (said or "").strip().splitlines()[0].rstrip(".").replace("|", "/")
    rows, given = list[str](), list[str]()
    for one in doctest.DocTestParser().get_examples(examples or ""):
        source = one.source.strip()
        if not source.startswith("from "):
            given.append(source)
        if one.want:
            rows.append(f"| {name} | {_code(given)} | `{_bars(one.want.strip())}` |\n")
            name, given = "", []
    return rows


def _code(lines: list[str]) -> str:
    return "<br>".join(f"`{_bars(line)}`" for line in lines)


def _bars(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")
