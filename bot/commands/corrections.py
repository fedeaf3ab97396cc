"""Buttons for "Did you mean": the line again, with what was mistyped replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot import command_text
from bot.cards import Button
from bot.request import ChatRequest
from core.errors import SlateError

LONGEST_BUTTON = 90
"""Characters of `verb:subject` that fit into a button's id on every platform."""
_MOST = 10


def corrections(problem: SlateError, said: ChatRequest) -> tuple[Button, ...]:
    """A button for each suggestion of the error; none where files came along, as a button brings none.

    The error names what was mistyped in its fact `given`, `input` or `workflow`, and what may have been meant in `suggestions`.
    """
    wrong = str(next((problem.facts[name] for name in ("given", "input", "workflow") if problem.facts.get(name)), ""))
    suggestions = problem.facts.get("suggestions") or []
    if said.attachments or not wrong:
        return ()
    return tuple(_buttons(said.text, wrong, [str(one) for one in suggestions[:_MOST]]))


def _buttons(text: str, wrong: str, suggestions: list[str]) -> Iterator[Button]:
    line = command_text.clean(text).replace("\n", " ").lstrip("/ ")
    found = re.search(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])", line, re.IGNORECASE)
    if found is None:
        return
    for one in suggestions:
        meant = one if " " not in one else command_text.quote(one)
        verb, _, rest = f"{line[: found.start()]}{meant}{line[found.end() :]}".partition(" ")
        if verb and len(f"{verb}:{rest}") <= LONGEST_BUTTON:
            yield Button(verb, rest, one)
