"""Slack's documented limits and budgets, as data: what the simulated Slack refuses, apart from what Slate itself keeps to."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_STACK = 3
TEXT = 40_000
"""Characters of a message's own text; Slack cuts what is longer."""
PRIVATE_METADATA = 3000
VIEW_TITLE = 24
TRIGGER_SECONDS = 3.0
ACK_SECONDS = 3.0
RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 1800.0
SOCKETS = 10
SIGNATURE_SECONDS = 300.0
UNFURLS = 20


@dataclass(frozen=True)
class Budget:
    """How often a method may be called: `per_minute` in the long run, `burst` at once; per channel or per workspace."""

    per_minute: float
    burst: int
    by_channel: bool = False


TIER = {1: Budget(1, 1), 2: Budget(20, 20), 3: Budget(50, 50), 4: Budget(100, 100)}
SPECIAL = {"chat.postMessage": Budget(60, 5, by_channel=True), "chat.postEphemeral": Budget(100, 100)}
TIERS = {
    "auth.test": 4,
    "apps.connections.open": 1,
    "chat.update": 3,
    "chat.delete": 3,
    "chat.unfurl": 3,
    "chat.getPermalink": 4,
    "conversations.info": 3,
    "conversations.join": 3,
    "conversations.open": 3,
    "conversations.members": 4,
    "conversations.list": 2,
    "conversations.history": 1,
    "entity.presentDetails": 3,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
    "files.delete": 3,
    "oauth.v2.access": 4,
    "reactions.add": 3,
    "reactions.remove": 2,
    "reactions.get": 3,
    "team.info": 3,
    "users.info": 4,
    "users.list": 2,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "views.publish": 4,
}
"""Method -> tier, as its page says."""

SCOPES: dict[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.unfurl": "links:write",
    "conversations.info": "channels:read",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
    "conversations.members": "channels:read",
    "conversations.list": "channels:read",
    "conversations.history": "channels:history",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "files.delete": "files:write",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "reactions.get": "reactions:read",
    "team.info": "team:read",
    "users.info": "users:read",
    "users.list": "users:read",
}
"""Method -> the bot scope it needs; those that are not here need none."""

EVENT_SCOPES: dict[str, str] = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "file_shared": "files:read",
    "link_shared": "links:read",
    "user_change": "users:read",
    "channel_rename": "channels:read",
    "channel_archive": "channels:read",
    "channel_unarchive": "channels:read",
    "group_rename": "groups:read",
    "group_archive": "groups:read",
}
"""Event -> the bot scope without which it is not delivered."""

RETRY_AFTER = (0.0, 60.0, 300.0)
"""Seconds until an event that was not acknowledged is sent again."""


def budget(method: str) -> Budget:
    return SPECIAL.get(method) or TIER[TIERS.get(method, 4)]
