"""The gateway process: one connection with the fewest intents; it ends, loudly, when the connection breaks beyond repair."""

from __future__ import annotations

import asyncio
import logging
import signal
import time

import aiohttp
import discord
import structlog
import yarl
from discord import app_commands

from bot.discord import items
from bot.discord.chat import PLATFORM
from bot.discord.gateway_events import GatewayEvents
from bot.discord.listeners import DiscordListener
from bot.discord.messages import Talk
from bot.discord.tree import plant
from core.desk import Desk
from core.errors import BadInput, ChatRefused
from core.events import Event, record
from core.events.actions import Action
from core.settings import Settings
from storage.people import workspaces

log = structlog.get_logger(__name__)

INTENTS = discord.Intents(guilds=True, guild_messages=True, guild_reactions=True, dm_messages=True, dm_reactions=True)
"""None of them is privileged: of messages that are not meant for Slate, Discord sends no word."""


class SlateTree(app_commands.CommandTree["SlateClient"]):
    """Commands of a table that may have changed since Discord was told."""

    async def on_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError, /) -> None:
        """An edge: what broke is logged, and said where that is still possible."""
        log.error("discord.command-broke", command=interaction.command and interaction.command.name, exc_info=error)
        await self.client.events.drop()
        if not interaction.response.is_done() and interaction.type is not discord.InteractionType.autocomplete:
            said = (
                "This did not work, and I do not know why; it is in my log. Try again: Discord may still show an older command."
            )
            await interaction.response.send_message(said, ephemeral=True)


class SlateClient(discord.Client):
    """Hears what happens on Discord and passes it on; an event that comes twice is passed on once."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        logging.getLogger("discord").setLevel(logging.INFO)  # beyond that it writes down whole events, with their tokens
        self.desk = desk
        self.tree = SlateTree(self)
        self.events = GatewayEvents(desk, self)
        self.listener = DiscordListener(desk, self, self.events)
        self.talk = Talk(self.listener, self)
        plant(self.tree, self.listener)
        self.add_dynamic_items(*items.EVERY)

    async def setup_hook(self) -> None:
        """Tell Discord what can be said: on the configured servers, else everywhere."""
        guilds = [discord.Object(int(one)) for one in self.desk.settings.discord_guilds]
        for guild in guilds:
            self.tree.copy_global_to(guild=guild)
            try:
                await self.tree.sync(guild=guild)
            except discord.Forbidden:
                log.error("discord.not-there", guild=guild.id, hint="Invite Slate there; see docs/discord.md.")
        if guilds:
            self.tree.clear_commands(guild=None)
        await self.tree.sync()

    async def on_ready(self) -> None:
        log.info("discord.ready", guilds=len(self.guilds))
        self.events.start()

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self.listener.run(self._keep, guild)

    on_guild_join = on_guild_available

    async def on_guild_update(self, _: discord.Guild, guild: discord.Guild) -> None:
        await self.listener.run(self._keep, guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.listener.run(self._forget, guild)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            await self.listener.filled(interaction)

    async def on_message(self, message: discord.Message) -> None:
        await self.talk.message(message)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        await self.talk.reaction(payload, added=True)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        await self.talk.reaction(payload, added=False)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        log.exception("discord.event-broke", event_name=event_method)

    async def close(self) -> None:
        await self.events.close()
        self.listener.close()
        await super().close()

    def _keep(self, guild: discord.Guild) -> None:
        with self.desk.writing() as session:
            known = workspaces.find(session, PLATFORM, str(guild.id))
            if known is None or known.revoked_at is not None:
                record(session, Event(Action.WORKSPACE_INSTALLED, _subject(guild), after={"name": guild.name}))
            elif known.name == guild.name:
                return
            workspaces.save(session, PLATFORM, str(guild.id), name=guild.name, sealed_token="")

    def _forget(self, guild: discord.Guild) -> None:
        with self.desk.writing() as session:
            if workspaces.revoke(session, PLATFORM, str(guild.id)):
                record(session, Event(Action.WORKSPACE_REVOKED, _subject(guild), after={"why": "removed from the server"}))


def _subject(guild: discord.Guild) -> str:
    """How the audit calls a server."""
    return f"workspace/discord/{guild.id}"


def point_at(settings: Settings) -> None:
    """Let discord.py speak to the API the settings name, and to nobody else: its gateway and its pictures too."""
    usual = type(settings).model_fields["discord_api_url"].default
    if settings.discord_api_url == usual:
        return
    api = yarl.URL(settings.discord_api_url)
    discord.http.Route.BASE = settings.discord_api_url.rstrip("/")
    secure = "wss" if api.scheme == "https" else "ws"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = api.with_scheme(secure).with_path("/gateway/")
    discord.asset.Asset.BASE = str(api.with_path("/cdn"))


def serve(desk: Desk) -> None:
    """Listen to Discord until told to stop. Raises BadInput without a token, ChatRefused for one that does not hold, and
    whatever breaks the gateway: whoever supervises starts the process again."""
    if not desk.settings.discord_token:
        raise BadInput("There is no Discord token.", hint="Set SLATE_DISCORD_TOKEN; docs/discord.md says where it comes from.")
    point_at(desk.settings)
    try:
        _serve_patiently(desk)
    except discord.LoginFailure as problem:
        hint = "Reset it in the developer portal and set SLATE_DISCORD_TOKEN."
        raise ChatRefused("Discord does not accept this token.", hint=hint) from problem
    except discord.ConnectionClosed as problem:
        raise ChatRefused(f"Discord closed the connection for good ({problem.code}).", hint="Check the token.") from problem


def _serve_patiently(desk: Desk) -> None:
    """Connect, and where there is no network wait for it with growing pauses; that is told once."""
    pause, told = 1.0, False
    while True:
        try:
            asyncio.run(_serve(desk))
            return
        except aiohttp.ClientConnectionError as problem:
            if not told:
                log.warning("discord.away", problem=str(problem)[:200], note="it is tried again until Discord answers")
            told = True
        time.sleep(pause)
        pause = min(60.0, pause * 2)


async def _serve(desk: Desk) -> None:
    client = SlateClient(desk)
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(client.start(desk.settings.discord_token))
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("discord.stopped")
    finally:
        await client.close()
