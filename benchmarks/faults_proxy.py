"""A proxy before a ComfyUI that spoils what passes: the faults of networks and proxies, turned on by name for a while."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
from aiohttp import web

_Result = TypeVar("_Result")
VIEW, PROMPT, LOOKS = "/view", "/prompt", ("/history", "/queue", "/jobs")
_HOP = {"transfer-encoding", "content-length", "connection", "content-encoding", "date", "server"}
_HTML = "<!doctype html><title>Gateway</title><p>Please sign in to go on.</p>"


class SpoilingProxy:
    """Passes everything on to `target`, but for the spoilings that are on."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.on: set[str] = set()
        self.count: Counter[str] = Counter()
        """How often each spoiling has struck."""
        self._old: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        self._client: aiohttp.ClientSession | None = None

    def struck(self, name: str) -> bool:
        """Whether this spoiling is on; it is counted."""
        if name not in self.on:
            return False
        self.count[name] += 1
        return True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, spoiled or not."""
        if self.struck("refuse"):
            return _cut(request)
        if self.struck("hang"):
            await asyncio.sleep(20)
            return _cut(request)
        if request.headers.get("upgrade", "").casefold() == "websocket":
            return await self._socket(request)
        body = await request.read()
        early = await self._early(request, body)
        if early is not None:
            return early
        try:
            status, headers, data = await self._forward(request, body)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return _cut(request)
        return await self._late(request, status, headers, data)

    async def _early(self, request: web.Request, body: bytes) -> web.StreamResponse | None:
        """What is answered without asking the server, or before."""
        path = request.path
        if self.struck("slow"):
            await asyncio.sleep(3)
        if self.struck("error-500"):
            return web.Response(status=500, text="Internal Server Error")
        if self.struck("unavailable-503"):
            return web.Response(status=503, headers={"Retry-After": "2"}, text="upstream is busy")
        if self.struck("login-302"):
            return web.Response(status=302, headers={"Location": "/login"})
        if path.endswith(PROMPT) and request.method == "POST":
            if self.struck("queue-full"):
                return web.Response(status=429, text="queue full")
            if self.struck("prompt-twice"):
                await self._forward(request, body)
        if path.endswith(VIEW) and self.struck("view-404"):
            return web.Response(status=404)
        if any(one in path for one in LOOKS) and request.method == "GET" and self.struck("stale") and path in self._old:
            status, headers, data = self._old[path]
            return web.Response(status=status, headers=headers, body=data)
        return None

    async def _late(self, request: web.Request, status: int, headers: dict[str, str], data: bytes) -> web.StreamResponse:
        """What is done to the server's answer."""
        path = request.path
        if any(one in path for one in LOOKS):
            self._old[path] = status, headers, data
        if path.endswith(PROMPT) and request.method == "POST" and self.struck("prompt-lost"):
            return _cut(request)
        if path.endswith(VIEW) and status == 200:
            return await self._spoiled_file(request, headers, data)
        if self.struck("html"):
            return web.Response(text=_HTML, content_type="text/html")
        if self.struck("half-json"):
            data = data[: len(data) // 2]
        if self.struck("too-large"):
            data += b" " * (140 << 20)
        if self.struck("reset"):
            return await _half(request, headers, data)
        return web.Response(status=status, headers=headers, body=data)

    async def _spoiled_file(self, request: web.Request, headers: dict[str, str], data: bytes) -> web.StreamResponse:
        if self.struck("view-cut"):
            return await _half(request, headers, data)
        if self.struck("view-short"):
            data = data[: len(data) * 2 // 3]
        if self.struck("view-empty"):
            data = b""
        if self.struck("view-corrupt"):
            at = random.randrange(len(data) or 1)
            data = data[:at] + bytes(one ^ 0x55 for one in data[at : at + 16]) + data[at + 16 :]
        if self.struck("view-html"):
            return web.Response(text=_HTML, content_type="text/html")
        if self.struck("view-late"):
            return await _dripped(request, headers, data)
        return web.Response(headers=headers, body=data)

    async def _forward(self, request: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        assert self._client is not None
        headers = {name: value for name, value in request.headers.items() if name.casefold() not in (*_HOP, "host")}
        url = f"{self.target}{request.raw_path}"
        async with self._client.request(request.method, url, data=body, headers=headers, allow_redirects=False) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.casefold() not in _HOP}
            return answer.status, kept, await answer.read()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """Messages are passed on both ways until one side ends."""
        if self.struck("socket-refused"):
            return web.Response(status=502)
        assert self._client is not None
        inner = web.WebSocketResponse()
        try:
            outer = await self._client.ws_connect(f"{self.target}{request.raw_path}", max_msg_size=0)
        except (aiohttp.ClientError, OSError):
            return _cut(request)
        await inner.prepare(request)
        self._sockets.add(inner)
        pump = asyncio.create_task(self._pump(outer, inner))
        try:
            async for message in inner:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await outer.send_str(message.data)
        except ConnectionError:
            self.count["socket-lost"] += 1
        finally:
            pump.cancel()
            self._sockets.discard(inner)
            await outer.close()
        return inner

    async def _pump(self, outer: aiohttp.ClientWebSocketResponse, inner: web.WebSocketResponse) -> None:
        async for message in outer:
            if self.struck("socket-silent"):
                continue
            if self.struck("socket-dropped") and inner._req is not None and inner._req.transport is not None:
                inner._req.transport.abort()
                return
            try:
                if message.type is aiohttp.WSMsgType.TEXT:
                    for _ in range(2 if self.struck("socket-twice") else 1):
                        await inner.send_str(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    await inner.send_bytes(message.data)
            except ConnectionError:
                return
        await inner.close()

    async def started(self, _app: web.Application) -> None:
        self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120), auto_decompress=False)

    async def ended(self, _app: web.Application) -> None:
        if self._client is not None:
            await self._client.close()


def _cut(request: web.Request) -> web.StreamResponse:
    """The connection ends without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


async def _half(request: web.Request, headers: dict[str, str], data: bytes) -> web.StreamResponse:
    """All is announced, half is sent, and the connection ends."""
    answer = web.StreamResponse(headers=headers)
    answer.content_length = len(data)
    await answer.prepare(request)
    await answer.write(data[: len(data) // 2])
    if request.transport is not None:
        request.transport.abort()
    return answer


async def _dripped(request: web.Request, headers: dict[str, str], data: bytes) -> web.StreamResponse:
    """All of it, in ten pieces, in ten seconds."""
    answer = web.StreamResponse(headers=headers)
    answer.content_length = len(data)
    await answer.prepare(request)
    size = len(data) // 10 + 1
    for start in range(0, len(data), size):
        await asyncio.sleep(1)
        await answer.write(data[start : start + size])
    return answer


class Proxies:
    """Several proxies in one thread; `serve` takes a port that the system chooses, and is told it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._thread.start()

    def serve(self, proxy: SpoilingProxy) -> str:
        """The address at which the proxy listens from now on."""
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{rest:.*}", proxy.handle)
        app.on_startup.append(proxy.started)
        app.on_cleanup.append(proxy.ended)
        return self._serve(app)

    def page(self) -> str:
        """The address of a server that is no ComfyUI: it answers everything with a page."""

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(text=_HTML, content_type="text/html")

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)
        return self._serve(app)

    def _serve(self, app: web.Application) -> str:
        async def start() -> str:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self._runners.append(runner)
            return f"http://127.0.0.1:{runner.addresses[0][1]}"

        return self._run(start)

    def close(self) -> None:
        async def clean() -> None:
            for runner in self._runners:
                await runner.cleanup()

        self._run(clean)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, what: Callable[[], Awaitable[_Result]]) -> _Result:
        async def now() -> _Result:
            return await what()

        return asyncio.run_coroutine_threadsafe(now(), self._loop).result(60)
