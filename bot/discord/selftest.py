"""Discord as a place a canary can go through: to whoever owns the bot, directly, taken back as people would, and deleted."""

from __future__ import annotations

from functools import cached_property

import httpx2

from bot.discord.chat import NOBODY
from bot.discord.rest import FilePart, Rest
from core.desk import Desk
from core.errors import ChatBusy


class DiscordCanaries:
    """The direct messages of the bot's owner."""

    name = "Discord"

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._addresses: dict[str, str] = {}

    def post(self, data: bytes, filename: str) -> str:
        """Send it and return the message's id. Raises ChatError."""
        payload = {"attachments": [{"id": 0, "filename": filename}], "allowed_mentions": NOBODY}
        sent = self._rest.call("POST", f"/channels/{self._channel}/messages", payload, [FilePart(filename, data)]).body
        self._addresses[str(sent["id"])] = str(sent["attachments"][0]["url"])
        return str(sent["id"])

    def fetch(self, ref: str) -> bytes:
        """The bytes as Discord hands them out. Raises ChatBusy."""
        try:
            return httpx2.get(self._addresses[ref], timeout=30).raise_for_status().content
        except httpx2.HTTPError as problem:
            raise ChatBusy("Discord did not hand over the canary.") from problem

    def remove(self, ref: str) -> None:
        self._rest.call("DELETE", f"/channels/{self._channel}/messages/{ref}")

    @cached_property
    def _channel(self) -> str:
        about = self._rest.call("GET", "/oauth2/applications/@me").body
        team = about.get("team") or {}
        owner = team.get("owner_user_id") or about["owner"]["id"]
        return str(self._rest.call("POST", "/users/@me/channels", {"recipient_id": owner}).body["id"])


def place(desk: Desk) -> DiscordCanaries | None:
    """Discord, where it is set up."""
    if not desk.settings.discord_token:
        return None
    return DiscordCanaries(Rest(desk.settings.discord_token, desk.settings.discord_api_url))
