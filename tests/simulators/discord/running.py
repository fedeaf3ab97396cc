"""Slate's gateway process inside a test: the unmodified discord.py on a loop of its own, speaking to the simulated Discord."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType

import discord

from bot.discord.client import SlateClient, point_at
from core.desk import Desk
from tests.simulators.discord.server import DiscordServer
from tests.waiting import until

_WORK = ("discord.py: ", "CommandTree-invoker", "discord-ui-dynamic", "discord-ui-modal")
"""How discord.py calls the tasks in which it carries things out."""


class _Unhurried:
    """The pauses between two tries to connect, without the seconds by which thousands of apps keep out of each other's way."""

    def delay(self) -> float:
        return 0.05


class Running:
    """A connected SlateClient; what ends it is in `problem`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept = (discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY, discord.asset.Asset.BASE)
        self._thread = threading.Thread(target=self._run, name="discord-gateway", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self.client: SlateClient | None = None
        self.problem: BaseException | None = None

    def __enter__(self) -> Running:
        point_at(self._desk.settings)
        discord.client.ExponentialBackoff = _Unhurried  # type: ignore[misc]
        self._thread.start()
        until(lambda: self.ready or self.problem is not None, "the gateway is ready")
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if self._loop is not None and self._task is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(20)
        assert not self._thread.is_alive()
        http, gateway, pictures = self._kept
        discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = http, gateway
        discord.asset.Asset.BASE = pictures
        discord.client.ExponentialBackoff = discord.backoff.ExponentialBackoff  # type: ignore[misc]

    @property
    def ready(self) -> bool:
        return self.client is not None and self.client.is_ready()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def settle(self, server: DiscordServer) -> None:
        """Everything Discord has told of was heard and carried out."""
        until(lambda: self._quiet(server) and self._quiet(server), "the gateway is quiet")

    def _quiet(self, server: DiscordServer) -> bool:
        if self._loop is None or not self.alive:
            return True
        sent = server.at_once(lambda: max((one.sequence for one in server.gateway.live), default=0))

        async def busy() -> bool:
            heard = self.client.ws.sequence if self.client is not None and self.client.ws else 0
            working = [one for one in asyncio.all_tasks() if one.get_name().startswith(_WORK)]
            return bool(working) or (heard or 0) < sent

        return not asyncio.run_coroutine_threadsafe(busy(), self._loop).result(10)

    def _run(self) -> None:
        try:
            asyncio.run(self._connect())
        except asyncio.CancelledError:
            pass
        except BaseException as problem:  # noqa: BLE001  (told to the test)
            self.problem = problem

    async def _connect(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self.client = SlateClient(self._desk)
        self.client._connection.guild_ready_timeout = 0.02  # our servers all come at once
        try:
            await self.client.start(self._desk.settings.discord_token)
        finally:
            await self.client.close()
