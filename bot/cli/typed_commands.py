"""Commands of the terminal made from the table of chat commands: each option of a command is an option of the shell."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from bot.cli import values
from bot.cli.built_command import built
from bot.cli.options import As, AsJson, Wait
from bot.commands.command import Command, Option
from bot.commands.table import BY_NAME

_MAKES_A_RENDER = frozenset({"vary", "reroll", "retry", "upscale"})
_MAKES_FILES = frozenset({"export", "compliance", "audit"})
_SHORT = {"project": "-p", "shot": "-s"}
_OPTION = re.compile(r"--([a-z][a-z0-9_-]*)(=.*)?", re.DOTALL)
Output = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="Write what is made there; a folder keeps the names.")
]


def from_chat(name: str) -> Any:
    """The chat command of this name as a command of the terminal, or None if chat does not know it either."""
    command = BY_NAME.get(name)
    return built(name, _function(command), help=_help(command), takes_more=command.inputs) if command else None


def _help(command: Command) -> str:
    """The command's help with its examples as lines of the shell."""
    from bot.cli.error_output import at_terminal

    parts = [command.summary, command.details]
    if command.examples:
        parts.append("\b\n" + "\n".join(at_terminal(one) for one in command.examples))
    return "\n\n".join(part for part in parts if part)


def flag(option: Option) -> str:
    """How the shell calls an option: `profile` for `--profile`."""
    return (option.flag or option.name).replace("_", "-")


def _function(command: Command) -> Callable[..., None]:
    """What Typer makes the command of: its signature is made from the table."""

    def run(words: list[str] | None = None, **given: Any) -> None:
        from bot.cli.run_line import converse, line

        options = [(one.name, text) for one in command.options if (text := _text(given[_parameter(one)]))]
        said = inputs_as_words(words or []) if command.inputs else list(words or [])
        converse(
            line(command.name, said, options),
            as_name=given["as_name"],
            as_json=given["as_json"],
            wait=bool(given.get("wait")),
            output=given.get("output", ""),
        )

    kinds = {
        "words": (_words(command), None),
        **{_parameter(one): _typed(command, one) for one in command.options},
        **({"wait": (Wait, False)} if command.name in _MAKES_A_RENDER else {}),
        **({"output": (Output, "")} if command.name in _MAKES_FILES else {}),
        "as_name": (As, ""),
        "as_json": (AsJson, False),
    }
    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=usual) for name, (kind, usual) in kinds.items()
    ]
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {name: kind for name, (kind, _) in kinds.items()}
    return run


def _parameter(option: Option) -> str:
    return f"option_{option.name.replace('-', '_')}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _words(command: Command) -> Any:
    return Annotated[
        list[str] | None,
        typer.Argument(
            metavar=command.usage or "[NAME=VALUE]...",
            help="Options of chat (name=value) are understood here, too.",
            autocompletion=values.words_of(command),
            show_default=False,
        ),
    ]


def _typed(command: Command, option: Option) -> tuple[Any, Any]:
    """(annotation, default) of an option."""
    names = [f"--{flag(option)}", *([_SHORT[option.name]] if option.name in _SHORT else [])]
    if option.kind == "switch":
        return Annotated[bool, typer.Option(*names, help=option.help.replace("yes ", "", 1).capitalize())], False
    metavar = "|".join(option.choices) or ("N" if option.kind == "count" else option.kind.upper())
    kind: Any = int | None if option.kind == "count" else str
    completion = values.values_of(command, option)
    annotation = Annotated[
        kind, typer.Option(*names, metavar=metavar, help=option.help, autocompletion=completion, show_default=False)
    ]
    return annotation, None if option.kind == "count" else ""


def inputs_as_words(words: Sequence[str]) -> list[str]:
    """Inputs of a workflow that were written as options of the shell, as words of chat.

    >>> inputs_as_words(["R-4F2K", "--steps", "30", "--seed=7", "--fast"])
    ['R-4F2K', 'steps=30', 'seed=7', 'fast=yes']
    """
    made: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        found = _OPTION.fullmatch(word)
        if not found:
            made.append(word)
        elif found.group(2):
            made.append(f"{found.group(1)}{found.group(2)}")
        elif left and not _OPTION.fullmatch(left[0]):
            made.append(f"{found.group(1)}={left.pop(0)}")
        else:
            made.append(f"{found.group(1)}=yes")
    return made
