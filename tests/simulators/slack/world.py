"""What a simulated Slack remembers: teams, people, channels, messages, files, views and who installed the app."""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class User:
    id: str
    team: str
    name: str
    """The display name."""
    email: str = ""
    avatar: str = ""
    deleted: bool = False
    is_bot: bool = False
    zone: str = "Europe/Berlin"
    kinds: tuple[str, ...] = ()
    """What Slack says of guests and strangers, such as `is_restricted`."""

    def as_json(self) -> Json:
        profile = {"display_name": self.name, "real_name": self.name, "email": self.email, "image_192": self.avatar}
        about = {"deleted": self.deleted, "is_bot": self.is_bot, "tz": self.zone, "real_name": self.name}
        about |= dict.fromkeys(self.kinds, True)
        return {"id": self.id, "team_id": self.team, "name": self.name.casefold().replace(" ", "."), "profile": profile} | about


@dataclass
class Message:
    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    thread_ts: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Emoji name -> user ids."""
    only_for: str = ""
    """The one user who sees it: an ephemeral message."""
    by_app: bool = False
    edits: int = 0
    metadata: Json | None = None
    unfurls: dict[str, Json] = field(default_factory=dict)
    entities: list[Json] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """Every text it ever had, oldest first."""

    def as_json(self) -> Json:
        about: Json = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        about |= {"thread_ts": self.thread_ts} if self.thread_ts else {}
        about |= {"blocks": self.blocks} if self.blocks else {}
        about |= {"edited": {"ts": self.ts}} if self.edits else {}
        return about | ({"metadata": self.metadata} if self.metadata else {})


@dataclass
class Channel:
    id: str
    team: str
    name: str
    kind: str = "public"
    """public, private or im."""
    members: set[str] = field(default_factory=set)
    archived: bool = False
    messages: list[Message] = field(default_factory=list)

    def at(self, ts: str) -> Message | None:
        return next((one for one in self.messages if one.ts == ts and not one.only_for), None)

    def as_json(self) -> Json:
        kinds = {"is_channel": self.kind == "public", "is_private": self.kind == "private", "is_im": self.kind == "im"}
        return {"id": self.id, "name": self.name, "is_archived": self.archived} | kinds


@dataclass
class File:
    id: str
    team: str
    owner: str
    name: str
    mime: str
    data: bytes = b""
    alt: str = ""
    complete: bool = False
    not_ready_for: int = 0
    """How many more messages that show it are refused, as it is being processed still."""
    shared: list[tuple[str, str]] = field(default_factory=list)
    """(channel, thread) of each place it was shared in."""


@dataclass
class View:
    id: str
    hash: str
    user: str
    team: str
    payload: Json
    errors: dict[str, str] = field(default_factory=dict)

    def as_json(self, bot: str) -> Json:
        state = self.payload.get("state", {"values": {}})
        fixed = {"id": self.id, "hash": self.hash, "team_id": self.team, "bot_id": bot, "root_view_id": self.id}
        return {"private_metadata": "", "callback_id": ""} | self.payload | fixed | {"state": state}


@dataclass
class Install:
    """The app in one workspace."""

    team: str
    token: str
    bot: str
    """User id of the bot."""
    scopes: frozenset[str]
    revoked: bool = False


@dataclass
class Trigger:
    user: str
    team: str
    born: float
    used: bool = False


@dataclass
class ResponseUrl:
    channel: str
    user: str
    team: str
    message: str
    thread: str
    born: float
    uses: int = 0


@dataclass(frozen=True)
class Call:
    """One call of the Web API, for the log."""

    at: float
    method: str
    token: str
    args: Json
    status: int
    error: str = ""


@dataclass
class World:
    """Everything there is; only the server's own loop changes it."""

    teams: dict[str, str] = field(default_factory=dict)
    """Team id -> name."""
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    installs: dict[str, Install] = field(default_factory=dict)
    """By token."""
    modals: dict[str, list[View]] = field(default_factory=dict)
    """User id -> the stack of modals in front of them."""
    homes: dict[str, View] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """OAuth code -> (team, user)."""
    uploads: dict[str, str] = field(default_factory=dict)
    """Upload address -> file id."""
    details: list[Json] = field(default_factory=list)
    """What entity.presentDetails showed."""
    keys: dict[str, str] | None = field(default_factory=dict)
    """`client_msg_id` -> `ts` of what was posted under it; None for a Slack that does not look at them."""
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=200_000))
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _last_ts: int = 0

    def id(self, letter: str) -> str:
        return f"{letter}0SIM{next(self._numbers):06}"

    def ts(self) -> str:
        """A message's time, which is its name: always later than the one before."""
        self._last_ts = max(self._last_ts + 1, int(time.time() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"

    def install_of(self, team: str) -> Install | None:
        return next((one for one in self.installs.values() if one.team == team and not one.revoked), None)

    def trigger(self, user: str, team: str, name: str = "") -> str:
        """A fresh trigger; the same name again is the same one, as when something is delivered twice."""
        made = name or f"{next(self._numbers)}.{self.id('T')}.trigger"
        self.triggers.setdefault(made, Trigger(user, team, time.monotonic()))
        return made

    def im(self, team: str, user: str, bot: str) -> Channel:
        """The direct messages of a person with the bot."""
        for one in self.channels.values():
            if one.kind == "im" and one.members == {user, bot}:
                return one
        made = Channel(self.id("D"), team, "", "im", {user, bot})
        self.channels[made.id] = made
        return made
