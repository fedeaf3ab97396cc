"""The gateway: HELLO, IDENTIFY or RESUME, heartbeats, events by intent, and every way a socket may go wrong."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.simulators.discord import limits
from tests.simulators.discord.world import DIRECT, Json, snowflake

if TYPE_CHECKING:
    from tests.simulators.discord.server import DiscordServer

HEARTBEAT_MS = 41_250


@dataclass
class Session:
    """What one bot was sent, kept for a RESUME."""

    id: str
    intents: int
    socket: Socket | None = None
    sequence: int = 0
    sent: list[Json] = field(default_factory=list)

    async def dispatch(self, event: str, data: Any) -> None:
        self.sequence += 1
        frame = {"op": 0, "t": event, "s": self.sequence, "d": data}
        self.sent.append(frame)
        if self.socket is not None:
            await self.socket.send(frame)


class Socket:
    """One connection, compressed the way the client asked for."""

    def __init__(self, response: web.WebSocketResponse, compress: str) -> None:
        self.response = response
        self._deflate = zlib.compressobj() if compress == "zlib-stream" else None

    async def send(self, frame: Json) -> None:
        text = json.dumps(frame)
        if self.response.closed:
            return
        if self._deflate is None:
            await self.response.send_str(text)
        else:
            await self.response.send_bytes(self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH))


class Gateway:
    """Every session there is or was."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self.resumed = 0
        self.beats = 0
        self.privileged = 0
        """Privileged intents the application was granted in the portal."""
        self.times = 1
        """How often each event is delivered."""

    @property
    def live(self) -> list[Session]:
        return [one for one in self.sessions.values() if one.socket is not None and not one.socket.response.closed]

    async def dispatch(self, event: str, data: Any, intent: int | None = None) -> None:
        """Send an event to every session whose intents let it through, dropped ones too: they may resume."""
        needed = intent if intent is not None else limits.INTENTS.get(event, 0)
        for session in list(self.sessions.values()):
            if not needed or session.intents & needed:
                for _ in range(self.times):
                    await session.dispatch(event, self._shown(data, session) if event == "MESSAGE_CREATE" else data)

    def _shown(self, data: Json, session: Session) -> Json:
        """A message without its content, for a bot without the intent, unless it is its own, mentions it, or is direct."""
        bot = self.server.bot.id
        direct = self.server.channels[data["channel_id"]].kind == DIRECT
        named = any(one["id"] == bot for one in data["mentions"])
        if direct or named or data["author"]["id"] == bot or session.intents & limits.MESSAGE_CONTENT:
            return data
        return data | {"content": "", "attachments": [], "components": [], "embeds": []}

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        response = web.WebSocketResponse(max_msg_size=0)
        await response.prepare(request)
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            await response.close(code=4012, message=b"Invalid API version")
            return response
        socket = Socket(response, request.query.get("compress", ""))
        await socket.send({"op": 10, "d": {"heartbeat_interval": HEARTBEAT_MS}, "s": None, "t": None})
        session: Session | None = None
        async for frame in response:
            if frame.type is not WSMsgType.TEXT:
                break
            said = json.loads(frame.data)
            if said["op"] == 1:
                self.beats += 1
                await socket.send({"op": 11, "d": None})
            elif said["op"] == 2:
                session = await self._identify(socket, said["d"])
            elif said["op"] == 6:
                session = await self._resume(socket, said["d"])
            elif said["op"] not in (3, 4, 8):
                await response.close(code=4001, message=b"Unknown opcode")
        if session is not None and session.socket is socket:
            session.socket = None
        return response

    async def _identify(self, socket: Socket, said: Json) -> Session | None:
        if said["token"] != self.server.token:
            await socket.response.close(code=4004, message=b"Authentication failed")
            return None
        if said["intents"] & limits.PRIVILEGED & ~self.privileged:
            await socket.response.close(code=4014, message=b"Disallowed intent(s)")
            return None
        self.identified += 1
        session = Session(snowflake(), said["intents"], socket)
        self.sessions[session.id] = session
        guilds = [one for one in self.server.guilds.values() if one.with_bot]
        await session.dispatch("READY", {
            "v": 10, "user": self.server.bot.json(), "guilds": [{"id": one.id, "unavailable": True} for one in guilds],
            "session_id": session.id, "resume_gateway_url": self.server.gateway_url, "session_type": "normal",
            "application": {"id": self.server.bot.id, "flags": 0}, "private_channels": [], "relationships": [],
        })  # fmt: skip
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild.json(self.server.bot))
        return session

    async def _resume(self, socket: Socket, said: Json) -> Session | None:
        session = self.sessions.get(said["session_id"])
        if session is None or said["token"] != self.server.token:
            await socket.send({"op": 9, "d": False})
            return None
        self.resumed += 1
        session.socket = socket
        for frame in [one for one in session.sent if one["s"] > (said["seq"] or 0)]:
            await socket.send(frame)
        await session.dispatch("RESUMED", {})
        return session

    async def drop(self, *, code: int = 1006, forget: bool = False) -> None:
        """Every socket breaks; with `forget`, so do the sessions, and a RESUME is refused."""
        for session in self.live:
            socket, session.socket = session.socket, None
            assert socket is not None
            if code == 1006:
                transport = socket.response._req.transport if socket.response._req else None
                if transport is not None:
                    transport.abort()
            else:
                await socket.response.close(code=code)
        if forget:
            self.sessions.clear()

    async def again(self, many: int = 1) -> None:
        """The last events come once more, under the same sequence numbers, as after a RESUME that went wrong."""
        for session in self.live:
            assert session.socket is not None
            for frame in session.sent[-many:]:
                await session.socket.send(frame)

    async def garble(self) -> None:
        """An event that is not as documented."""
        for session in self.live:
            await session.dispatch("MESSAGE_CREATE", {"this": "is no message"})
