"""The Bolt app: who may speak (authorize), what was heard before (once), and every listener; the same over sockets and HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any, cast

import structlog
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.incoming import inbox
from bot.incoming.inbox import Errand
from bot.slack import directory_events, home, unfurl
from bot.slack.errors import QUIET
from bot.slack.listeners import Listeners
from bot.slack.payloads import Payload
from bot.slack.runtime import Front, key_of
from bot.slack.shortcuts import Shortcuts
from core.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

_request: ContextVar[ExitStack] = ContextVar("request")
"""What ends when this thread has handed on the request it is at."""


class _Slate(App):
    """Bolt, where what a middleware enters lasts until the listeners have begun: Bolt's own `next` returns before that."""

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        with ExitStack() as entered:
            token = _request.set(entered)
            entered.callback(_request.reset, token)
            return super().dispatch(req)


def build_app(front: Front) -> App:
    """The app over this front end. Requests over HTTP must be signed with the signing secret of the settings."""
    app = _Slate(
        logger=QUIET,
        name="slate",
        client=WebClient(base_url=front.workspaces.url, logger=QUIET, retry_handlers=[]),
        signing_secret=front.desk.settings.slack_signing_secret or "no requests over HTTP",
        authorize=_authorize(front),
        listener_executor=front.ears,
        raise_error_for_unhandled_request=False,
    )
    app.middleware(_once(front))
    Shortcuts(front).register(app)
    Listeners(front).register(app)
    for name, listener in _EVENTS.items():
        app.event(name)(_listening(front, listener))
    return app


_EVENTS: dict[str, Callable[[Front, Payload], None]] = {
    "app_home_opened": home.opened,
    "link_shared": unfurl.shared,
    "entity_details_requested": unfurl.asked,
    "user_change": directory_events.person_changed,
    "channel_rename": directory_events.channel_renamed,
    "group_rename": directory_events.channel_renamed,
    "app_uninstalled": directory_events.removed,
    "tokens_revoked": directory_events.removed,
}


def _listening(front: Front, listener: Callable[[Front, Payload], None]) -> Callable[[Payload], None]:
    def listen(body: Payload) -> None:
        listener(front, body)

    return listen


def carry_out_again(app: App) -> Callable[[Errand, dict[str, Any]], None]:
    """Does what was acknowledged by a process that died since; nobody waits for an acknowledgement any more."""

    def carry_out(errand: Errand, payload: dict[str, Any]) -> None:
        with inbox.working_on(errand):
            app.dispatch(BoltRequest(mode="socket_mode", body=payload))

    return carry_out


def _authorize(front: Front) -> Callable[..., AuthorizeResult]:
    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """Slate in the workspace the request is from; None where it is not installed."""
        found = front.workspaces.installed(team_id or "")
        if found is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_user_id=found.bot_id, bot_id=found.bot_id, bot_token=found.token
        )

    return cast("Callable[..., AuthorizeResult]", authorize)  # Bolt takes None as well, and says so to the person


def _once(front: Front) -> Callable[..., BoltResponse | None]:
    def once(body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse | None:
        """Let pass what was not heard before, and keep it until it is done.

        When the memory is away, Slack is left to send an event again later; a command or a press is carried out as it can be.
        """
        if inbox.present() is not None or body.get("type") == "block_suggestion" or not key_of(body):
            return next()
        try:
            errand = front.take_in(body)
        except DatabaseUnavailable as problem:
            log.warning("slack.no-database", problem=problem.message)
            return BoltResponse(status=503) if body.get("type") == "event_callback" else next()
        if errand is None:
            return BoltResponse(status=200)
        _request.get().enter_context(inbox.working_on(errand))
        return next()

    return once
