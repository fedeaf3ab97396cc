"""Who it is: a Discord account -> Member, its name and picture kept fresh, its access ended when it has left."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import discord
import structlog

from bot.discord.chat import PLATFORM
from bot.discord.location import Spot
from bot.identity import member_for
from core.desk import Desk
from core.errors import Refused
from core.people import accounts
from storage.people import members
from storage.tables import Member

log = structlog.get_logger(__name__)

_TRUST_SECONDS = 10.0
"""How long it is believed that somebody who writes directly is still on one of the servers."""


_IS_GUEST = 1 << 4
"""`IS_GUEST` of Discord's guild member flags."""


@dataclass(frozen=True)
class _Seen:
    """On which server somebody was found who wrote directly, or from a server that Slate is not on."""

    at: float
    guild_id: str
    guest: bool


class Accounts:
    """The accounts one process has seen, so that only what changed is written."""

    def __init__(self, desk: Desk, client: discord.Client) -> None:
        self._desk = desk
        self._client = client
        self._shown: dict[int, tuple[str, str]] = {}
        self._there: dict[int, _Seen] = {}

    async def check(self, user: discord.abc.User, spot: Spot) -> None:
        """Raises Refused for an account that is on none of the servers Slate serves; it loses its access with that."""
        served = set(self._served())
        if not spot.direct and spot.near:
            if not served or spot.guild_id in served:
                return
            raise Refused(
                "Slate does not serve this Discord server.", hint="The person who runs Slate can add it to SLATE_DISCORD_GUILDS."
            )
        kept = self._there.get(user.id)
        if kept is not None and time.monotonic() - kept.at < _TRUST_SECONDS:
            return
        home = await self._on_a_server(user, served)
        if home is not None:
            self._there[user.id] = _Seen(time.monotonic(), str(home.guild.id), _guest(home))
            return
        self._shown.pop(user.id, None)
        await self._client.loop.run_in_executor(None, self._close, str(user.id))
        raise Refused("You are not on any Discord server that uses Slate.", hint="Join one first, then write to me again.")

    def member(self, user: discord.abc.User, spot: Spot) -> Member:
        """The Member behind an account that was checked. Raises Refused, BadInput, TooLong, DatabaseUnavailable."""
        name, picture = user.display_name, user.display_avatar.url
        bare = isinstance(user, discord.User) and not spot.direct  # without the name they have on that server
        if not bare and self._shown.get(user.id) != (name, picture):
            with self._desk.writing() as session:
                known = accounts.keep_profile(session, PLATFORM, str(user.id), name=name, avatar_url=picture, active=True)
            if known:
                self._shown[user.id] = (name, picture)
        home = self._there.get(user.id) if spot.direct or not spot.near else None
        tenant, guest = (home.guild_id, home.guest) if home else (spot.guild_id, _guest(user))
        return member_for(self._desk, PLATFORM, str(user.id), name, tenant=tenant, guest=guest)

    def _served(self) -> Iterable[str]:
        return self._desk.settings.discord_guilds

    async def _on_a_server(self, user: discord.abc.User, served: set[str]) -> discord.Member | None:
        """As whom somebody is on a server: the one Slate came to first, but rather one on which they are no guest."""
        found: discord.Member | None = None
        for guild in sorted(self._client.guilds, key=lambda one: one.me.joined_at or one.created_at):
            if served and str(guild.id) not in served:
                continue
            try:
                here = await guild.fetch_member(user.id)
            except discord.NotFound:
                continue
            if not _guest(here):
                return here
            found = found or here
        return found

    def _close(self, user_id: str) -> None:
        with self._desk.writing() as session:
            known = members.handle(session, PLATFORM, user_id)
            if known is not None and known.active:
                accounts.keep_profile(session, PLATFORM, user_id, active=False)
                log.info("discord.left", user=user_id)


def _guest(user: discord.abc.User) -> bool:
    """Whether Discord says that somebody was asked into one channel only, as a guest."""
    return isinstance(user, discord.Member) and bool(user.flags.value & _IS_GUEST)
