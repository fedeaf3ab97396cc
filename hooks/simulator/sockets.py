"""The WebSocket side: who is connected, who sees what, and in which order it goes out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from hooks.simulator.knobs import Knobs

PREVIEW, TEXT, PREVIEW_WITH_METADATA, UNKNOWN = 1, 3, 4, 99
Message = tuple[str | int, Any, str | None]


@dataclass
class Sockets:
    """One server's sockets by client id. `send` may be called from any thread; messages go out in the order they were sent."""

    knobs: Knobs
    by_id: dict[str, web.WebSocketResponse] = field(default_factory=dict)
    features: dict[str, dict[str, Any]] = field(default_factory=dict)
    _all: set[web.WebSocketResponse] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None
    _messages: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    _task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._publish())

    async def stop(self) -> None:
        self._cut_all()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def send(self, event: str | int, data: Any, client: str | None = None) -> None:
        """To one client (nobody, when it is not connected) or, with None, to everybody."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop closed in between: nobody is left to hear it
                self._loop.call_soon_threadsafe(self._messages.put_nowait, (event, data, client))

    def wants_metadata(self, client: str | None) -> bool:
        return bool(client and self.features.get(client, {}).get("supports_preview_metadata"))

    def cut_all(self) -> None:
        """Ends every connection as a crash does: no close frame. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._cut_all)

    def _cut_all(self) -> None:
        for socket in list(self._all):
            _cut(socket)
        self.by_id.clear()
        self.features.clear()

    async def _publish(self) -> None:
        while True:
            event, data, client = await self._messages.get()
            targets = list(self.by_id.values()) if client is None else [self.by_id[client]] if client in self.by_id else []
            for socket in targets:
                await self._deliver(socket, event, data)

    async def _deliver(self, socket: web.WebSocketResponse, event: str | int, data: Any) -> None:
        if self.knobs.ws_silent or socket.closed:
            return
        if self.knobs.take("ws_drop"):
            _cut(socket)
            return
        with contextlib.suppress(ConnectionError, RuntimeError):
            if self.knobs.ws_unknown:
                await socket.send_str(json.dumps({"type": "assets.seed.progress", "data": {"phase": "enrich", "enriched": 6}}))
                await socket.send_bytes(struct.pack(">I", UNKNOWN) + b"?")
            if isinstance(event, int):
                await socket.send_bytes(struct.pack(">I", event) + data)
            else:
                await socket.send_str(json.dumps({"type": event, "data": data}))

    async def serve(
        self, request: web.Request, status: dict[str, Any], running: dict[str, Any] | None, features: dict[str, Any]
    ) -> web.StreamResponse:
        """One connection, from handshake to end. `running` is the `executing` data for a client whose job runs just now."""
        socket = web.WebSocketResponse(max_msg_size=self.knobs.max_upload_size)
        await socket.prepare(request)
        client = request.query.get("clientId") or uuid.uuid4().hex
        self.by_id[client] = socket
        self.features.pop(client, None)
        self._all.add(socket)
        try:
            await socket.send_str(json.dumps({"type": "status", "data": {"status": status, "sid": client}}))
            if running is not None:
                await socket.send_str(json.dumps({"type": "executing", "data": running}))
            await self._listen(socket, client, features)
        finally:
            self._all.discard(socket)
            # The real server forgets the client id here even when a newer socket has taken it over.
            if self.knobs.deregister_on_close or self.by_id.get(client) is socket:
                self.by_id.pop(client, None)
        return socket

    async def _listen(self, socket: web.WebSocketResponse, client: str, features: dict[str, Any]) -> None:
        """Only the first valid JSON message counts, and only if it is about features."""
        first = True
        async for message in socket:
            if message.type != WSMsgType.TEXT or not first:
                continue
            with contextlib.suppress(ValueError):
                said = json.loads(message.data)
                first = False
                if isinstance(said, dict) and said.get("type") == "feature_flags":
                    self.features[client] = said.get("data") or {}
                    await socket.send_str(json.dumps({"type": "feature_flags", "data": features}))


def _cut(socket: web.WebSocketResponse) -> None:
    transport = socket._req.transport if socket._req is not None else None
    if transport is not None:
        transport.abort()
