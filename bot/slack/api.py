"""Slack's Web API as Slate calls it in one workspace: Slack's own client, and our errors."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.slack.errors import QUIET, TokenRevoked, declared, foreign
from bot.slack.workspaces import Installed, Workspaces
from core.errors import ChatBusy

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

TIMEOUT = 30
"""Seconds for one call."""


class Api:
    """One workspace's Web API. Raises ChatRefused at once where Slate is not installed."""

    def __init__(self, workspaces: Workspaces, tenant: str) -> None:
        self.workspaces = workspaces
        self.installed: Installed = workspaces.of(tenant)

    @cached_property
    def web(self) -> WebClient:
        from slack_sdk import WebClient

        # No retries of its own: whoever calls knows whether and when to try again.
        return WebClient(self.installed.token, base_url=self.workspaces.url, timeout=TIMEOUT, retry_handlers=[], logger=QUIET)

    def do(self, method: str, **asked: Any) -> SlackResponse:
        """Call a method of Slack's client, such as `chat_postMessage`. Raises ChatBusy, ChatGone, ChatRefused, ChatError."""
        try:
            answer: SlackResponse = getattr(self.web, method)(**asked)
        except foreign() as problem:
            made = declared(problem)
            if isinstance(made, TokenRevoked):
                self._withdrawn(str(made.facts.get("slack", "")))
            raise made from problem
        return answer

    def _withdrawn(self, why: str) -> None:
        """The token is not good any more; when there is a newer one by now, that is to be tried. Raises ChatBusy then."""
        tenant, used = self.installed.tenant, self.installed.token
        self.workspaces.withdrawn(tenant, why, used)
        now = self.workspaces.installed(tenant)
        if now is not None and now.token != used:
            raise ChatBusy("Slack's token has just changed.", retry_after=0.1)
