"""The one table of the command line: each command and the function that carries it out, imported when the command is used."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from bot.cli.built_command import built
from bot.commands.docstrings import docstring, load

COMMANDS = {
    "up": "up.up",
    "doctor": "doctor.doctor",
    "settings": "doctor.settings",
    "prepare": "processes.prepare",
    "render": "chat_commands.render",
    "queue": "chat_commands.queue",
    "find": "chat_commands.find",
    "whatis": "chat_commands.whatis",
    "verify": "chat_commands.verify",
    "restore": "chat_commands.restore",
    "workflow": "chat_commands.workflow",
    "tag": "chat_commands.tag",
    "untag": "chat_commands.untag",
    "fetch": "fetch.fetch",
    "mcp": "mcp.mcp",
    "ingest": "imports.ingest",
    "reindex": "imports.reindex",
    "verify-store": "store.verify_store",
    "storage": "store.storage",
    "join": "people.join",
    "keys init": "keys.init",
    "keys show": "keys.show",
    "keys rotate": "keys.rotate",
    "keys revoke": "keys.revoke",
    "seal": "keys.seal",
    "stamp serve": "keys.serve",
    "selftest chat": "selftest.chat",
    "web": "processes.web",
    "worker": "processes.worker",
    "clerk": "processes.clerk",
    "archivist": "processes.archivist",
    "sweeper": "processes.sweeper",
    "slack": "slack.slack",
    "discord": "processes.discord",
}
"""Command -> `module.function` in bot/cli. Every other command of chat (bot/commands/table.py) is one here, too."""

GROUPS = {
    "keys": "The certificates behind the seal: create, show, renew, revoke.",
    "stamp": "A time-stamping service (RFC 3161) of your own.",
    "selftest": "Tests that need your own chats.",
}


def target(name: str) -> str:
    """Where a command's function is, as `package.module:function`."""
    return "bot.cli." + COMMANDS[name].replace(".", ":")


def summary(name: str) -> str:
    """The first sentence of a command's help, read without importing the command; empty for what is no command."""
    if name in GROUPS:
        return GROUPS[name]
    if name in COMMANDS:
        return docstring(target(name)).split("\n", 1)[0]
    from bot.commands.table import BY_NAME

    return BY_NAME[name].summary if name in BY_NAME else ""


class Index(TyperGroup):
    """A group whose commands are found in the table by name; listing them imports none of them."""

    prefix = ""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name.removeprefix(self.prefix) for name in COMMANDS if name.startswith(self.prefix)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        name = self.prefix + cmd_name
        return built(cmd_name, load(target(name))) if name in COMMANDS else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(self.prefix + name)) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        from typer._click.shell_completion import CompletionItem

        named = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        options = super(TyperGroup, self).shell_complete(ctx, incomplete)
        return [*(CompletionItem(name, help=summary(self.prefix + name)) for name in named), *options]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As Typer does, with near names found among all commands."""
        if args and args[0] not in self.list_commands(ctx):
            self.commands.update(dict.fromkeys(self.list_commands(ctx)))  # type: ignore[arg-type]
        return super().resolve_command(ctx, args)


class Slate(Index):
    """The commands of the table, its groups, and whatever else chat can do."""

    def list_commands(self, ctx: Any) -> list[str]:
        from bot.commands.table import TABLE

        own = dict.fromkeys(name.partition(" ")[0] for name in COMMANDS)
        return [*own, *(one.name for one in TABLE if one.name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in GROUPS:
            kind = type(cmd_name, (Index,), {"prefix": cmd_name + " "})
            return kind(name=cmd_name, help=GROUPS[cmd_name], no_args_is_help=True, rich_markup_mode=None)
        if cmd_name in COMMANDS:
            return super().get_command(ctx, cmd_name)
        from bot.cli.typed_commands import from_chat

        return from_chat(cmd_name)
