"""What every method of the Web API works with: who calls, with which arguments; and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.simulators.slack.world import Channel, Install, Json, World

if TYPE_CHECKING:
    from tests.simulators.slack.server import Slack


class Refusal(Exception):
    """`{"ok": false, "error": …}`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


@dataclass
class Asked:
    """One call."""

    slack: Slack
    install: Install
    args: Json

    @property
    def world(self) -> World:
        return self.slack.world

    def text(self, name: str, default: str | None = None) -> str:
        value = self.args.get(name, default)
        if value is None:
            raise Refusal("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})
        return str(value)

    def parsed(self, name: str) -> Any:
        """A value that may have come as JSON inside a form."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal("invalid_arguments") from None

    def channel(self) -> Channel:
        """The channel named, which must be one the bot may know of."""
        named = self.text("channel")
        if named in self.world.users:
            return self.world.im(self.install.team, named, self.install.bot)
        found = self.world.channels.get(named)
        if found is None or found.team != self.install.team:
            raise Refusal("channel_not_found")
        if found.kind != "public" and self.install.bot not in found.members:
            raise Refusal("channel_not_found")
        return found

    def channel_to_write(self) -> Channel:
        found = self.channel()
        if found.archived:
            raise Refusal("is_archived")
        if self.install.bot not in found.members:
            raise Refusal("not_in_channel")
        return found


Method = Callable[[Asked], Json]


async def arguments(request: web.Request) -> tuple[Json, str]:
    """(arguments, token), from the query, a form or JSON: the clients use all three."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= await request.json()
    elif request.can_read_body:
        args |= dict(await request.post())
    bearer = request.headers.get("Authorization", "")
    token = bearer.removeprefix("Bearer ").strip() if bearer.startswith("Bearer ") else str(args.pop("token", "") or "")
    args.pop("token", None)
    return args, token


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
