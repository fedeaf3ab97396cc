"""Keeps what the gateway tells in the inbox until it is carried out, and carries out again what a process that died has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

import discord
import structlog

from bot.discord.chat import PLATFORM
from bot.incoming.inbox import Errand, Inbox
from core.desk import Desk
from core.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

KINDS = ("INTERACTION_CREATE", "MESSAGE_CREATE", "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE")
"""The events that people cause."""
WRITERS = 2
"""Threads that write the inbox: they never wait for a command."""
LATEST = 1.0
"""Seconds for which the acknowledgement waits for the inbox; Discord waits three for the acknowledgement."""
SETTLE = 4.0
"""Seconds a process that is told to stop goes on with what it has acknowledged; the supervisor waits six."""


@dataclass(frozen=True)
class GatewayEvent:
    """One event as it came."""

    kind: str
    data: dict[str, Any]
    number: str = ""
    """The gateway session and the event's number in it: the same when a resumed session delivers it again."""
    errand: Errand | None = None
    """Where a process that died had taken it in: this is done again."""


_event: ContextVar[GatewayEvent | None] = ContextVar("gateway_event", default=None)


def event_number() -> str:
    """A name for the event this task works on; empty outside of one."""
    event = _event.get()
    return event.number if event is not None else ""


def is_again() -> bool:
    """Whether another process had begun with what this task works on: it may have been acknowledged, or not."""
    event = _event.get()
    return event is not None and event.errand is not None


class GatewayEvents:
    """The inbox of one gateway process."""

    def __init__(self, desk: Desk, client: discord.Client) -> None:
        self._client = client
        self._inbox = Inbox(desk, PLATFORM)
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="discord-inbox")
        self._under_way: set[asyncio.Task[Any]] = set()
        self._started = False
        self._parsers = client._connection.parsers
        self._heard = {kind: self._parsers[kind] for kind in KINDS}
        for kind in KINDS:
            self._parsers[kind] = self._passed_on(kind)

    def _passed_on(self, kind: str) -> Callable[[dict[str, Any]], None]:
        """discord.py's parser of this kind; the tasks it begins know the event they come from."""

        def parse(data: dict[str, Any]) -> None:
            socket = self._client.ws
            self._parse(GatewayEvent(kind, data, f"{socket.session_id}:{socket.sequence}"))

        return parse

    def _parse(self, event: GatewayEvent) -> None:
        token = _event.set(event)
        try:
            self._heard[event.kind](event.data)
        finally:
            _event.reset(token)

    @asynccontextmanager
    async def kept(self, key: str) -> AsyncIterator[bool]:
        """Keep the event this task works on until the block has ended; False where it was taken in before, and is not to be done.

        A block that is cancelled leaves it open: another process carries it out. While the database is away it is done unkept.
        """
        event, task = _event.get(), asyncio.current_task()
        assert task is not None
        assert event is not None, "the gateway told nothing"
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        taking = self._in_a_thread(self._take_in, key, event)
        await asyncio.wait({taking}, timeout=LATEST)
        if taking.done() and not taking.result():
            yield False
            return
        try:
            yield True
        except asyncio.CancelledError:
            raise
        except BaseException:
            await self._over(taking, key, event)
            raise
        await self._over(taking, key, event)

    async def _over(self, taking: asyncio.Future[bool], key: str, event: GatewayEvent) -> None:
        await taking
        await self._in_a_thread(self._inbox.done, event.errand.key if event.errand is not None else key)

    async def drop(self) -> None:
        """Carry this event out no more, where it is done again."""
        event = _event.get()
        if event is not None and event.errand is not None:
            await self._in_a_thread(self._inbox.done, event.errand.key)

    def start(self) -> None:
        """Look after what was left behind, until `close`; the gateway is ready, for the first time or once more."""
        if not self._started:
            self._started = True
            self._inbox.start(self.carry_out_again)

    def carry_out_again(self, errand: Errand, payload: dict[str, Any]) -> None:
        """Hand an event that was left to the listeners, as if it came now; called by the inbox's thread."""
        event = GatewayEvent(str(payload["kind"]), payload["data"], errand.key, errand)
        self._client.loop.call_soon_threadsafe(self._parse, event, context=copy_context())

    async def close(self) -> None:
        """Finish what is under way, as far as there is time; what is not done is left to the next process at once."""
        working = self._under_way - {asyncio.current_task()}
        if working:
            await asyncio.wait(working, timeout=SETTLE)
        await self._in_a_thread(self._inbox.stop)
        self._writers.shutdown(wait=False)

    def _take_in(self, key: str, event: GatewayEvent) -> bool:
        """Whether it is to be done."""
        if event.errand is not None:
            return True
        try:
            return self._inbox.take_in(key, {"kind": event.kind, "data": event.data}) is not None
        except DatabaseUnavailable as problem:
            log.warning("discord.not-kept", problem=problem.message)
            return True

    def _in_a_thread(self, act: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._writers, act, *args)
