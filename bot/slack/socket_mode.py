"""Slack over Socket Mode: a process that listens until it is told to stop, and reconnects by itself."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.socket_mode.websocket_client import SocketModeClient

from bot.incoming import inbox
from bot.incoming.inbox import Errand
from bot.slack.app import build_app, carry_out_again
from bot.slack.runtime import Front, key_of
from core.desk import Desk
from core.errors import DatabaseUnavailable, SlateError

log = structlog.get_logger(__name__)

CONCURRENCY = 16
"""Envelopes that are taken in at the same time; acknowledging one takes milliseconds."""
_WRITE_SECONDS = 1.5
"""How long an acknowledgement waits for its row; Slack waits three seconds."""
_BREATH = 0.05
_ANSWERLESS = frozenset({"block_actions", "shortcut", "message_action"})
"""Interactions that Slate acknowledges without a word; a sent form and a menu's search are answered by it."""


class Prompt(SocketModeHandler):
    """Bolt's handler, but what is acknowledged without a word is so before Bolt looks at it."""

    def __init__(self, app: App, front: Front) -> None:
        web = WebClient(base_url=front.workspaces.url, logger=app.logger)
        token = front.desk.settings.slack_app_token
        super().__init__(app, token, logger=app.logger, web_client=web, ping_interval=5, concurrency=CONCURRENCY)
        self._front = front
        self._writers = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="slack-writer")
        self.client.on_message_listeners.append(self._came)
        self.client.current_app_monitor_started = True  # by us, see _opened
        self.client.on_open_listeners.append(self._opened)

    def _opened(self, _: Any) -> None:
        """Have the connection watched. Left to itself the client's monitor looks before the first one is open, and makes another
        that tears it down half-way."""
        monitor = self.client.current_app_monitor
        if not self.client.closed and not monitor.is_alive():
            monitor.start()

    def _came(self, _: Any, message: str) -> None:
        if '"envelope_id"' in message:
            self._front.rush.came()

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        if not self._wordless(req):
            self._front.rush.acknowledged()  # what it waits for is what is to be done
            super().handle(client, req)
            return
        written = self._writers.submit(self._front.take_in, req.payload) if key_of(req.payload) else None
        if written is not None:
            wait([written], _WRITE_SECONDS)
        self._front.soon(lambda: self._carry_out(req, written))  # begins when this is acknowledged
        try:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=req.envelope_id))
        finally:
            self._front.rush.acknowledged()

    def _carry_out(self, req: SocketModeRequest, written: Future[Errand | None] | None) -> None:
        """Do what was acknowledged, unless it had come before; without a database it is done without having been written down."""
        errand: Errand | None = None
        if written is not None:
            try:
                errand = written.result()
                if errand is None:
                    return
            except DatabaseUnavailable as problem:
                log.warning("slack.not-written-down", problem=problem.message)
        with inbox.working_on(errand):
            run_bolt_app(self.app, req)

    def _wordless(self, req: SocketModeRequest) -> bool:
        """Whether nothing is to be said with the acknowledgement, as it would be where Slate is not installed."""
        body = req.payload
        team = str(body.get("team_id") or (body.get("team") or {}).get("id") or "")
        return (req.type == "slash_commands" or body.get("type") in _ANSWERLESS) and self._front.workspaces.known(team)


class SlackSockets:
    """One connection to Slack for this desk."""

    def __init__(self, desk: Desk) -> None:
        self.front = Front(desk)
        self._handler = Prompt(build_app(self.front), self.front)
        self._over = threading.Event()
        self._closed = False

    def open(self) -> None:
        """Connect. Raises ChatRefused for an app token that is no good, ChatBusy while Slack does not answer."""
        from bot.slack.errors import declared, foreign

        try:
            self._handler.client.connect()
        except foreign() as problem:
            raise declared(problem) from problem

    def serve(self, patience: float = 60.0) -> None:
        """Listen until `stop`; a Slack that is away is waited for. Raises ChatRefused for an app token that is no good."""
        pause = 1.0
        while not self._over.is_set():
            try:
                self.open()
                break
            except SlateError as problem:
                if not problem.transient:
                    raise
                log.warning("slack.away", problem=problem.message, again_in=pause)
                self._over.wait(pause)
                pause = min(patience, pause * 2)
        log.info("slack.listening")
        self.front.inbox.start(carry_out_again(self._handler.app))
        self._over.wait()

    def stop(self) -> None:
        self._over.set()

    def close(self) -> None:
        """Hang up, then finish what was begun; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        client = self._handler.client
        client.closed, client.default_auto_reconnect_enabled, client.auto_reconnect_enabled = True, False, False
        client.enqueue_message("")  # wakes the thread that waits for the next message
        _hang_up(client)
        client.close()
        self.front.close()


def _hang_up(client: SocketModeClient) -> None:
    """Wake whoever listens, who then says goodbye to Slack and ends.

    Left to itself the listener would sleep on for up to ten seconds. It may be connecting just now: it is woken until it is gone.
    """
    listening = client.current_session_runner
    listening.event.set()
    while listening.thread.is_alive():
        session = client.current_session
        line = session.sock.sock if session and session.sock else None
        if session and line:
            session.keep_running = False
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RD)  # below TLS, which can still send the goodbye
        listening.thread.join(_BREATH)
