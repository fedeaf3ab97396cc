"""Slack over HTTP: signed requests for the same listeners that Socket Mode serves, and installing in further workspaces."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from bot.slack.manifest import EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH
from bot.slack.runtime import Front
from bot.web.app_state import visitor
from bot.web.files import read
from core.people.roles import Action, allow
from storage.tables import Member

_MOST = 2 * 1024 * 1024
"""Bytes of a request; Slack's own stay far below."""


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

    async def hear(request: Request) -> Response:
        """One request of Slack's; Bolt checks its signature and its age."""
        heard = to_bolt_request(request, await read(request, _MOST))
        return to_starlette_response(await run_in_threadpool(app.dispatch, heard))

    router.add_api_route(EVENTS_PATH, hear, methods=["POST"], response_model=None)


def _install(router: APIRouter, front: Front) -> None:
    from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response

    from bot.slack.install import install_flow

    flow = install_flow(front)

    def install(request: Request, me: Member = Depends(visitor)) -> Response:
        """Off to Slack: for admins, as whoever is let in by this sees what the team has made."""
        with front.desk.reading() as session:
            allow(session, me, Action.MANAGE_MEMBERS, None)
        return to_starlette_response(flow.handle_installation(to_bolt_request(request, b"")))

    def back(request: Request) -> Response:
        return to_starlette_response(flow.handle_callback(to_bolt_request(request, b"")))

    router.add_api_route(INSTALL_PATH, install, methods=["GET"], response_model=None)
    router.add_api_route(REDIRECT_PATH, back, methods=["GET"], response_model=None)
