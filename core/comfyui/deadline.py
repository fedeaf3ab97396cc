"""Ends a request whose time is over, whatever is being read: a socket's own timeout begins anew with each byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet

Trace = Callable[[str, Mapping[str, Any]], None]
"""httpx's `trace` extension: the name of what happens on a connection, and what came of it."""


class Deadline:
    """The deadline of one request at a time, over the connections that are kept open between requests."""

    def __init__(self) -> None:
        self.passed = False
        self._kept: WeakSet[socket.socket] = WeakSet()
        self._fresh: list[socket.socket] = []

    @contextmanager
    def within(self, seconds: float) -> Iterator[Trace]:
        """Shut the connections down after so many seconds, which `passed` tells. The request is to be given the trace."""
        self.passed = False
        clock = threading.Timer(seconds, self._shut)
        clock.daemon = True
        clock.start()
        try:
            yield self._note
        finally:
            clock.cancel()
            clock.join()
            for one in self._fresh:
                one.close()
            self._fresh.clear()

    def _note(self, event: str, told: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            connected = told["return_value"].get_extra_info("socket")
            self._kept.add(connected)
            if event.endswith(".connect_tcp.complete"):  # TLS takes the socket away from under this object
                self._fresh.append(connected.dup())

    def _shut(self) -> None:
        self.passed = True
        for one in (*self._fresh, *self._kept):
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)
