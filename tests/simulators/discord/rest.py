"""REST v10, as far as a bot such as Slate uses it: every route, its permissions, its errors, its limits."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from tests.simulators.discord import checking, limits
from tests.simulators.discord.checking import Invalid
from tests.simulators.discord.faults import Fault
from tests.simulators.discord.world import DIRECT, EPHEMERAL, FORUM, Channel, Json, Message, snowflake

if TYPE_CHECKING:
    from tests.simulators.discord.server import DiscordServer

Handler = Callable[[web.Request, Json, dict[str, bytes]], Awaitable[Any]]
_FREE = ("POST /interactions/", "POST /webhooks/", "PATCH /webhooks/", "DELETE /webhooks/", "GET /webhooks/")
"""Routes that need no bot token and are outside the global limit."""


class Rest:
    """The HTTP face of a DiscordServer."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server

    def app(self) -> web.Application:
        app = web.Application(client_max_size=limits.REQUEST_BYTES)
        for method, path, handler in self._routes():
            app.router.add_route(method, f"/api/v10{path}", self._wrapped(f"{method} {path}", handler))
        app.router.add_get("/gateway/", self.server.gateway.serve)
        app.router.add_get("/cdn/attachments/{identity}/{name}", self._file)
        app.router.add_get("/cdn/avatars/{user}/{name}", self._avatar)
        return app

    def _routes(self) -> list[tuple[str, str, Handler]]:
        message = "/channels/{channel}/messages/{message}"
        return [
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/applications/@me", self._application),
            ("GET", "/gateway/bot", self._gateway),
            ("PUT", "/applications/{application}/commands", self._register),
            ("GET", "/applications/{application}/commands", self._registered),
            ("PUT", "/applications/{application}/guilds/{guild}/commands", self._register),
            ("GET", "/applications/{application}/guilds/{guild}/commands", self._registered),
            ("POST", "/users/@me/channels", self._direct),
            ("GET", "/users/{user}", self._user),
            ("GET", "/guilds/{guild}/members/{user}", self._member),
            ("GET", "/channels/{channel}", self._channel),
            ("PATCH", "/channels/{channel}", self._change_channel),
            ("POST", "/channels/{channel}/messages", self._post),
            ("GET", message, self._read),
            ("PATCH", message, self._edit),
            ("DELETE", message, self._erase),
            ("PUT", message + "/reactions/{emoji}/@me", self._react),
            ("GET", message + "/reactions/{emoji}", self._reacted),
            ("POST", message + "/threads", self._open_thread),
            ("POST", "/channels/{channel}/threads", self._open_post),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback),
            ("POST", "/webhooks/{application}/{token}", self._follow_up),
            ("GET", "/webhooks/{application}/{token}/messages/{message}", self._read_by_token),
            ("PATCH", "/webhooks/{application}/{token}/messages/{message}", self._edit_by_token),
            ("DELETE", "/webhooks/{application}/{token}/messages/{message}", self._erase_by_token),
        ]

    def _wrapped(self, route: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        free = route.startswith(_FREE)

        async def handle(request: web.Request) -> web.StreamResponse:
            said = f"{request.method} {request.path.removeprefix('/api/v10')}"
            fault = self.server.faults.next(said)
            if fault is not None and fault.kind != "half-done":
                return self._failed(request, said, fault)
            major = request.match_info.get("channel") or request.match_info.get("token") or request.match_info.get("guild") or ""
            headers, refusal = self.server.rates.take(route, major, free=free)
            if refusal is not None:
                self.server.log.append((said, 429))
                return _json(refusal.json(), 429, refusal.headers)
            if not free and request.headers.get("Authorization") != f"Bot {self.server.token}":
                self.server.log.append((said, 401))
                return _json({"message": "401: Unauthorized", "code": 0}, 401)
            answer = await self._carry_out(request, said, handler, headers)
            if fault is not None:
                _abort(request)
            return answer

        return handle

    async def _carry_out(self, request: web.Request, said: str, handler: Handler, headers: dict[str, str]) -> web.Response:
        try:
            payload, files = await _read(request)
            answer = await handler(request, payload, files)
        except Invalid as problem:
            self.server.log.append((said, problem.status))
            if problem.code in (50035, 50006, 40005):
                self.server.refusals.append(problem.json())
            return _json(problem.json(), problem.status, headers)
        self.server.log.append((said, 200))
        return web.Response(status=204, headers=headers) if answer is None else _json(answer, 200, headers)

    def _failed(self, request: web.Request, said: str, fault: Fault) -> web.Response:
        if fault.kind == "dropped":
            _abort(request)
            return web.Response(status=500)
        if fault.kind == "busy":
            self.server.log.append((said, 429))
            body = {"message": "You are being rate limited.", "retry_after": fault.after, "global": fault.everywhere}
            return _json(body, 429, {"Via": "1.1 google", "Retry-After": str(fault.after)})
        self.server.log.append((said, fault.status))
        return web.Response(status=fault.status, text="upstream connect error", content_type="text/plain")

    # who and where

    async def _me(self, *_: Any) -> Json:
        return self.server.bot.json()

    async def _application(self, *_: Any) -> Json:
        owner = (self.server.owner or self.server.bot).json()
        return {"id": self.server.bot.id, "name": "Slate", "description": "", "icon": None, "bot_public": False, "flags": 0,
                "bot_require_code_grant": False, "verify_key": "00" * 32, "owner": owner, "team": None,
                "integration_types_config": {"0": {}, "1": {}}}  # fmt: skip

    async def _gateway(self, *_: Any) -> Json:
        start = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return {"url": self.server.gateway_url, "shards": 1, "session_start_limit": start}

    async def _register(self, request: web.Request, payload: Any, _: Any) -> Any:
        checking.commands(payload)
        guild = request.match_info.get("guild", "")
        if guild and guild not in self.server.guilds:
            raise Invalid("", "Missing Access", code=50001, status=403)
        extra = {"application_id": self.server.bot.id, "version": "1", "dm_permission": True, "default_member_permissions": None}
        made = [extra | one | {"id": snowflake()} | ({"guild_id": guild} if guild else {}) for one in payload]
        self.server.commands[guild] = [one | {"description": one.get("description", "")} for one in made]
        return self.server.commands[guild]

    async def _registered(self, request: web.Request, *_: Any) -> Any:
        return self.server.commands.get(request.match_info.get("guild", ""), [])

    async def _direct(self, _: web.Request, payload: Json, __: Any) -> Json:
        return self.server.direct(self.server.users[str(payload["recipient_id"])]).json()

    async def _user(self, request: web.Request, *_: Any) -> Json:
        found = self.server.users.get(request.match_info["user"])
        if found is None:
            raise Invalid("", "Unknown User", code=10013, status=404)
        return found.json()

    async def _member(self, request: web.Request, *_: Any) -> Json:
        guild = self.server.guilds.get(request.match_info["guild"])
        if guild is None or not guild.with_bot:
            raise Invalid("", "Unknown Guild", code=10004, status=404)
        found = guild.members.get(request.match_info["user"])
        if found is None:
            raise Invalid("", "Unknown Member", code=10007, status=404)
        return guild.member_json(found)

    async def _channel(self, request: web.Request, *_: Any) -> Json:
        return self._there(request).json()

    async def _change_channel(self, request: web.Request, payload: Json, _: Any) -> Json:
        channel = self._there(request, "threads")
        if "name" in payload:
            checking.length(payload["name"], limits.THREAD_NAME, "name")
            channel.name = payload["name"]
        channel.archived = payload.get("archived", channel.archived)
        channel.applied = [str(one) for one in payload.get("applied_tags", channel.applied)]
        checking.check(len(channel.applied) <= limits.THREAD_TAGS, "applied_tags", "at most five tags")
        await self.server.gateway.dispatch("THREAD_UPDATE", channel.json())
        return channel.json()

    # messages

    async def _post(self, request: web.Request, payload: Json, files: dict[str, bytes]) -> Json:
        channel = self._there(request, "send")
        if channel.kind == FORUM:
            raise Invalid("", "Cannot send messages in a non-text channel", code=50008)
        if files and "attach" in channel.denied:
            raise _forbidden(channel.denied["attach"])
        checking.length(str(payload.get("nonce") or ""), limits.NONCE, "nonce")
        if payload.get("enforce_nonce") and (known := self._by_nonce(channel, str(payload["nonce"]))):
            return known.json()
        channel.archived = False
        message = self.server.compose(channel, self.server.bot, payload, files)
        channel.messages[message.id] = message
        await self._dispatch(channel, message)
        return message.json()

    def _by_nonce(self, channel: Channel, nonce: str) -> Message | None:
        return next((one for one in channel.messages.values() if one.nonce == nonce and one.author is self.server.bot), None)

    async def _read(self, request: web.Request, *_: Any) -> Json:
        return self._message(self._there(request), request).json()

    async def _edit(self, request: web.Request, payload: Json, files: dict[str, bytes]) -> Json:
        channel = self._there(request)
        message = self._message(channel, request)
        if message.author is not self.server.bot:
            raise Invalid("", "Cannot edit a message authored by another user", code=50005, status=403)
        if channel.archived:
            raise Invalid("", "Thread is archived", code=50083)
        if files and "attach" in channel.denied:
            raise _forbidden(channel.denied["attach"])
        self.server.change(message, payload, files)
        return message.json()

    async def _erase(self, request: web.Request, *_: Any) -> None:
        channel = self._there(request)
        del channel.messages[self._message(channel, request).id]

    async def _react(self, request: web.Request, *_: Any) -> None:
        message = self._message(self._there(request), request)
        who = message.reactions.setdefault(unquote(request.match_info["emoji"]), [])
        who += [] if self.server.bot.id in who else [self.server.bot.id]

    async def _reacted(self, request: web.Request, *_: Any) -> Any:
        message = self._message(self._there(request), request)
        after, most = int(request.query.get("after", 0)), int(request.query.get("limit", 25))
        who = sorted(int(one) for one in message.reactions.get(unquote(request.match_info["emoji"]), ()))
        return [self.server.users[str(one)].json() for one in who if one > after][:most]

    async def _open_thread(self, request: web.Request, payload: Json, _: Any) -> Json:
        channel = self._there(request, "threads")
        message = self._message(channel, request)
        if message.thread_id:
            raise Invalid("", "A thread has already been created for this message", code=160004)
        made = self.server.thread(channel, payload["name"], starter=message, by=self.server.bot.id)
        await self.server.gateway.dispatch("THREAD_CREATE", made.json() | {"newly_created": True})
        return made.json()

    async def _open_post(self, request: web.Request, payload: Json, files: dict[str, bytes]) -> Json:
        channel = self._there(request, "threads")
        checking.check(channel.kind == FORUM and "message" in payload, "message", "a post of a forum has a first message")
        tags = [str(one) for one in payload.get("applied_tags") or ()]
        checking.check(set(tags) <= {one["id"] for one in channel.tags}, "applied_tags", "Unknown tag")
        message = self.server.compose(channel, self.server.bot, payload["message"], files)
        made = self.server.thread(channel, payload["name"], by=self.server.bot.id)
        message.id, message.channel_id, made.applied = made.id, made.id, tags
        made.messages[message.id] = message
        await self.server.gateway.dispatch("THREAD_CREATE", made.json() | {"newly_created": True})
        return made.json() | {"message": message.json()}

    # interactions

    async def _callback(self, request: web.Request, payload: Json, files: dict[str, bytes]) -> Json | None:
        told = request.match_info
        answer = await self.server.talking.callback(told["interaction"], told["token"], payload, files)
        resource = answer.get("resource", {}).get("message")
        if resource is not None and not resource["flags"] & EPHEMERAL and payload["type"] == 4:
            channel = self.server.channels[resource["channel_id"]]
            await self._dispatch(channel, channel.messages[resource["id"]])
        return answer if request.query.get("with_response") in ("1", "true") else None

    async def _follow_up(self, request: web.Request, payload: Json, files: dict[str, bytes]) -> Json:
        return self.server.talking.follow_up(request.match_info["token"], payload, files).json()

    async def _read_by_token(self, request: web.Request, *_: Any) -> Json:
        return self._by_token(request).json()

    async def _edit_by_token(self, request: web.Request, payload: Json, files: dict[str, bytes]) -> Json:
        one, message = self.server.talking.known(request.match_info["token"]), self._by_token(request)
        if one.deferred and message is one.original:
            self.server.talking.fill(one, payload, files)
        else:
            self.server.change(message, payload, files)
        return message.json()

    async def _erase_by_token(self, request: web.Request, *_: Any) -> None:
        one, message = self.server.talking.known(request.match_info["token"]), self._by_token(request)
        one.deferred = one.deferred and message is not one.original
        self.server.channels[message.channel_id].messages.pop(message.id, None)

    def _by_token(self, request: web.Request) -> Message:
        one = self.server.talking.known(request.match_info["token"])
        wanted = request.match_info["message"]
        found = one.original if wanted == "@original" else next((said for said in one.said if said.id == wanted), None)
        if found is None or found.id not in self.server.channels[found.channel_id].messages:
            raise Invalid("", "Unknown Message", code=10008, status=404)
        return found

    # files

    async def _file(self, request: web.Request) -> web.Response:
        found = self.server.files.get(request.match_info["identity"])
        if found is None or "hm" not in request.query:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=found, content_type="application/octet-stream")

    async def _avatar(self, request: web.Request) -> web.Response:
        return web.Response(body=b"\x89PNG\r\n\x1a\n", content_type="image/png")

    # what is there

    def _there(self, request: web.Request, doing: str = "") -> Channel:
        channel = self.server.channels.get(request.match_info["channel"])
        if channel is None:
            raise Invalid("", "Unknown Channel", code=10003, status=404)
        for wanted in ("view", doing):
            above = self.server.channels.get(channel.parent_id)
            denied = channel.denied | (above.denied if above else {})
            if wanted in denied:
                raise _forbidden(denied[wanted])
        guild = self.server.guilds.get(channel.guild_id)
        apart = channel.kind == DIRECT and not any(one is self.server.bot for one in channel.recipients)
        if apart or (guild is not None and not guild.with_bot):
            raise _forbidden("Missing Access")
        return channel

    def _message(self, channel: Channel, request: web.Request) -> Message:
        found = channel.messages.get(request.match_info["message"])
        if found is None or found.ephemeral:
            raise Invalid("", "Unknown Message", code=10008, status=404)
        return found

    async def _dispatch(self, channel: Channel, message: Message) -> None:
        await self.server.tell(channel, message)


def _forbidden(why: str) -> Invalid:
    return Invalid("", why, code=50001 if why == "Missing Access" else 50013, status=403)


async def _read(request: web.Request) -> tuple[Any, dict[str, bytes]]:
    """(the payload, the files by the names of their parts)."""
    if request.content_type != "multipart/form-data":
        text = await request.text()
        return (json.loads(text) if text else {}), {}
    payload: Any = {}
    files: dict[str, bytes] = {}
    async for part in await request.multipart():
        name = str(part.name)
        data = bytes(await part.read())  # type: ignore[union-attr]
        if name == "payload_json":
            payload = json.loads(data)
        elif name.startswith("files["):
            files[name] = data
        else:
            raise Invalid(name, "unknown part")
    return payload, files


def _json(body: Any, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"} | (headers or {})
    )


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
