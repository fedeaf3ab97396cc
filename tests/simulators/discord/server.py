"""The simulated Discord as a running server: its state, and what a test does to it from outside."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web

from tests.simulators.discord import checking, limits
from tests.simulators.discord.checking import Invalid
from tests.simulators.discord.faults import Faults
from tests.simulators.discord.gateway import Gateway
from tests.simulators.discord.rates import Rates
from tests.simulators.discord.rest import Rest
from tests.simulators.discord.talking import Talking
from tests.simulators.discord.world import (
    COMPONENTS_V2,
    DIRECT,
    FORUM,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Guild,
    Json,
    Message,
    User,
    snowflake,
)

T = TypeVar("T")


class DiscordServer:
    """One Discord with one bot. Everything that changes it happens on its own loop, so nothing needs a lock."""

    def __init__(self, *, pace: float = 0.02, patience: float = 10 * limits.ACKNOWLEDGE_SECONDS) -> None:
        """`pace` shortens the windows of rate limits; `patience` is how long an interaction waits to be acknowledged.

        Discord's own three seconds are for benchmarks, as a test must not depend on how busy the machine is.
        """
        self.patience = patience
        self.bot = User("Slate", bot=True)
        self.token = "bot-token." + "x" * 40
        self.owner: User | None = None
        """Whose the application is; the bot itself as long as nobody says."""
        self.users: dict[str, User] = {self.bot.id: self.bot}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, bytes] = {}
        self.commands: dict[str, list[Json]] = {}
        """Registered commands by guild id; global ones under the empty id."""
        self.faults = Faults()
        self.rates = Rates(pace)
        self.gateway = Gateway(self)
        self.talking = Talking(self)
        self.log: list[tuple[str, int]] = []
        """Every request to the API, and how it was answered."""
        self.refusals: list[Json] = []
        """Every form error there was: a bot that keeps to the limits causes none."""
        self.loop = asyncio.new_event_loop()
        self.url = ""
        self._app = Rest(self).app()
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.2)
        self._thread = threading.Thread(target=self._run, name="discord-simulator", daemon=True)
        self._started = threading.Event()

    # running

    def __enter__(self) -> DiscordServer:
        self._thread.start()
        assert self._started.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self.gateway.drop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(20)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._start())
        self._started.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self._runner.cleanup())
        pending = asyncio.all_tasks(self.loop)
        for task in pending:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    async def _start(self) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"{self.url.replace('http', 'ws')}/gateway/"

    def do(self, act: Coroutine[Any, Any, T], seconds: float = 30) -> T:
        """Carry something out on the server's loop, from a test's thread."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(seconds)

    def at_once(self, act: Callable[[], T]) -> T:
        async def now() -> T:
            return act()

        return self.do(now())

    # the world

    def guild(self, name: str = "Studio") -> Guild:
        made = Guild(name)

        async def found() -> None:
            self.guilds[made.id] = made
            await self.gateway.dispatch("GUILD_CREATE", made.json(self.bot))

        self.do(found())
        return made

    def user(self, name: str, *guilds: Guild, nick: str = "") -> User:
        made = User(name, global_name=name)

        def join() -> None:
            self.users[made.id] = made
            for guild in guilds:
                guild.members[made.id] = made
                if nick:
                    guild.nicks[made.id] = nick

        self.at_once(join)
        return made

    def channel(self, guild: Guild, name: str = "renders", kind: int = TEXT) -> Channel:
        made = Channel(name, kind, guild.id)
        self.do(self._open(guild, made))
        return made

    def forum(self, guild: Guild, name: str = "shots", *tags: str) -> Channel:
        made = Channel(
            name,
            FORUM,
            guild.id,
            tags=[{"id": snowflake(), "name": one, "moderated": False, "emoji_id": None, "emoji_name": None} for one in tags],
        )
        self.do(self._open(guild, made))
        return made

    async def _open(self, guild: Guild, made: Channel) -> None:
        guild.channels[made.id] = self.channels[made.id] = made
        await self.gateway.dispatch("CHANNEL_CREATE", made.json())

    def leaves(self, user: User, guild: Guild) -> None:
        """Somebody leaves; only a bot with the intent is told."""

        async def left() -> None:
            guild.members.pop(user.id, None)
            await self.gateway.dispatch("GUILD_MEMBER_REMOVE", {"guild_id": guild.id, "user": user.json()})

        self.do(left())

    def removes(self, channel: Channel) -> None:
        """A channel is deleted, with all its messages."""

        async def gone() -> None:
            self.channels.pop(channel.id, None)
            if guild := self.guilds.get(channel.guild_id):
                guild.channels.pop(channel.id, None)
            await self.gateway.dispatch("THREAD_DELETE" if channel.thread else "CHANNEL_DELETE", channel.json())

        self.do(gone())

    def erases(self, message: Message) -> None:
        """Somebody deletes a message."""

        async def gone() -> None:
            channel = self.channels[message.channel_id]
            channel.messages.pop(message.id, None)
            facts = {"id": message.id, "channel_id": channel.id, "guild_id": channel.guild_id}
            await self.gateway.dispatch("MESSAGE_DELETE", facts, limits.GUILD_MESSAGES)

        self.do(gone())

    def direct(self, user: User) -> Channel:
        """The direct channel of a person and the bot."""
        for one in self.channels.values():
            if one.kind == DIRECT and {user.id, self.bot.id} == {member.id for member in one.recipients}:
                return one
        made = Channel("", DIRECT, recipients=[user, self.bot])
        self.channels[made.id] = made
        return made

    # messages

    async def tell(self, channel: Channel, message: Message) -> None:
        """Let the bots know of a new message."""
        made = message.json()
        if channel.kind == DIRECT:
            await self.gateway.dispatch("MESSAGE_CREATE", made, limits.DIRECT_MESSAGES)
            return
        guild = self.guilds[channel.guild_id]
        made |= {"guild_id": guild.id, "member": guild.member_json(message.author, with_user=False)}
        await self.gateway.dispatch("MESSAGE_CREATE", made, limits.GUILD_MESSAGES)

    def compose(self, channel: Channel, author: User, data: Json, files: dict[str, bytes]) -> Message:
        """A new message, checked; it is not in the channel yet. Raises Invalid."""
        attached = self.attach(data, files)
        flags = data.get("flags") or 0
        checking.message(data, {one["filename"]: one["size"] for one in attached}, flags)
        return Message(
            channel.id, author, data.get("content") or "", self.resolved(data.get("components") or [], attached), attached,
            flags, reference=str((data.get("message_reference") or {}).get("message_id", "")), pings=checking.pinged(data),
            nonce=str(data.get("nonce") or ""),
        )  # fmt: skip

    def change(self, message: Message, data: Json, files: dict[str, bytes]) -> None:
        """An edit: what is not in the payload stays. Raises Invalid."""
        kept = {one["id"]: one for one in message.attachments}
        attached = self.attach(data, files, kept) if "attachments" in data else [*kept.values(), *self.attach(data, files)]
        flags = message.flags | ((data.get("flags") or 0) & COMPONENTS_V2)
        whole = {
            "content": data.get("content", message.content),
            "components": data.get("components", message.components),
            "embeds": data.get("embeds"),
        }
        checking.message(whole, {one["filename"]: one["size"] for one in attached}, flags)
        message.content, message.attachments, message.flags = whole["content"] or "", attached, flags
        message.components = self.resolved(whole["components"] or [], attached)
        message.pings += checking.pinged(data)
        message.edits += 1

    def attach(self, data: Json, files: dict[str, bytes], kept: dict[str, Json] | None = None) -> list[Json]:
        """The attachments of a payload: `files[n]` by the id n that the payload gives them, and those kept from before."""
        found: list[Json] = []
        listed = data.get("attachments")
        if listed is None:
            listed = [{"id": name[6:-1], "filename": filename} for name, filename in _names(files)]
        for one in listed:
            number = str(one["id"])
            if kept and number in kept:
                found.append(kept[number] | ({"description": one["description"]} if one.get("description") else {}))
                continue
            content = files.get(f"files[{number}]")
            if content is None:
                raise Invalid("attachments", f"Unknown attachment {number}")
            checking.length(one.get("description") or "", limits.DESCRIPTION, "attachments.description")
            found.append(self.store(str(one.get("filename") or "file"), content, one.get("description")))
        return found

    def store(self, filename: str, content: bytes, description: str | None = None) -> Json:
        """A file on the CDN, behind an address that is signed and runs out."""
        identity = snowflake()
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", filename)
        self.files[identity] = content
        address = f"{self.url}/cdn/attachments/{identity}/{quote(name)}?ex=1&is=1&hm=1"
        made: Json = {"id": identity, "filename": name, "size": len(content), "url": address, "proxy_url": address}
        ending = name.rpartition(".")[2].lower()
        kind = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif", "mp4": "video/mp4"}.get(ending)
        made |= {"content_type": kind} if kind else {}
        if kind and kind.startswith("image"):
            made |= {"width": 64, "height": 64}
        return made | ({"description": description} if description else {})

    def resolved(self, components: list[Json], attached: list[Json]) -> list[Json]:
        """The components as Discord gives them back: numbered, and with the addresses of their files."""
        addresses = {f"attachment://{one['filename']}": one for one in attached}
        count = iter(range(1, 1000))

        def known(media: Json | None) -> Json | None:
            there = addresses.get(str((media or {}).get("url")))
            return media if there is None else {"url": there["url"], "proxy_url": there["url"], "attachment_id": there["id"],
                                                "width": 64, "height": 64, "content_type": there.get("content_type")}  # fmt: skip

        def walk(one: Json) -> Json:
            made = {**one, "id": next(count)}
            for name in ("media", "file"):
                if name in made:
                    made[name] = known(made[name])
            if "items" in made:
                made["items"] = [{**item, "media": known(item.get("media"))} for item in made["items"]]
            if "components" in made:
                made["components"] = [walk(child) for child in made["components"]]
            if "accessory" in made:
                made["accessory"] = walk(made["accessory"])
            return made

        return [walk(one) for one in components]

    def thread(self, parent: Channel, name: str, *, starter: Message | None = None, by: str = "") -> Channel:
        """A thread; one that begins at a message has that message's id."""
        checking.length(name, limits.THREAD_NAME, "name")
        made = Channel(name, PUBLIC_THREAD, parent.guild_id, starter.id if starter else snowflake(), parent.id, owner_id=by)
        self.channels[made.id] = self.guilds[parent.guild_id].channels[made.id] = made
        if starter is not None:
            starter.thread_id = made.id
        return made

    @contextmanager
    def revoked(self) -> Iterator[None]:
        """The bot's token was reset in the portal."""
        token, self.token = self.token, "another-token"
        yield
        self.token = token


def _names(files: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(name, name) for name in files]
