"""What the shell completes behind a command: ids, workflows, projects and values, asked of the desk as chat does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.commands.command import Command, Option

Completing = Callable[[Any, list[str], str], list[str]]


def words_of(command: Command) -> Completing:
    """Completes a word of the command, by what stands before it."""

    def complete(ctx: Any, args: list[str], incomplete: str) -> list[str]:
        said = [str(word) for word in ctx.params.get("words") or ()]
        return _asked(command.name, said, incomplete)

    return complete


def values_of(command: Command, option: Option) -> Completing:
    """Completes the value of an option: from its choices, else as chat does."""

    def complete(ctx: Any, args: list[str], incomplete: str) -> list[str]:
        if option.choices:
            return [one for one in option.choices if one.startswith(incomplete)]
        if option.kind not in ("project", "shot", "member"):
            return []
        named = f"{option.name}:"
        return [one.removeprefix(named).strip('"') for one in _asked(command.name, [], named + incomplete)]

    return complete


def _asked(command: str, words: list[str], incomplete: str) -> list[str]:
    """What chat would offer; nothing where no Slate has been yet, or its database is away: Tab changes and says nothing."""
    from bot.cli.open_desk import plain_desk, read_settings
    from core.errors import SlateError

    try:
        settings = read_settings()
        if not settings.database_url and not (settings.data / "slate.db").exists():
            return []
        with plain_desk() as desk:
            return _offered(desk, command, words, incomplete)
    except SlateError:
        return []


def _offered(desk: Any, command: str, words: list[str], incomplete: str) -> list[str]:
    from bot import command_text, commands
    from bot.identity import known_at_terminal
    from bot.request import ChatPlace

    member = known_at_terminal(desk)
    if member is None:
        return []
    line = " ".join([command, *(command_text.quote(word) for word in words), incomplete])
    return [one.value for one in commands.complete(desk, member, ChatPlace("cli"), line, len(line))]
