"""How the simulated Slack reaches the app: Socket Mode envelopes or signed HTTP, retried until somebody acknowledges."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.simulators.slack.limits import SOCKETS
from tests.simulators.slack.world import Json

if TYPE_CHECKING:
    from tests.simulators.slack.server import Slack


@dataclass(frozen=True)
class Acknowledged:
    """What came back from the app for one thing that was sent to it."""

    ok: bool
    body: Json | str | None = None
    seconds: float = 0.0
    status: int = 200


@dataclass
class Wires:
    """The connections to the app. With `http` set, everything goes there, signed; else over the open sockets in turn."""

    slack: Slack
    http: str = ""
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    tickets: set[str] = field(default_factory=set)
    connected: int = 0
    """How many sockets were ever opened."""
    goodbyes: list[int] = field(default_factory=list)
    """The codes with which the app closed sockets."""
    acknowledged: list[float] = field(default_factory=list)
    """Seconds each acknowledgement took."""
    _waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _turn: itertools.count[int] = field(default_factory=itertools.count)
    _client: aiohttp.ClientSession | None = None

    async def send(self, kind: str, payload: Json, retry: int = 0, reason: str = "") -> Acknowledged:
        """Send something once, and wait for it to be acknowledged for as long as Slack does."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.slack.patience):
                got = await (self._post(kind, payload, retry, reason) if self.http else self._envelope(kind, payload, retry))
        except (TimeoutError, aiohttp.ClientError, ConnectionError):
            return Acknowledged(False, seconds=time.monotonic() - begun, status=0)
        seconds = time.monotonic() - begun
        self.acknowledged.append(seconds)
        return Acknowledged(got[0] == 200, got[1], seconds, got[0])

    # sockets

    def ticket(self) -> str:
        made = uuid.uuid4().hex
        self.tickets.add(made)
        return made

    async def open_socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=403)
        self.tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=20, timeout=0.2)
        await socket.prepare(request)
        if len(self.sockets) >= SOCKETS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.sockets.append(socket)
        self.connected += 1
        debug = {"host": "applink-sim", "build_number": 1, "approximate_connection_time": 18060}
        hello = {"type": "hello", "num_connections": len(self.sockets), "connection_info": {"app_id": self.slack.app_id}}
        await socket.send_json(hello | {"debug_info": debug})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._answered(json.loads(message.data))
        finally:
            self.goodbyes += [socket.close_code] if socket.close_code else []
            with contextlib.suppress(ValueError):
                self.sockets.remove(socket)
        return socket

    def _answered(self, said: Json) -> None:
        future = self._waiting.pop(said.get("envelope_id", ""), None)
        if future is not None and not future.done():
            future.set_result(said)

    async def _envelope(self, kind: str, payload: Json, retry: int) -> tuple[int, Json | None]:
        while not self.sockets:
            await asyncio.sleep(0.01)
        socket = self.sockets[next(self._turn) % len(self.sockets)]
        envelope = str(uuid.uuid4())
        future = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = future
        about: Json = {"envelope_id": envelope, "type": kind, "payload": payload}
        about["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            about |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        await socket.send_json(about)
        said: Json = await future
        return 200, said.get("payload")

    async def drop(self, reason: str = "") -> None:
        """Close every socket: with a friendly word first, or just so."""
        for socket in list(self.sockets):
            if reason:
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sim"}})
            elif socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
        if not reason:
            self.sockets.clear()

    # HTTP

    async def _post(self, kind: str, payload: Json, retry: int, reason: str) -> tuple[int, Json | str | None]:
        if kind == "events_api":
            body, content = json.dumps(payload), "application/json"
        elif kind == "slash_commands":
            body, content = urlencode(payload), "application/x-www-form-urlencoded"
        else:
            body, content = urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded"
        headers = self.signed(body) | {"Content-Type": content}
        headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason} if retry else {}
        self._client = self._client or aiohttp.ClientSession()
        async with self._client.post(self.http, data=body.encode(), headers=headers) as answer:
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, await answer.text()

    def signed(self, body: str, at: float | None = None, secret: str = "") -> dict[str, str]:
        """The two headers by which the app knows that a request is Slack's."""
        stamp = str(int(time.time() if at is None else at))
        mac = hmac.new((secret or self.slack.signing_secret).encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac.hexdigest()}"}

    async def close(self) -> None:
        await self.drop()  # a client that has gone without a word would be waited for
        if self._client is not None:
            await self._client.close()
