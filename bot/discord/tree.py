"""The command table as Discord's command tree: typed options, completion, attachments, and the menus of a message."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import discord
from discord import app_commands
from discord.app_commands import AppCommandContext, AppInstallationType, Choice

from bot.commands import TABLE, Command
from bot.discord import limits
from bot.discord.command_options import Slot, slots_of

EVERYWHERE = AppCommandContext(guild=True, dm_channel=True, private_channel=True)
ANYHOW = AppInstallationType(guild=True, user=True)
Interaction = discord.Interaction[Any]


@dataclass(frozen=True)
class Menu:
    """An entry under Apps on every message, and the command it stands for."""

    label: str
    command: str


MENUS = (Menu("What is this?", "whatis"), Menu("Provenance", "provenance"), Menu("Edit and render again", "edit"))


class InteractionHandler(Protocol):
    """Who carries out what comes in."""

    async def said(self, interaction: Interaction, command: Command, given: Mapping[str, Any]) -> None: ...
    async def menu(self, interaction: Interaction, command: str, message: discord.Message) -> None: ...
    async def completed(
        self, interaction: Interaction, command: Command, slot: Slot, typed: str, given: Mapping[str, Any]
    ) -> list[Choice[str]]: ...


def plant(tree: app_commands.CommandTree[Any], answering: InteractionHandler, table: Iterable[Command] = TABLE) -> None:
    """Put every command of the table, and the menus, into the tree."""
    for command in table:
        tree.add_command(_slash(command, answering))
    for menu in MENUS:
        tree.add_command(_context_menu(menu, answering))


def _slash(command: Command, answering: InteractionHandler) -> app_commands.Command[Any, ..., Any]:
    slots = slots_of(command)

    async def run(interaction: Interaction, **given: Any) -> None:
        named = {slot.name: given[slot.identifier] for slot in slots if given.get(slot.identifier) is not None}
        await answering.said(interaction, command, named)

    run.__signature__ = inspect.Signature([_parameter("interaction", Interaction), *map(_of_slot, slots)])  # type: ignore[attr-defined]
    app_commands.describe(**{slot.identifier: slot.about for slot in slots})(run)
    app_commands.rename(**{slot.identifier: slot.name for slot in slots if slot.identifier != slot.name})(run)
    made: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=command.name,
        description=command.summary[: limits.COMMAND_TEXT],
        callback=run,
        allowed_contexts=EVERYWHERE,
        allowed_installs=ANYHOW,
    )
    for slot in slots:
        if completes(slot):
            made.autocomplete(slot.identifier)(_completer(command, slot, answering))
    return made


def completes(slot: Slot) -> bool:
    """Whether something can be offered while it is typed."""
    if slot.option is not None:
        return slot.option.name == "profile" or slot.option.kind not in ("switch", "count", "text")
    return slot.kind in ("words", "inputs")


def _completer(command: Command, slot: Slot, answering: InteractionHandler) -> Any:
    async def complete(interaction: Interaction, current: str) -> list[Choice[str]]:
        given = {name: value for name, value in interaction.namespace if name != slot.name and isinstance(value, str) and value}
        return await answering.completed(interaction, command, slot, current, given)

    return complete


def _of_slot(slot: Slot) -> inspect.Parameter:
    kinds: dict[str, Any] = {"switch": bool, "count": app_commands.Range[int, 1, limits.COMMANDS]}
    if slot.kind == "file":
        return _parameter(slot.identifier, discord.Attachment | None, None)
    kind = kinds.get(slot.option.kind if slot.option else "", app_commands.Range[str, 1, limits.OPTION_TEXT])
    return _parameter(slot.identifier, kind) if slot.required else _parameter(slot.identifier, kind | None, None)


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind, default=default)


def _context_menu(menu: Menu, answering: InteractionHandler) -> app_commands.ContextMenu:
    async def run(interaction: Interaction, message: discord.Message) -> None:
        await answering.menu(interaction, menu.command, message)

    run.__annotations__ = {"interaction": Interaction, "message": discord.Message}
    return app_commands.ContextMenu(name=menu.label, callback=run, allowed_contexts=EVERYWHERE, allowed_installs=ANYHOW)
