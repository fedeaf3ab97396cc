"""What a person does on the simulated Discord, as a client lets them: commands that are registered, buttons that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulators.discord import checking, limits
from tests.simulators.discord.server import DiscordServer
from tests.simulators.discord.talking import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction
from tests.simulators.discord.world import DIRECT, Channel, Json, Message, User

_STRING, _INTEGER, _BOOLEAN, _ATTACHMENT, _NUMBER = 3, 4, 5, 11, 10
_TYPES = {_STRING: str, _INTEGER: int, _BOOLEAN: bool, _NUMBER: (int, float), _ATTACHMENT: tuple}
File = tuple[str, bytes]


@dataclass(frozen=True)
class Responded:
    """What became of something a person did."""

    interaction: Interaction

    @property
    def late(self) -> bool:
        """Whether Discord said that the application did not respond."""
        return not self.interaction.answered

    @property
    def kind(self) -> int:
        """How it was answered: 4 a message, 5 later, 6 and 7 an update, 8 choices, 9 a form."""
        return int(self.interaction.answer.result()["type"])

    @property
    def form(self) -> Json | None:
        return self.interaction.modal

    @property
    def choices(self) -> list[Json]:
        return self.interaction.choices or []

    @property
    def said(self) -> list[Message]:
        """The messages it led to so far by its token, without those deleted again and those still loading."""
        there = self.interaction.channel.messages
        return [one for one in self.interaction.said if (one.components or one.content) and one.id in there]


class Person:
    """A user in front of their client."""

    def __init__(self, server: DiscordServer, user: User) -> None:
        self.server = server
        self.user = user

    # commands

    def slash(self, where: Channel, name: str, *, user_installed: bool = False, **options: Any) -> Responded:
        """Send a slash command; a file is given as (name, bytes)."""
        command = self.command(where, name, 1, user_installed=user_installed)
        resolved: Json = {}
        given = [self._option(command, key, value, resolved) for key, value in options.items()]
        missing = {one["name"] for one in command.get("options", []) if one.get("required")} - set(options)
        assert not missing, f"the client asks for {missing} of /{name}"
        data = {"id": command["id"], "name": name, "type": 1, "options": given} | ({"resolved": resolved} if resolved else {})
        return self._do(COMMAND, where, data, user_installed=user_installed)

    def complete(self, where: Channel, name: str, option: str, typed: str, **others: str) -> list[Json]:
        """What the client offers while an option is being typed."""
        command = self.command(where, name, 1)
        assert self._spec(command, option).get("autocomplete"), f"{option} of /{name} completes nothing"
        given = [{"name": key, "type": _STRING, "value": value} for key, value in others.items()]
        given.append({"name": option, "type": _STRING, "value": typed, "focused": True})
        done = self._do(AUTOCOMPLETE, where, {"id": command["id"], "name": name, "type": 1, "options": given})
        assert not done.late, "no completions came"
        return done.choices

    def menu(self, name: str, message: Message, *, user_installed: bool = False) -> Responded:
        """Apps › name, on a message."""
        where = self.server.channels[message.channel_id]
        command = self.command(where, name, 3, user_installed=user_installed)
        data = {"id": command["id"], "name": name, "type": 3, "target_id": message.id}
        return self._do(
            COMMAND, where, data | {"resolved": {"messages": {message.id: message.json()}}}, user_installed=user_installed
        )

    def command(self, where: Channel, name: str, kind: int, *, user_installed: bool = False) -> Json:
        """The registered command, as far as it is offered in this place."""
        context = 0 if where.guild_id else 1 if any(one is self.server.bot for one in where.recipients) else 2
        installed = 1 if user_installed else 0
        for one in (*self.server.commands.get(where.guild_id, ()), *self.server.commands.get("", ())):
            contexts, kinds = one.get("contexts"), one.get("integration_types")
            offered = (contexts is None or context in contexts) and (context == 1 or kinds is None or installed in kinds)
            if one["name"] == name and one.get("type", 1) == kind and offered:
                return one
        raise AssertionError(f"no command {name!r} is offered here")

    def _spec(self, command: Json, name: str) -> Json:
        found = next((one for one in command.get("options", []) if one["name"] == name), None)
        assert found is not None, f"/{command['name']} has no option {name}"
        return found

    def _option(self, command: Json, name: str, value: Any, resolved: Json) -> Json:
        spec = self._spec(command, name)
        assert isinstance(value, _TYPES[spec["type"]]), f"{name} is of type {spec['type']}"
        if spec["type"] == _STRING:
            assert len(value) <= spec.get("max_length", limits.STRING_OPTION), f"{name} is too long for the client"
        if spec["type"] in (_INTEGER, _NUMBER):
            assert spec.get("min_value", value) <= value <= spec.get("max_value", value), f"{name} is out of range"
        if spec.get("choices"):
            assert value in [one["value"] for one in spec["choices"]], f"{value} is no choice of {name}"
        if spec["type"] == _ATTACHMENT:
            stored = self.server.at_once(lambda: self.server.store(*value))
            resolved.setdefault("attachments", {})[stored["id"]] = stored
            value = stored["id"]
        return {"name": name, "type": spec["type"], "value": value}

    # components

    def press(self, message: Message, action: str) -> Responded:
        """Press the button with this custom id."""
        return self._component(message, action, 2, {})

    def choose(self, message: Message, menu: str, value: str) -> Responded:
        """Choose from the menu with this custom id."""
        one = next(one for one in checking.walk(message.components) if one.get("custom_id") == menu)
        assert value in [option["value"] for option in one["options"]], f"{value} is not in the menu"
        return self._component(message, menu, 3, {"values": [value]})

    def _component(self, message: Message, action: str, kind: int, more: Json) -> Responded:
        there = [one for one in checking.walk(message.components) if one.get("custom_id") == action and one["type"] == kind]
        assert there, f"there is no {action}"
        data = {"custom_id": action, "component_type": kind, "id": there[0].get("id", 1)} | more
        return self._do(COMPONENT, self.server.channels[message.channel_id], data, message)

    # forms

    def fill(
        self, form: Responded, values: Mapping[str, Any] | None = None, files: Mapping[str, Sequence[File]] | None = None
    ) -> Responded:
        """Send the form that came, with what stands in it but for `values`; uploads by custom id."""
        modal = form.form
        assert modal is not None, "no form came"
        values, resolved, parts = dict(values or {}), {"attachments": {}}, []
        for part in modal["components"]:
            if part["type"] == checking.LABEL:
                component = self._filled(part["component"], values, (files or {}), resolved["attachments"])
                parts.append({"type": checking.LABEL, "id": len(parts) + 1, "component": component})
        assert not values, f"the form has no {list(values)}"
        data = {"custom_id": modal["custom_id"], "components": parts, "resolved": resolved}
        return self._do(MODAL, form.interaction.channel, data, form.interaction.message)

    def _filled(self, one: Json, values: dict[str, Any], files: Mapping[str, Sequence[File]], resolved: Json) -> Json:
        name, kind = one["custom_id"], one["type"]
        made: Json = {"type": kind, "custom_id": name, "id": 1}
        if kind == checking.INPUT:
            value = values.pop(name, one.get("value") or "")
            assert len(value) <= (one.get("max_length") or limits.INPUT_LENGTH), "the client lets nobody type that much"
            assert value or not one.get("required", True), f"the client wants something in {name}"
            return made | {"value": value}
        if kind == checking.SELECT:
            default = [option["value"] for option in one["options"] if option.get("default")]
            chosen = [values.pop(name)] if name in values else default
            assert all(value in [option["value"] for option in one["options"]] for value in chosen), f"{chosen} is not offered"
            assert chosen or not one.get("required", True), f"the client wants a choice for {name}"
            return made | {"values": chosen}
        if kind == checking.UPLOAD:
            stored = [self.server.at_once(lambda file=file: self.server.store(*file)) for file in files.get(name, ())]  # type: ignore[misc]
            assert one.get("min_values", 1) <= len(stored) <= one.get("max_values", 1) or not one.get("required", True)
            resolved.update({file["id"]: file for file in stored})
            return made | {"values": [file["id"] for file in stored]}
        assert kind == checking.CHECK, kind
        return made | {"value": values.pop(name, bool(one.get("default")))}

    # messages and reactions

    def says(
        self, where: Channel, text: str, *files: File, to: Message | None = None, mention: bool = False, ping: bool = True
    ) -> Message:
        """Say something; `mention` puts the bot's mention before it, `to` makes it a reply, which pings its author by default."""
        bot = self.server.bot
        content = f"<@{bot.id}> {text}".strip() if mention else text

        async def said() -> Message:
            stored = [self.server.store(*file) for file in files]
            message = Message(where.id, self.user, content, attachments=stored, reference=to.id if to else "")
            message.mentions = [bot] if mention or (to is not None and to.author is bot and ping) else []
            where.messages[message.id] = message
            await self.server.tell(where, message)
            return message

        return self.server.do(said())

    def reacts(self, emoji: str, message: Message, *, added: bool = True) -> None:
        async def reacted() -> None:
            who = message.reactions.setdefault(emoji, [])
            who[:] = [one for one in who if one != self.user.id] + ([self.user.id] if added else [])
            if not who:
                del message.reactions[emoji]
            where = self.server.channels[message.channel_id]
            facts: Json = {
                "user_id": self.user.id, "channel_id": where.id, "message_id": message.id, "burst": False, "type": 0,
                "emoji": {"id": None, "name": emoji, "animated": False}, "message_author_id": message.author.id,
            }  # fmt: skip
            guild = self.server.guilds.get(where.guild_id)
            if guild is not None:
                facts |= {"guild_id": guild.id} | ({"member": guild.member_json(self.user)} if added else {})
            intent = limits.DIRECT_REACTIONS if where.kind == DIRECT else limits.GUILD_REACTIONS
            await self.server.gateway.dispatch(f"MESSAGE_REACTION_{'ADD' if added else 'REMOVE'}", facts, intent)

        self.server.do(reacted())

    def opens_thread(self, message: Message, name: str = "About this") -> Channel:
        async def opened() -> Channel:
            parent = self.server.channels[message.channel_id]
            made = self.server.thread(parent, name, starter=message, by=self.user.id)
            await self.server.gateway.dispatch("THREAD_CREATE", made.json() | {"newly_created": True})
            return made

        return self.server.do(opened())

    def direct(self) -> Channel:
        """The direct channel with the bot."""
        return self.server.at_once(lambda: self.server.direct(self.user))

    def sees(self, where: Channel) -> list[Message]:
        """Every message there that is for this person, oldest first."""

        def found() -> list[Message]:
            shown = [one for one in where.messages.values() if one.only_for in ("", self.user.id)]
            return sorted(shown, key=lambda one: int(one.id))

        return self.server.at_once(found)

    def _do(
        self, kind: int, where: Channel, data: Json, message: Message | None = None, *, user_installed: bool = False
    ) -> Responded:
        async def done() -> Interaction:
            made = Interaction(kind, self.user, where, data, message, user_installed=user_installed)
            return await self.server.talking.begin(made)

        return Responded(self.server.do(done()))
