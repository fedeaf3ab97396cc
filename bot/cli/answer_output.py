"""Shows an Answer at the command line: in words, or as JSON."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from bot import command_text
from bot.cli.error_output import in_own_words, tell_answer

if TYPE_CHECKING:
    from bot.cards import Answer
    from core.schemas.base import Schema


def show(answer: Answer, *, as_json: bool, base_url: str) -> None:
    """Print an Answer; ends the command when it is an error. A line of chat to copy becomes one of the shell."""
    if answer.error:
        raise typer.Exit(tell_answer(answer, as_json=as_json))
    if answer.copy:
        from core.schemas.renders import CommandLineSchema

        pasted = shell_line(answer.copy)
        answer = replace(answer, copy=pasted)
        if isinstance(answer.schema, CommandLineSchema):
            answer = replace(answer, schema=answer.schema.model_copy(update={"shell": pasted}))
    if as_json:
        print_json(answer.schema)
        return
    from bot.cli.terminal_output import print_answer

    print_answer(answer, base_url)


def print_json(schema: Schema | None) -> None:
    """JSON with every character as it is, a lone half of a pair excepted; hints of errors name commands of the terminal."""
    data = schema.as_json() if schema else {}
    if data.get("error"):
        data["error"] = in_own_words(data["error"])
    try:
        print(json.dumps(data, ensure_ascii=False, indent=2))
    except UnicodeEncodeError:
        print(json.dumps(data, indent=2))


def shell_line(said: str) -> str:
    r"""A line of chat as one of a POSIX shell that says the same.

    >>> shell_line('/render text-to-image prompt:"it\'s \\"$5\\"" seed:7 shot:sh010')
    'slate render text-to-image prompt=\'it\'"\'"\'s "$5"\' seed=7 shot=sh010'
    """
    read = command_text.read(said)
    words = [shlex.quote(part.value) for part in read.words]
    return " ".join(["slate", read.command, *words, *(f"{name}={shlex.quote(value)}" for name, value in read.options)])
