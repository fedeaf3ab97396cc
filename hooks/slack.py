"""Slack over HTTP: signed requests for the same listeners that Socket Mode serves, and installing in further workspaces."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from slack_sdk.signature import SignatureVerifier
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.slack.manifest import EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH
from bot.slack.runtime import Front
from bot.web import limits
from bot.web.app_state import visitor
from bot.web.files import read
from core.people.roles import Permission, allow
from storage.tables import Member

_MOST = 2 * 1024 * 1024
"""Bytes of a request; Slack's own stay far below."""
_UNSIGNED_PER_MINUTE = 60
"""Requests without a valid signature that one address may send a minute before it is told to stop."""


def slack_routes(front: Front) -> APIRouter:
    """The routes that the settings ask for: events with a signing secret, installing with a client id and secret."""
    router = APIRouter(include_in_schema=False)
    settings = front.desk.settings
    if settings.slack_signing_secret:
        _hear(router, front)
    if settings.slack_client_id and settings.slack_client_secret:
        _install(router, front)
    return router


def _hear(router: APIRouter, front: Front) -> None:
    from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response

    from bot.slack.app import build_app, carry_out_again

    app = build_app(front)
    front.inbox.start(carry_out_again(app))
    signatures = SignatureVerifier(front.desk.settings.slack_signing_secret)

    async def hear(request: Request) -> Response:
        """One request of Slack's. What is not signed is counted, and neither parsed nor logged; Bolt checks once more."""
        if not _dated(request):
            return await run_in_threadpool(_unsigned, front, request)
        data = await read(request, _MOST)
        if not signatures.is_valid_request(data, dict(request.headers)):
            return await run_in_threadpool(_unsigned, front, request)
        heard = to_bolt_request(request, data)
        return to_starlette_response(await run_in_threadpool(app.dispatch, heard))

    router.add_api_route(EVENTS_PATH, hear, methods=["POST"], response_model=None)


def _dated(request: Request) -> bool:
    """Whether a signature and a time stand in the headers, before the body is read."""
    stamp, signature = request.headers.get("x-slack-request-timestamp", ""), request.headers.get("x-slack-signature", "")
    return stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and signature.startswith("v0=") and len(signature) <= 80


def _unsigned(front: Front, request: Request) -> Response:
    """401, or 403 for an address that sends many of these. Raises Refused."""
    limits.take(front.desk, request, "slack-unsigned", _UNSIGNED_PER_MINUTE)
    return Response(status_code=401)


def _install(router: APIRouter, front: Front) -> None:
    from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response

    from bot.slack.install import install_flow

    flow = install_flow(front)

    def install(request: Request, me: Member = Depends(visitor)) -> Response:
        """Off to Slack: for admins, as whoever is let in by this sees what the team has made."""
        with front.desk.reading() as session:
            allow(session, me, Permission.MANAGE_MEMBERS, None)
        return to_starlette_response(flow.handle_installation(to_bolt_request(request, b"")))

    def back(request: Request) -> Response:
        return to_starlette_response(flow.handle_callback(to_bolt_request(request, b"")))

    router.add_api_route(INSTALL_PATH, install, methods=["GET"], response_model=None)
    router.add_api_route(REDIRECT_PATH, back, methods=["GET"], response_model=None)
