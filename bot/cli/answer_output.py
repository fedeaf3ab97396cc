"""Shows an Answer at the command line: in words, or as JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from bot import command_text
from bot.cli.error_output import in_own_words, tell_answer

if TYPE_CHECKING:
    from bot.cards import Answer

_ESTIMATES = ("starts_in", "takes", "progress")


def show(answer: Answer, *, as_json: bool, base_url: str) -> None:
    """Print an Answer; ends the command when it is an error. A line of chat to copy becomes one of the shell."""
    if answer.error:
        raise typer.Exit(tell_answer(answer, as_json=as_json))
    if answer.copy:
        pasted = shell_line(answer.copy)
        answer = replace(answer, copy=pasted, data={**answer.data, "shell": pasted})
    if as_json:
        print_json(answer.data)
        return
    from bot.cli.terminal_output import print_answer

    print_answer(answer, base_url)


def print_json(data: Mapping[str, Any]) -> None:
    """JSON with every character as it is, a lone half of a pair excepted."""
    data = _told(data)
    try:
        print(json.dumps(data, ensure_ascii=False, indent=2))
    except UnicodeEncodeError:
        print(json.dumps(data, indent=2))


def _told(shape: Mapping[str, Any]) -> dict[str, Any]:
    """The shape with its renders' estimates to three digits, and what an error advises in the words of the terminal."""
    made = dict(shape)
    for name in _ESTIMATES:
        if isinstance(made.get(name), float):
            made[name] = round(made[name], 3)
    if isinstance(made.get("error"), Mapping):
        made["error"] = in_own_words(made["error"])
    if "renders" in made:
        made["renders"] = [_told(one) if isinstance(one, Mapping) else one for one in made["renders"]]
    return made


def shell_line(said: str) -> str:
    r"""A line of chat as one of a POSIX shell that says the same.

    >>> shell_line('/render text-to-image prompt:"it\'s \\"$5\\"" seed:7 shot:sh010')
    'slate render text-to-image prompt=\'it\'"\'"\'s "$5"\' seed=7 shot=sh010'
    """
    read = command_text.read(said)
    words = [shlex.quote(part.value) for part in read.words]
    return " ".join(["slate", read.command, *words, *(f"{name}={shlex.quote(value)}" for name, value in read.options)])
