"""How often and how much at a time somebody may ask of the web process, whether or not Redis answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeVar

import anyio
import anyio.to_thread
from fastapi import Request

from core.desk import Desk
from core.errors import Refused, SandboxBusy
from storage.rate_limit import Budget

_Result = TypeVar("_Result")
_IPV6_PREFIX = 56
"""Bits of an IPv6 address that count: one customer of a provider has at least a /56, and so as many addresses as he likes."""


class WorkLimit:
    """Work of one kind: so much of it at a time, in threads of its own, so much waiting; who comes then is told to come back."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._most, self._taken = at_once, at_once + waiting, 0

    @cached_property
    def _threads(self) -> anyio.CapacityLimiter:
        return anyio.CapacityLimiter(self._at_once)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place in the lane. Raises SandboxBusy where there is none."""
        if self._taken >= self._most:
            raise SandboxBusy()
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """What `work` returns, done in a thread. Raises SandboxBusy where too much waits already."""
        async with self.place():
            return await anyio.to_thread.run_sync(work, limiter=self._threads)


def take(desk: Desk, request: Request, what: str, per_minute: int, *, who: str = "") -> None:
    """Count one request of this kind; `who` asks, by default the network it comes from. Raises Refused for too many."""
    who = who or network_of(request.client.host if request.client else "")
    if desk.queue.pacing.take([Budget(f"{what}:{who}", 60 / per_minute, per_minute)]):
        raise Refused("Too many requests from this address.", hint="Wait a minute and try again.")


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the network of one customer, for everybody has one of those to himself.

    >>> network_of("2001:db8:1:2ff:3::4"), network_of("203.0.113.9"), network_of("::ffff:203.0.113.9"), network_of("unix")
    ('2001:db8:1:200::', '203.0.113.9', '203.0.113.9', 'unix')
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, IPv4Address):
        return str(found)
    spare = 128 - _IPV6_PREFIX
    return str(found.ipv4_mapped or IPv6Address(int(found) >> spare << spare))
