"""Slack's payloads -> SlackRequest: one reader a kind, as each calls the same things by other names."""

from __future__ import annotations

from typing import Any

from bot.slack.forms import carried
from bot.slack.runtime import EVENT, SlackRequest

Payload = dict[str, Any]


def command(body: Payload) -> SlackRequest:
    """A slash command; there are none in threads."""
    return SlackRequest(
        str(body["team_id"]),
        str(body["user_id"]),
        str(body["channel_id"]),
        str(body.get("channel_name") or ""),
        trigger=str(body.get("trigger_id") or ""),
        response_url=str(body.get("response_url") or ""),
        key=_key("trigger:", body.get("trigger_id")),
        user_name=str(body.get("user_name") or ""),
    )


def interaction(body: Payload) -> SlackRequest:
    """A press in a message or a view, a sent form, a shortcut."""
    channel, container = body.get("channel") or {}, body.get("container") or {}
    message, along = body.get("message") or {}, carried(body["view"]) if body.get("view") else {}
    return SlackRequest(
        team_of(body),
        str(body["user"]["id"]),
        str(channel.get("id") or container.get("channel_id") or along.get("channel", "")),
        str(channel.get("name") or ""),
        thread=str(message.get("thread_ts") or container.get("thread_ts") or along.get("thread", "")),
        message=str(message.get("ts") or container.get("message_ts") or body.get("message_ts") or ""),
        trigger=str(body.get("trigger_id") or ""),
        response_url=str(body.get("response_url") or ""),
        key=_key("trigger:", body.get("trigger_id")),
        user_name=str(body["user"].get("name") or body["user"].get("username") or ""),
    )


def event(body: Payload) -> SlackRequest:
    """Something of the Events API; what happened to a message names it in `item`."""
    told = body["event"]
    item = told.get("item") or {}
    user = told.get("user")
    return SlackRequest(
        str(body["team_id"]),
        str(user["id"] if isinstance(user, dict) else user or ""),
        str(told.get("channel") or item.get("channel") or "") if not isinstance(told.get("channel"), dict) else "",
        thread=str(told.get("thread_ts") or ""),
        message=str(item.get("ts") or told.get("message_ts") or told.get("ts") or ""),
        trigger=str(told.get("trigger_id") or ""),
        key=_key(EVENT, body.get("event_id")),
    )


def action(body: Payload) -> str:
    """What was pressed, `verb:subject`: a button is called so, an entry of a menu has it as its value."""
    pressed = body["actions"][0]
    return str((pressed.get("selected_option") or {}).get("value") or pressed["action_id"])


def team_of(body: Payload) -> str:
    """The workspace of an interaction; a person of an organization may be without a team in it."""
    return str((body.get("team") or {}).get("id") or body["user"].get("team_id") or (body.get("view") or {}).get("team_id") or "")


def _key(kind: str, number: object) -> str:
    return f"{kind}{number}" if number else ""
