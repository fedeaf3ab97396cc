"""Buttons and menus that work for ever: what they stand for is in their id, and nothing of them is in any process."""

from __future__ import annotations

import re
from typing import Any, Protocol, cast

import discord
from discord import ui

from bot.discord.listeners import DiscordListener

Interaction = discord.Interaction[Any]
Item = ui.Item[Any]


class _Listening(Protocol):
    listener: DiscordListener


def _listener(interaction: Interaction) -> DiscordListener:
    return cast(_Listening, interaction.client).listener


class Pressed(ui.DynamicItem[ui.Button[Any]], template=r"(?!form:\d+:(?:\d+|send)\Z|menu:)[\s\S]+"):
    """A button: `verb:subject`, or whatever another Slate's buttons say."""

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Item, match: re.Match[str], /) -> Pressed:
        return cls(cast("ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        await _listener(interaction).pressed(interaction, self.item.custom_id or "")


class Chosen(ui.DynamicItem[ui.Select[Any]], template=r"menu:[\s\S]*"):
    """A card's menu: its values are what buttons would stand for."""

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Item, match: re.Match[str], /) -> Chosen:
        return cls(cast("ui.Select[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        await _listener(interaction).pressed(interaction, self.item.values[0])


class OfForm(ui.DynamicItem[ui.Button[Any]], template=r"form:(?P<number>\d+):(?P<page>\d+|send)"):
    """A button of an unfinished form."""

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Item, match: re.Match[str], /) -> OfForm:
        return cls(cast("ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        _, number, page = (self.item.custom_id or "").split(":")
        await _listener(interaction).asked_for_page(interaction, int(number), page)


EVERY = (Pressed, Chosen, OfForm)
