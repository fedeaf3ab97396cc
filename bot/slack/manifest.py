"""The app's manifest, made from the command table: `slate slack --manifest`; the one that is checked in is held to it by a test.

It has one slash command, `/slate`, with Slate's commands as its sub-commands: words such as `/edit` or `/tag` clash easily.
By choice each command gets a slash command of its own beside it. Without an address it is for Socket Mode, which needs none; with
one it is for signed HTTP, with links that unfurl and installing into many workspaces.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.commands.command import Command
from bot.commands.help import usage
from bot.commands.table import TABLE

CHECKED_IN = Path(__file__).with_name("manifest.yaml")
EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"
UMBRELLA = "slate"
"""`/slate find …`: the one slash command that is always there; it takes any line."""
SLACKS_OWN = frozenset(
    [
        "archive",
        "away",
        "call",
        "collapse",
        "dm",
        "dnd",
        "expand",
        "feed",
        "feedback",
        "help",
        "invite",
        "join",
        "kick",
        "leave",
        "me",
        "msg",
        "mute",
        "open",
        "part",
        "prefs",
        "remind",
        "remove",
        "rename",
        "search",
        "shortcuts",
        "shrug",
        "star",
        "status",
        "topic",
        "unarchive",
        "who",
    ]
)
"""Words Slack keeps for itself: these go by `/slate` and mentions."""
SCOPES = (
    "app_mentions:read",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:read",
    "im:history",
    "im:write",
    "links:read",
    "links:write",
    "reactions:read",
    "users:read",
)
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_rename",
    "entity_details_requested",
    "group_rename",
    "link_shared",
    "message.im",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
    "user_change",
)
WHATIS, RENDER, FIND = "whatis", "render", "find"
_SHORTCUTS = (
    ("What is this?", "message", WHATIS, "Where a picture came from, and how it was made"),
    ("Render a picture", "global", RENDER, "Choose a workflow and fill in its form"),
    ("Find a picture", "global", FIND, "Search what the team has made"),
)
_LONG = (
    "Slate takes a team's requests for pictures in chat, queues them on shared ComfyUI servers, and posts each result with its"
    " provenance card in one message that follows the render. It keeps a record of who made what, for whom, with which workflow"
    " and models."
)
_HEAD = "# Made by `slate slack --manifest` from the command table; paste it at https://api.slack.com/apps (docs/slack.md)."
_PLACEHOLDER = "slate.example.com"


def manifest(address: str = "", *, every: bool = False) -> dict[str, Any]:
    """The manifest as Slack takes it; `address` is how Slack reaches the web process, such as `https://slate.acme.com`.

    `every`: each command is a slash command of its own, too.
    """
    events = address.rstrip("/") + EVENTS_PATH
    web = {"request_url": events} if address else {}
    redirects = {"redirect_urls": [address.rstrip("/") + REDIRECT_PATH]} if address else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Slate",
            "description": "A render desk in chat: ask for pictures, follow them, review them, find them again.",
            "long_description": _LONG,
            "background_color": "#1d1f24",
        },
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
            "bot_user": {"display_name": "slate", "always_online": True},
            "rich_previews": {"is_active": True, "entity_types": ["slack#/entities/file"]},
            "shortcuts": [
                {"name": name, "type": kind, "callback_id": callback, "description": about}
                for name, kind, callback, about in _SHORTCUTS
            ],
            "slash_commands": [_umbrella(events if address else ""), *(_commands(events if address else "") if every else ())],
            "unfurl_domains": [urlsplit(address).hostname or _PLACEHOLDER if address else _PLACEHOLDER],
        },
        "oauth_config": redirects | {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": web | {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True} | web | ({"message_menu_options_url": events} if address else {}),
            "org_deploy_enabled": False,
            "socket_mode_enabled": not address,
            "token_rotation_enabled": False,
        },
    }


def written(made: dict[str, Any]) -> str:
    """The manifest as YAML."""
    import yaml

    text = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=130)
    return f"{_HEAD}\n{text}"


def with_slash() -> tuple[Command, ...]:
    """The commands that are slash commands of their own."""
    return tuple(command for command in TABLE if command.name not in SLACKS_OWN)


def _commands(url: str) -> list[dict[str, Any]]:
    return [
        _slash(command.name, command.summary, usage(command).partition(" ")[2], url)
        for command in with_slash()
    ]  # fmt: skip


def _umbrella(url: str) -> dict[str, Any]:
    return _slash(UMBRELLA, "Render, find, approve and export pictures.", "find … | render … | queue | help", url)


def _slash(name: str, summary: str, hint: str, url: str) -> dict[str, Any]:
    made: dict[str, Any] = {"command": f"/{name}"} | ({"url": url} if url else {})
    made |= {"description": summary} | ({"usage_hint": hint} if hint else {})
    return made | {"should_escape": False}
