"""Which commands there are and where each is written; a command's module is imported when the command is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer.main
from typer.core import TyperGroup

WHERE = {
    "up": "bot.cli.up",
    "doctor": "bot.cli.doctor",
    "settings": "bot.cli.doctor",
    "render": "bot.cli.chat_commands",
    "queue": "bot.cli.chat_commands",
    "cancel": "bot.cli.chat_commands",
    "find": "bot.cli.chat_commands",
    "whatis": "bot.cli.chat_commands",
    "verify": "bot.cli.chat_commands",
    "restore": "bot.cli.chat_commands",
    "approve": "bot.cli.chat_commands",
    "reject": "bot.cli.chat_commands",
    "tag": "bot.cli.chat_commands",
    "fetch": "bot.cli.fetch",
    "ingest": "bot.cli.imports",
    "reindex": "bot.cli.imports",
    "verify-store": "bot.cli.store",
    "storage": "bot.cli.store",
    "lineage": "bot.cli.chat_commands",
    "workflows": "bot.cli.chat_commands",
    "help": "bot.cli.chat_commands",
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
        from bot.cli.run_line import only_in_chat

        return [*WHERE, *only_in_chat(WHERE)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in WHERE:
            module = import_module(WHERE[cmd_name])
            return typer.main.get_group(module.app).commands[cmd_name]
        from bot.cli.run_line import as_command

        return as_command(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As Typer does, with near names found among all commands."""
        if args and self.get_command(ctx, args[0]) is None:
            self.commands.update({name: self.get_command(ctx, name) for name in self.list_commands(ctx)})
        return super().resolve_command(ctx, args)
