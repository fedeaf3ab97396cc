"""Interactions: what a person does with the bot, and what the bot answers within three seconds, or by its token later."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulators.discord import checking, limits
from tests.simulators.discord.checking import Invalid
from tests.simulators.discord.world import EPHEMERAL, LOADING, SOME_PERMISSIONS, Channel, Json, Message, User, snowflake

if TYPE_CHECKING:
    from tests.simulators.discord.server import DiscordServer

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_DEFERRED, _MESSAGE, _DEFERRED_UPDATE, _UPDATE, _CHOICES, _FORM = 5, 4, 6, 7, 8, 9


@dataclass
class Interaction:
    """One thing somebody did, until its token runs out."""

    kind: int
    user: User
    channel: Channel
    data: Json
    message: Message | None = None
    id: str = field(default_factory=snowflake)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    asked: float = field(default_factory=time.monotonic)
    answered: float = 0.0
    """Seconds until the bot acknowledged; 0 while it has not."""
    answer: asyncio.Future[Json] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    original: Message | None = None
    deferred: bool = False
    """Whether a follow-up would still fill the deferred message."""
    modal: Json | None = None
    choices: list[Json] | None = None
    said: list[Message] = field(default_factory=list)
    """Every message it led to by its token."""
    user_installed: bool = False

    @property
    def expired(self) -> bool:
        return time.monotonic() - self.asked > limits.TOKEN_SECONDS


class Talking:
    """Every interaction by its token."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server
        self.by_token: dict[str, Interaction] = {}
        self.late = 0
        """Interactions nobody acknowledged in time."""
        self.acknowledged: list[float] = []
        """How long each acknowledgement took, in seconds."""

    async def begin(self, interaction: Interaction) -> Interaction:
        """Tell the bot, and wait until it has acknowledged; after `patience`, the person is told that it did not respond."""
        self.by_token[interaction.token] = interaction
        interaction.asked = time.monotonic()
        await self.server.gateway.dispatch("INTERACTION_CREATE", self.json(interaction), intent=0)
        try:
            await asyncio.wait_for(asyncio.shield(interaction.answer), self.server.patience)
        except TimeoutError:
            self.late += 1
            del self.by_token[interaction.token]
        return interaction

    def json(self, one: Interaction) -> Json:
        guild = self.server.guilds.get(one.channel.guild_id)
        owners = {"1": one.user.id} if one.user_installed else {"0": guild.id if guild else "0"}
        made: Json = {
            "id": one.id, "application_id": self.server.bot.id, "type": one.kind, "data": one.data, "token": one.token,
            "version": 1, "app_permissions": SOME_PERMISSIONS, "locale": "en-US", "entitlements": [],
            "authorizing_integration_owners": owners, "context": 0 if guild else 1 if self._with_bot(one.channel) else 2,
            "attachment_size_limit": limits.FILE_BYTES, "channel_id": one.channel.id, "channel": one.channel.json(),
        }  # fmt: skip
        if guild is not None:
            made |= {"guild_id": guild.id, "guild_locale": "en-US", "guild": {"id": guild.id, "locale": "en-US", "features": []}}
            made["member"] = guild.member_json(one.user)
        else:
            made["user"] = one.user.json()
        if one.message is not None:
            made["message"] = one.message.json()
        return made

    def _with_bot(self, channel: Channel) -> bool:
        return any(one.id == self.server.bot.id for one in channel.recipients)

    async def callback(self, identity: str, token: str, said: Json, files: dict[str, bytes]) -> Json:
        """The first answer. Raises Invalid: unknown (10062), acknowledged already (40060), a form at the wrong time."""
        one = self.by_token.get(token)
        if one is None or one.id != identity:
            raise Invalid("", "Unknown interaction", code=10062, status=404)
        if one.answered:
            raise Invalid("", "Interaction has already been acknowledged.", code=40060)
        resource = self._respond(one, said, files)
        one.answered = time.monotonic() - one.asked
        self.acknowledged.append(one.answered)
        if not one.answer.done():
            one.answer.set_result(said)
        made: Json = {"interaction": {"id": one.id, "type": one.kind, "response_message_ephemeral": False,
                                      "response_message_loading": one.deferred}}  # fmt: skip
        if resource is not None:
            made["interaction"] |= {"response_message_id": resource.id, "response_message_ephemeral": resource.ephemeral}
            made["resource"] = {"type": said["type"], "message": resource.json()}
        elif said["type"] in (_DEFERRED_UPDATE, _FORM, _CHOICES):
            made["resource"] = {"type": said["type"]}
        return made

    def _respond(self, one: Interaction, said: Json, files: dict[str, bytes]) -> Message | None:
        kind, data = said["type"], said.get("data") or {}
        if one.kind == AUTOCOMPLETE and kind != _CHOICES:
            raise Invalid("type", "autocompletion is answered with choices")
        if kind == _MESSAGE:
            one.original = self._say(one, data, files)
            return one.original
        if kind == _DEFERRED:
            flags = (data.get("flags") or 0) & EPHEMERAL
            one.original = self._keep(one, Message(one.channel.id, self.server.bot, flags=flags | LOADING), bool(flags))
            one.deferred = True
            return one.original
        if kind in (_DEFERRED_UPDATE, _UPDATE):
            if one.message is None:
                raise Invalid("type", "there is no message to update")
            one.original = one.message
            if kind == _UPDATE:
                self.server.change(one.message, data, files)
            return one.message if kind == _UPDATE else None
        if kind == _FORM:
            if one.kind not in (COMMAND, COMPONENT):
                raise Invalid("type", "a modal cannot be opened from here")
            checking.modal(data)
            one.modal = data
        elif kind == _CHOICES:
            checking.completions(data.get("choices") or [])
            one.choices = data.get("choices") or []
        return None

    def follow_up(self, token: str, data: Json, files: dict[str, bytes]) -> Message:
        """A message by the token; the first after a deferral fills the deferred message, and is as private as that was."""
        one = self.known(token)
        if one.deferred and one.original is not None:
            self.fill(one, data, files)
            return one.original
        return self._say(one, data, files)

    def fill(self, one: Interaction, data: Json, files: dict[str, bytes]) -> None:
        assert one.original is not None
        one.deferred = False
        one.original.flags = (one.original.flags & EPHEMERAL) | ((data.get("flags") or 0) & ~EPHEMERAL)
        self.server.change(one.original, data, files)

    def known(self, token: str) -> Interaction:
        one = self.by_token.get(token)
        if one is None or not one.answered:
            raise Invalid("", "Unknown Webhook", code=10015, status=404)
        if one.expired:
            raise Invalid("", "Invalid Webhook Token", code=50027, status=401)
        return one

    def _say(self, one: Interaction, data: Json, files: dict[str, bytes]) -> Message:
        message = self.server.compose(one.channel, self.server.bot, data, files)
        return self._keep(one, message, message.ephemeral)

    def _keep(self, one: Interaction, message: Message, private: bool) -> Message:
        message.only_for = one.user.id if private else ""
        message.interaction = {"id": one.id, "type": one.kind, "user": one.user.json(), "authorizing_integration_owners": {}}
        if one.kind == COMMAND:
            message.interaction |= {"name": one.data["name"]}
        one.channel.messages[message.id] = message
        one.said.append(message)
        return message
