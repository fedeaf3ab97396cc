"""The Events API: what the app subscribed to is delivered, retried at once, after a minute and after five, perhaps twice."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulators.slack.limits import EVENT_SCOPES, RETRY_AFTER
from tests.simulators.slack.world import Json

if TYPE_CHECKING:
    from tests.simulators.slack.server import Slack


@dataclass
class Events:
    """Deliveries under way. `speed` makes the pauses between retries shorter by that factor."""

    slack: Slack
    speed: float = 1.0
    given_up: list[Json] = field(default_factory=list)
    sent: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _held: list[Json] = field(default_factory=list)

    def tell(self, team: str, event: Json, kind: str = "") -> bool:
        """Deliver an event, if the app asked for it and may have it; whether it did."""
        name = kind or str(event["type"])
        install = self.slack.world.install_of(team)
        wanted = self.slack.manifest["settings"]["event_subscriptions"]["bot_events"]
        always = ("app_uninstalled", "tokens_revoked")
        if name not in wanted or (install is None and name not in always):
            return False
        if install is not None and EVENT_SCOPES.get(name, "") not in {"", *install.scopes}:
            return False
        bot = install.bot if install else ""
        seen_by = {"enterprise_id": None, "team_id": team, "user_id": bot, "is_bot": True, "is_enterprise_install": False}
        body = {"token": "verification", "team_id": team, "api_app_id": self.slack.app_id, "type": "event_callback"}
        body |= {"event": event, "event_id": self.slack.world.id("Ev"), "event_time": int(time.time())}
        self.deliver(body | {"authorizations": [seen_by], "is_ext_shared_channel": False})
        return True

    def deliver(self, body: Json) -> None:
        if self.slack.faults.withheld:
            self._held.append(body)
            return
        for _ in range(1 + self.slack.faults.duplicates):
            task = asyncio.get_running_loop().create_task(self._send(body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def let_go(self) -> None:
        """Deliver what was withheld, in the opposite order."""
        self.slack.faults.withheld = False
        held, self._held = self._held, []
        for body in reversed(held):
            self.deliver(body)
            await self.settle()

    async def settle(self) -> None:
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _send(self, body: Json) -> None:
        for retry, pause in enumerate((None, *RETRY_AFTER)):
            if pause is not None:
                await asyncio.sleep(pause / self.speed)
            self.sent += 1
            reason = "http_error" if self.slack.wires.http else "timeout"
            if (await self.slack.wires.send("events_api", body, retry, reason if retry else "")).ok:
                return
        self.given_up.append(body)
