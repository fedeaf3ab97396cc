"""A Slack on loopback: Web API, Socket Mode, signed events, uploads and OAuth, strict about what the manifest declares."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import BasicAuth, web

from tests.simulators.slack import messages, places
from tests.simulators.slack.budgets import Budgets
from tests.simulators.slack.calls import Asked, Method, Refusal, arguments
from tests.simulators.slack.events import Events
from tests.simulators.slack.faults import Fault, Faults
from tests.simulators.slack.limits import ACK_SECONDS, SCOPES
from tests.simulators.slack.people import People
from tests.simulators.slack.wires import Wires
from tests.simulators.slack.world import Call, Channel, File, Install, Json, User, World

T = TypeVar("T")
METHODS: dict[str, Method] = messages.METHODS | places.METHODS


class Slack:
    """The simulated Slack. Its app is what `manifest` declares; `world` may be looked at, but is changed by its loop alone."""

    def __init__(self, manifest: Json) -> None:
        self.manifest = manifest
        self.app_id = "A0SIMAPP01"
        self.app_token, self.signing_secret = "xapp-1-sim-app-token", "sim-signing-secret"
        self.client_id, self.client_secret = "11.22", "sim-client-secret"
        self.world, self.faults, self.budgets = World(), Faults(), Budgets()
        self.patience = 10 * ACK_SECONDS
        """How long an envelope waits to be acknowledged: longer than Slack waits, as a busy machine is no fault of the app."""
        self.processing = 0
        """How many messages that show a fresh upload are refused first, as Slack is busy with it."""
        self.people, self.wires, self.events = People(self), Wires(self), Events(self)
        self.url = ""
        self.loop = asyncio.new_event_loop()

    # what tests set up

    def team(self, name: str, installed: bool = True, scopes: Sequence[str] | None = None) -> str:
        """A workspace, with the app in it unless said otherwise; returns its id."""
        team = self.world.id("T")
        self.world.teams[team] = name
        if installed:
            self.install(team, scopes)
        return team

    def install(self, team: str, scopes: Sequence[str] | None = None) -> Install:
        granted = self.manifest["oauth_config"]["scopes"]["bot"] if scopes is None else scopes
        bot = User(self.world.id("U"), team, "Slate", is_bot=True)
        self.world.users[bot.id] = bot
        made = Install(team, f"xoxb-{team}-{self.world.id('k')}", bot.id, frozenset(granted))
        self.world.installs[made.token] = made
        return made

    def user(self, team: str, name: str, **more: Any) -> User:
        made = User(self.world.id("U"), team, name, f"{name.casefold().replace(' ', '.')}@example.com", **more)
        self.world.users[made.id] = made
        return made

    def channel(self, team: str, name: str, *people: User, kind: str = "public", with_bot: bool = True) -> Channel:
        made = Channel(self.world.id("C"), team, name, kind, {one.id for one in people})
        install = self.world.install_of(team)
        if with_bot and install:
            made.members.add(install.bot)
        self.world.channels[made.id] = made
        return made

    def file(self, owner: User, name: str, data: bytes) -> File:
        """A file somebody uploads in their client."""
        made = File(self.world.id("F"), owner.team, owner.id, name, sniffed(data), data, complete=True)
        self.world.files[made.id] = made
        return made

    def fail(self, method: str = "", **how: Any) -> None:
        self.faults.waiting.append(Fault(method, **how))

    def token(self, team: str) -> str:
        install = self.world.install_of(team)
        assert install is not None
        return install.token

    def calls(self, method: str = "") -> list[Call]:
        return [one for one in self.world.calls if one.method == method or not method]

    def run(self, act: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
        """Let the loop do something, from a test's thread."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(seconds)

    def settle(self) -> None:
        """Wait until every event was acknowledged or given up."""
        self.run(self.events.settle())

    def do(self, act: Any, *args: Any, **more: Any) -> Any:
        """Call something in the loop, such as `slack.people.say`."""

        async def call() -> Any:
            return act(*args, **more)

        return self.run(call())

    # HTTP

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/link", self.wires.open_socket)
        app.router.add_post("/upload/{key}", self._upload)
        app.router.add_get("/files-pri/{named}/{name}", self._download)
        app.router.add_post("/respond/{key}", self._respond)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args, token = await arguments(request)
        fault = self.faults.next(method)
        if fault is not None and not fault.lost:
            self._log(method, token, args, fault.status, fault.error)
            return self._faulty(request, fault)
        wait = self.budgets.spend(method, token, str(args.get("channel", "")))
        if wait:
            self._log(method, token, args, 429, "ratelimited")
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(wait)})
        try:
            answer = {"ok": True} | self._carry_out(method, token, args, request)
        except Refusal as refusal:
            answer = {"ok": False, "error": refusal.error, **refusal.more}
        self._log(method, token, args, 200, answer.get("error", ""))
        if fault is not None and request.transport is not None:
            request.transport.abort()
        return web.json_response(answer)

    def _carry_out(self, method: str, token: str, args: Json, request: web.Request) -> Json:
        if method == "apps.connections.open":
            if token != self.app_token:
                raise Refusal("invalid_auth")
            return {"url": f"{self.url.replace('http', 'ws')}/link?ticket={self.wires.ticket()}"}
        if method == "oauth.v2.access":
            return self._exchange(args, request)
        if not token:
            raise Refusal("not_authed")
        install = self.world.installs.get(token)
        if install is None:
            raise Refusal("invalid_auth")
        if install.revoked:
            raise Refusal("token_revoked")
        if method not in METHODS:
            raise Refusal("unknown_method")
        needed = SCOPES.get(method, "")
        if needed and needed not in install.scopes:
            raise Refusal("missing_scope", needed=needed, provided=",".join(sorted(install.scopes)))
        return METHODS[method](Asked(self, install, args))

    def _log(self, method: str, token: str, args: Json, status: int, error: str) -> None:
        self.world.calls.append(Call(time.monotonic(), method, token, args, status, error))

    def _faulty(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.refused and request.transport is not None:
            request.transport.abort()
        if fault.error:
            return web.json_response({"ok": False, "error": fault.error})
        headers = {"Retry-After": str(fault.retry_after)} if fault.status == 429 else {}
        body = {"ok": False, "error": "ratelimited" if fault.status == 429 else "internal_error"}
        return web.json_response(body, status=fault.status or 500, headers=headers)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        file = self.world.files.get(self.world.uploads.pop(key, ""))
        data = await request.read()
        if file is None or len(data) != int(key.rpartition("-")[2]):
            return web.Response(status=400, text="bad upload")
        file.data, file.mime = data, sniffed(data)
        return web.Response(text=f"OK - {len(data)}")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        file = self.world.files.get(request.match_info["named"].partition("-")[2])
        install = self.world.installs.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if file is None or install is None or install.revoked or "files:read" not in install.scopes:
            return web.Response(text="<html>Sign in to Slack</html>", content_type="text/html")
        return web.Response(body=file.data, content_type=file.mime)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        error = self.people.respond(request.match_info["key"], body)
        self._log("response_url", "", body, 404 if error else 200, error)
        return web.Response(text=error or "ok", status=404 if error else 200)

    # OAuth

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=f"Somebody is asked whether Slate may have {request.query['scope']}.")

    def approve(self, user: User, address: str) -> str:
        """An admin allows what the page at `address` asks for; returns where their browser is sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == self.client_id, asked
        declared = set(self.manifest["oauth_config"]["scopes"]["bot"])
        assert set(asked["scope"].split(",")) <= declared, "scopes beyond the manifest"
        code = self.world.id("c")
        self.world.codes[code] = (user.team, user.id)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _exchange(self, args: Json, request: web.Request) -> Json:
        given = (args.get("client_id"), args.get("client_secret"))
        if request.headers.get("Authorization", "").startswith("Basic "):
            basic = BasicAuth.decode(request.headers["Authorization"])
            given = (basic.login, basic.password)
        if given != (self.client_id, self.client_secret):
            raise Refusal("bad_client_secret")
        team, user = self.world.codes.pop(str(args.get("code")), ("", ""))
        if not team:
            raise Refusal("invalid_code")
        made = self.world.install_of(team) or self.install(team)
        about = {"app_id": self.app_id, "authed_user": {"id": user}, "scope": ",".join(sorted(made.scopes))}
        named = {"team": {"id": team, "name": self.world.teams[team]}, "enterprise": None, "is_enterprise_install": False}
        return about | named | {"token_type": "bot", "access_token": made.token, "bot_user_id": made.bot}


def sniffed(data: bytes) -> str:
    """The MIME type, as Slack finds it by looking."""
    kinds = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    found = next((mime for magic, mime in kinds.items() if data.startswith(magic)), "")
    if not found and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found = "image/webp"
    if not found and data[4:8] == b"ftyp":
        found = "video/mp4"
    return found or "application/octet-stream"


@contextmanager
def running(manifest: Json) -> Iterator[Slack]:
    """A Slack on a free port of this machine, in a thread of its own."""
    slack = Slack(manifest)
    ready = threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(slack.loop)
        runner = web.AppRunner(slack.app(), access_log=None, shutdown_timeout=0.1)
        slack.loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        slack.loop.run_until_complete(site.start())
        slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        slack.loop.run_forever()
        slack.loop.run_until_complete(slack.wires.close())
        slack.loop.run_until_complete(runner.cleanup())
        slack.loop.close()

    thread = threading.Thread(target=serve, name="slack-simulator", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield slack
    finally:
        slack.loop.call_soon_threadsafe(slack.loop.stop)
        thread.join(10)
