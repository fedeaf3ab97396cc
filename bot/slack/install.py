"""Installing Slate in further workspaces, by OAuth: Bolt's own flow, our states and our sealed store of tokens."""

from __future__ import annotations

import hashlib
import secrets
from logging import Logger

from itsdangerous import BadSignature, URLSafeTimedSerializer
from slack_bolt import BoltResponse
from slack_bolt.error import BoltError
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.callback_options import CallbackOptions, FailureArgs, SuccessArgs
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk import WebClient
from slack_sdk.oauth import OAuthStateStore
from slack_sdk.oauth.installation_store import Installation, InstallationStore

from bot.slack.errors import QUIET
from bot.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from bot.slack.runtime import Front
from core.security.encryption import house_key

GOOD_FOR = 600
"""Seconds somebody may think about what Slack asks them."""
_AUTHORIZE = "https://slack.com/oauth/v2/authorize"


def install_flow(front: Front) -> OAuthFlow:
    """The two pages of an installation: off to Slack, and back with a code that is exchanged for a token."""
    settings = front.desk.settings
    options = OAuthSettings(
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        scopes=list(SCOPES),
        redirect_uri=settings.base_url + REDIRECT_PATH,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        install_page_rendering_enabled=False,
        authorization_url=_authorize_url(front.workspaces.url),
        installation_store=Store(front),
        state_store=InstallStates(front),
        state_expiration_seconds=GOOD_FOR,
        callback_options=CallbackOptions(success=_installed, failure=_not_installed),
        logger=QUIET,
    )
    client = WebClient(base_url=front.workspaces.url, logger=QUIET, retry_handlers=[])
    return OAuthFlow(client=client, logger=QUIET, settings=options)


class InstallStates(OAuthStateStore):
    """What ties the way back to the way out: signed, good for ten minutes, and once."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._signer = URLSafeTimedSerializer(house_key(front.desk.settings), salt="slack install")

    @property
    def logger(self) -> Logger:
        return QUIET

    def issue(self, *args: object, **more: object) -> str:
        return str(self._signer.dumps(secrets.token_urlsafe(16)))

    def consume(self, state: str) -> bool:
        try:
            self._signer.loads(state, max_age=GOOD_FOR)
        except BadSignature:
            return False
        return self._front.first(f"state:{hashlib.sha256(state.encode()).hexdigest()}")


class Store(InstallationStore):
    """Where Bolt puts an installation; looking one up is our own authorize's business."""

    def __init__(self, front: Front) -> None:
        self._front = front

    @property
    def logger(self) -> Logger:
        return QUIET

    def save(self, installation: Installation) -> None:
        if installation.is_enterprise_install or not installation.team_id or not installation.bot_token:
            raise BoltError("Slate is installed in one workspace at a time, not in a whole organization.")
        scopes = installation.bot_scopes or ""
        self._front.workspaces.enrol(
            installation.team_id,
            installation.team_name or "",
            installation.bot_user_id or "",
            token=installation.bot_token,
            scopes=scopes if isinstance(scopes, str) else ",".join(scopes),
        )


def _installed(args: SuccessArgs) -> BoltResponse:
    return _page(f"Slate is installed in {args.installation.team_name}. Write /slate help there.", 200)


def _not_installed(args: FailureArgs) -> BoltResponse:
    why = str(args.error) if args.error else args.reason.replace("_", " ")
    return _page(f"Slate was not installed: {why}. Open {INSTALL_PATH} and try again.", args.suggested_status_code)


def _page(text: str, status: int) -> BoltResponse:
    return BoltResponse(status=status, body=text + "\n", headers={"Content-Type": "text/plain; charset=utf-8"})


def _authorize_url(api_url: str) -> str:
    """Slack's page, or that of whatever stands in for Slack."""
    return _AUTHORIZE if api_url == "https://slack.com/api/" else f"{api_url.removesuffix('api/')}oauth/v2/authorize"
