"""What Slack tells of people, channels and workspaces: kept fresh, and access ends when an account or an installation does."""

from __future__ import annotations

from bot.channels import place_for
from bot.slack.payloads import Payload
from bot.slack.people import keep
from bot.slack.runtime import Front
from bot.slack.workspaces import PLATFORM
from storage.people import projects


def person_changed(front: Front, body: Payload) -> None:
    """Somebody has another name or picture, is a guest now or none any more, or their account was closed.

    People of other companies (Slack Connect) are known by the workspace that hears of them, not by their own.
    """
    user = body["event"]["user"]
    tenants = dict.fromkeys(str(team) for team in (user.get("team_id"), body["team_id"]) if team)

    def note() -> None:
        for tenant in tenants:
            keep(front, tenant, user)

    front.later(note)


def channel_renamed(front: Front, body: Payload) -> None:
    """A channel Slate knows goes by another name."""
    channel = body["event"]["channel"]

    def rename() -> None:
        with front.desk.reading() as session:
            known = projects.channel(session, PLATFORM, str(channel["id"]))
        if known is not None:
            place_for(front.desk, PLATFORM, known.channel_id, name=str(channel["name"]), tenant=known.tenant)

    front.later(rename)


def removed(front: Front, body: Payload) -> None:
    """A workspace removed Slate, or took its token back."""
    event = body["event"]
    if event["type"] == "app_uninstalled" or (event.get("tokens") or {}).get("bot"):
        front.later(lambda: front.workspaces.withdrawn(str(body["team_id"]), str(event["type"])))
