"""Where on Discord something happened: the channel, the thread in it, the server, and whether Slate can write there itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.channels import place_for
from bot.command_text import quote
from bot.discord.chat import PLATFORM
from bot.request import ChatPlace
from core.desk import Desk

FIRST_ANSWER_SECONDS = 10.0
"""For how long an interaction may take to show a new render itself."""


@dataclass(frozen=True)
class Spot:
    """A place on Discord, in Discord's ids."""

    channel_id: str
    """The channel; of a thread, the one it is in."""
    thread_id: str = ""
    guild_id: str = ""
    name: str = ""
    shot: str = ""
    """The title of a post in a forum: there a post is a shot."""
    near: bool = True
    """Whether the bot is in there itself; else it was brought along by whoever installed it for themselves."""

    @property
    def direct(self) -> bool:
        return not self.guild_id

    def place(self, desk: Desk, *, answering: bool = False) -> ChatPlace:
        """The ChatPlace; `answering` when a new render is shown as the answer to an interaction. Raises DatabaseUnavailable."""
        found = place_for(desk, PLATFORM, self.channel_id, name=self.name, tenant=self.guild_id, thread_ref=self.thread_id)
        return replace(found, held_seconds=FIRST_ANSWER_SECONDS if answering else 0.0)


def spot_of(channel: Any, guild_id: int | None, *, near: bool = True) -> Spot:
    """The Spot of a channel as discord.py gives it."""
    guild = str(guild_id or "")
    if isinstance(channel, discord.Thread):
        above = channel.parent
        shot = channel.name if isinstance(above, discord.ForumChannel) else ""
        name = above.name if above else ""
        return Spot(str(channel.parent_id), str(channel.id), guild, name, shot, near)
    return Spot(str(channel.id), "", guild, getattr(channel, "name", None) or "", "", near)


def spot_of_interaction(interaction: discord.Interaction[Any]) -> Spot:
    """Where somebody did something, as the interaction itself says."""
    near = interaction.guild_id is None or interaction.is_guild_integration()
    near = near and not interaction.context.private_channel
    return spot_of(interaction.channel, interaction.guild_id, near=near)


def with_shot(line: str, spot: Spot, *, takes_shot: bool) -> str:
    """The line, for the shot of the board it is said on, unless it names one."""
    return f"{line} shot:{quote(spot.shot)}" if spot.shot and takes_shot and " shot:" not in line else line
