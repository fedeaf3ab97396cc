"""Where in Slack Slate is installed, and with which token: the one of the settings, or one per workspace, kept sealed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import structlog

from bot.slack.errors import QUIET, declared, foreign
from core.desk import Desk
from core.errors import ChatRefused
from core.events import Event, record
from core.events.actions import Action
from core.security.encryption import vault
from storage.people import workspaces as storage_workspaces

log = structlog.get_logger(__name__)

PLATFORM = "slack"
"""What Channel, Handle, Post, Place and Workspace call it."""


@dataclass(frozen=True)
class Installed:
    """Slate in one workspace."""

    tenant: str
    bot_id: str
    token: str = field(repr=False)


class Workspaces:
    """What is known of workspaces, remembered in this process until it turns out otherwise."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._known: dict[str, Installed] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return self.desk.settings.slack_api_url.rstrip("/") + "/"

    def installed(self, tenant: str) -> Installed | None:
        """Slate in this workspace, or None where it is not (any more). Raises ChatBusy, DatabaseUnavailable."""
        with self._lock:
            known = self._known.get(tenant)
        if known is None:
            known = self._stored(tenant)
            if known is not None:
                with self._lock:
                    self._known[tenant] = known
        return known

    def known(self, tenant: str) -> bool:
        """Whether Slate is known to be in this workspace without asking anybody."""
        with self._lock:
            return tenant in self._known

    def of(self, tenant: str) -> Installed:
        """The same. Raises ChatRefused where Slate is not installed."""
        found = self.installed(tenant)
        if found is None:
            raise ChatRefused("Slate is not installed in this Slack workspace.", hint="Install it: docs/slack.md says how.")
        return found

    def enrol(self, tenant: str, name: str, bot_id: str, *, token: str = "", scopes: str = "") -> None:
        """Note that Slate is installed; `token` is sealed, and empty where it is the one of the settings."""
        sealed = vault(self.desk.settings).seal(token) if token else ""
        with self.desk.writing() as session:
            storage_workspaces.save(session, PLATFORM, tenant, name=name, bot_id=bot_id, scopes=scopes, sealed_token=sealed)
            about = {"name": name, "scopes": scopes}
            record(session, Event(Action.WORKSPACE_INSTALLED, f"workspace/slack/{tenant}", after=about))
        self.forget(tenant)

    def withdrawn(self, tenant: str, why: str, token: str = "") -> None:
        """Note that a workspace removed Slate, or took back `token`; a newer token than that stays."""
        self.forget(tenant)
        with self.desk.writing() as session:
            kept = storage_workspaces.find(session, PLATFORM, tenant)
            if kept is None or (token and kept.sealed_token and vault(self.desk.settings).open(kept.sealed_token) != token):
                return
            if storage_workspaces.revoke(session, PLATFORM, tenant):
                record(session, Event(Action.WORKSPACE_REVOKED, f"workspace/slack/{tenant}", after={"why": why}))
                log.warning("slack.removed", workspace=tenant, why=why)

    def forget(self, tenant: str) -> None:
        with self._lock:
            self._known.pop(tenant, None)

    def _stored(self, tenant: str) -> Installed | None:
        ours = self.desk.settings.slack_bot_token
        with self.desk.reading() as session:
            kept = storage_workspaces.find(session, PLATFORM, tenant)
        if kept is None or (kept.revoked_at is not None and ours):
            found = self.by_settings() if ours else None
            return found if found is not None and found.tenant == tenant else None
        if kept.revoked_at is not None:
            return None
        token = vault(self.desk.settings).open(kept.sealed_token) if kept.sealed_token else ours
        return Installed(tenant, kept.bot_id, token) if token else None

    def by_settings(self) -> Installed | None:
        """Ask Slack whose the token of the settings is, and note it; None when it is no good any more. Raises ChatBusy."""
        from slack_sdk import WebClient

        token = self.desk.settings.slack_bot_token
        try:
            about = WebClient(token, base_url=self.url, timeout=10, retry_handlers=[], logger=QUIET).auth_test()
        except foreign() as problem:
            made = declared(problem)
            if isinstance(made, ChatRefused):
                log.warning("slack.token-refused", problem=made.message)
                return None
            raise made from problem
        found, scopes = str(about["team_id"]), str(about.headers.get("x-oauth-scopes", ""))
        self.enrol(found, str(about.get("team", "")), str(about["user_id"]), scopes=scopes)
        return Installed(found, str(about["user_id"]), token)
