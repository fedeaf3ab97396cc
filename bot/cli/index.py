"""Which commands there are and where each is written; a command's module is imported when the command is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer.main
from typer.core import TyperGroup

WHERE = {
    "up": "bot.cli.up",
    "doctor": "bot.cli.checking",
    "settings": "bot.cli.checking",
    "render": "bot.cli.asking",
    "queue": "bot.cli.asking",
    "cancel": "bot.cli.asking",
    "find": "bot.cli.asking",
    "whatis": "bot.cli.asking",
    "verify": "bot.cli.asking",
    "restore": "bot.cli.asking",
    "approve": "bot.cli.asking",
    "reject": "bot.cli.asking",
    "tag": "bot.cli.asking",
    "fetch": "bot.cli.fetching",
    "ingest": "bot.cli.archiving",
    "reindex": "bot.cli.archiving",
    "verify-store": "bot.cli.storekeeping",
    "storage": "bot.cli.storekeeping",
    "lineage": "bot.cli.asking",
    "workflows": "bot.cli.asking",
    "help": "bot.cli.asking",
    "selftest": "bot.cli.selftest",
    "keys": "bot.cli.keys",
    "seal": "bot.cli.keys",
    "stamp": "bot.cli.keys",
    "web": "bot.cli.processes",
    "worker": "bot.cli.processes",
    "clerk": "bot.cli.processes",
    "archivist": "bot.cli.processes",
    "sweeper": "bot.cli.processes",
    "slack": "bot.cli.slack",
    "discord": "bot.cli.processes",
}
"""Command -> the module whose Typer `app` has it. Processes: add yours here."""


class Slate(TyperGroup):
    """The commands of WHERE, and whatever else chat can do."""

    def list_commands(self, ctx: Any) -> list[str]:
        from bot.cli.chatting import only_in_chat

        return [*WHERE, *only_in_chat(WHERE)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in WHERE:
            module = import_module(WHERE[cmd_name])
            return typer.main.get_group(module.app).commands[cmd_name]
        from bot.cli.chatting import as_command

        return as_command(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As Typer does, with near names found among all commands."""
        if args and self.get_command(ctx, args[0]) is None:
            self.commands.update({name: self.get_command(ctx, name) for name in self.list_commands(ctx)})
        return super().resolve_command(ctx, args)
