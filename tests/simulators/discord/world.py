"""What there is on the simulated Discord: users, guilds, channels, threads and messages, as they go over the wire."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
_EPOCH = 1420070400000
_BASE = 1760000000000
_numbers = itertools.count(1)

TEXT, DIRECT, ANNOUNCEMENT, PUBLIC_THREAD, FORUM = 0, 1, 5, 11, 15
COMPONENTS_V2, EPHEMERAL, LOADING = 1 << 15, 1 << 6, 1 << 7
SOME_PERMISSIONS = str((1 << 53) - 1)


def snowflake() -> str:
    """A new id; later ones are greater."""
    number = next(_numbers)
    return str(((_BASE + number - _EPOCH) << 22) | (number & 0x3FFFFF))


@dataclass
class User:
    """Somebody; `token` only bots have."""

    name: str
    id: str = field(default_factory=snowflake)
    bot: bool = False
    avatar: str | None = None
    global_name: str | None = None

    def json(self) -> Json:
        shown = self.global_name or (None if self.bot else self.name)
        handle = "".join(letter for letter in self.name.lower() if letter.isalnum()) or "user"
        return {
            "id": self.id, "username": handle, "discriminator": "0", "global_name": shown,
            "avatar": self.avatar, "bot": self.bot, "public_flags": 0,
        }  # fmt: skip


@dataclass
class Message:
    """One message. `only_for` is who sees an ephemeral one; `pings` are those it made a sound for."""

    channel_id: str
    author: User
    content: str = ""
    components: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    flags: int = 0
    id: str = field(default_factory=snowflake)
    reference: str = ""
    mentions: list[User] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji -> ids of users."""
    only_for: str = ""
    nonce: str = ""
    interaction: Json | None = None
    edits: int = 0
    thread_id: str = ""
    """The thread that begins here."""

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    def json(self) -> Json:
        made: Json = {
            "id": self.id, "channel_id": self.channel_id, "author": self.author.json(), "content": self.content,
            "timestamp": _time(self.id), "edited_timestamp": _time(self.id) if self.edits else None, "tts": False,
            "mention_everyone": False, "mentions": [one.json() for one in self.mentions], "mention_roles": [],
            "attachments": self.attachments, "embeds": [], "pinned": False, "type": 19 if self.reference else 0,
            "flags": self.flags, "components": self.components,
            "reactions": [
                {"emoji": {"id": None, "name": emoji}, "count": len(who), "me": False,
                 "count_details": {"burst": 0, "normal": len(who)}, "me_burst": False, "burst_colors": []}
                for emoji, who in self.reactions.items()
            ],
        }  # fmt: skip
        if self.author.bot:
            made["application_id"] = self.author.id
        if self.reference:
            made["message_reference"] = {"message_id": self.reference, "channel_id": self.channel_id}
        if self.interaction:
            made["interaction_metadata"] = self.interaction
        if self.nonce:
            made["nonce"] = self.nonce
        return made


@dataclass
class Channel:
    """A place to talk; threads and forum posts have a parent."""

    name: str
    kind: int = TEXT
    guild_id: str = ""
    id: str = field(default_factory=snowflake)
    parent_id: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    recipients: list[User] = field(default_factory=list)
    denied: dict[str, str] = field(default_factory=dict)
    """What the bot may not do here (`send`, `view`, `attach`, `threads`), and how Discord calls it."""
    archived: bool = False
    locked: bool = False
    tags: list[Json] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    owner_id: str = ""

    @property
    def thread(self) -> bool:
        return self.kind == PUBLIC_THREAD

    def json(self) -> Json:
        made: Json = {"id": self.id, "type": self.kind, "name": self.name, "flags": 0}
        if self.kind == DIRECT:
            return made | {"recipients": [one.json() for one in self.recipients], "last_message_id": None}
        made |= {"guild_id": self.guild_id, "position": 0, "permission_overwrites": [], "nsfw": False, "parent_id": None}
        if self.thread:
            stamp = _time(self.id)
            state = {"archived": self.archived, "auto_archive_duration": 10080, "archive_timestamp": stamp,
                     "locked": self.locked, "create_timestamp": stamp, "invitable": True}  # fmt: skip
            made |= {"parent_id": self.parent_id, "owner_id": self.owner_id, "thread_metadata": state,
                     "message_count": len(self.messages), "member_count": 1, "applied_tags": self.applied,
                     "total_message_sent": len(self.messages), "last_message_id": None, "rate_limit_per_user": 0}  # fmt: skip
        if self.kind == FORUM:
            made |= {"available_tags": self.tags, "default_auto_archive_duration": 10080, "topic": None,
                     "default_reaction_emoji": None, "default_sort_order": None, "default_forum_layout": 2}  # fmt: skip
        return made


@dataclass
class Guild:
    """A server with its people and channels."""

    name: str
    id: str = field(default_factory=snowflake)
    channels: dict[str, Channel] = field(default_factory=dict)
    members: dict[str, User] = field(default_factory=dict)
    nicks: dict[str, str] = field(default_factory=dict)
    guests: set[str] = field(default_factory=set)
    """User ids of those who were asked into one channel only."""
    with_bot: bool = True

    def member_json(self, user: User, *, with_user: bool = True) -> Json:
        made: Json = {"nick": self.nicks.get(user.id), "avatar": None, "roles": [], "joined_at": _time(self.id), "deaf": False,
                      "mute": False, "flags": 16 * (user.id in self.guests), "pending": False,
                      "permissions": SOME_PERMISSIONS}  # fmt: skip
        return made | ({"user": user.json()} if with_user else {})

    def json(self, bot: User) -> Json:
        everyone = {"id": self.id, "name": "@everyone", "color": 0, "hoist": False, "position": 0, "mentionable": False,
                    "permissions": SOME_PERMISSIONS, "managed": False, "flags": 0,
                    "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}}  # fmt: skip
        threads = [one.json() for one in self.channels.values() if one.thread and not one.archived]
        channels = [one.json() for one in self.channels.values() if not one.thread]
        return {
            "id": self.id, "name": self.name, "icon": None, "owner_id": next(iter(self.members), bot.id), "roles": [everyone],
            "emojis": [], "stickers": [], "features": [], "channels": channels, "threads": threads, "voice_states": [],
            "members": [self.member_json(bot)], "presences": [], "stage_instances": [], "guild_scheduled_events": [],
            "soundboard_sounds": [], "member_count": len(self.members) + 1, "large": False, "unavailable": False,
            "joined_at": _time(self.id), "afk_timeout": 300, "afk_channel_id": None, "verification_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0, "premium_tier": 0,
            "preferred_locale": "en-US", "nsfw_level": 0, "system_channel_flags": 0, "premium_progress_bar_enabled": False,
            "application_id": None, "splash": None, "discovery_splash": None, "banner": None, "description": None,
            "rules_channel_id": None, "public_updates_channel_id": None, "vanity_url_code": None, "system_channel_id": None,
        }  # fmt: skip


def _time(one: str) -> str:
    return datetime.fromtimestamp(((int(one) >> 22) + _EPOCH) / 1000, UTC).isoformat()
