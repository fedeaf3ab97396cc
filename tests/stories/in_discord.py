"""People on Discord: what they do goes through a simulated Discord and discord.py, what they see is read from its messages."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot import command_text
from bot.channels import place_for
from bot.commands import BY_NAME
from bot.discord.chat import PLATFORM, DiscordChat
from bot.discord.command_options import slots_of
from bot.discord.components import COLOURS
from bot.discord.forms import FORM
from bot.identity import member_for
from bot.messages.outbox import Outbox
from core.desk import Desk
from core.errors import SlateError
from storage.chat import drafts
from storage.people import members
from storage.queue import CHAT
from storage.rate_limit import Budget
from storage.tables import Member, Post
from tests.shop import carry_out_commands
from tests.simulators.discord import Channel, DiscordServer, Message, Responded, checking, limits
from tests.simulators.discord import Person as Account
from tests.simulators.discord.running import Running
from tests.simulators.discord.talking import Interaction
from tests.simulators.discord.world import DIRECT, Json
from tests.stories.telling import Form, Front, Seen, Told
from tests.web import Web

_TONES = {colour: tone for tone, colour in COLOURS.items() if colour is not None}
_ESCAPED = re.compile(r"\\([^\w\s]|_)")
_LABEL = re.compile(r"\*\*((?:[^*\\\n]|\\.)+)\*\*[ \n]")
_TO_SLATE = re.compile(r"^@slate\b[,:]?\s*", re.IGNORECASE)
_CODE = re.compile(r"[RA]-[0-9A-Z]{4,}")
_IDS = re.compile(r"[RA]-[0-9A-Z]{4,13}[,;]?", re.IGNORECASE)


class Unhurried(DiscordChat):
    """Stories do not wait for Discord's budgets; how they are kept is told in tests of its own."""

    def budgets(self, post: Post) -> Sequence[Budget]:
        return tuple(Budget(one.key, 0.0001, 1000) for one in super().budgets(post))


class Server:
    """A Discord server with Slate in it, for one story."""

    platform = PLATFORM

    def __init__(self, desk: Desk, discord: DiscordServer, running: Running, pages: ExitStack) -> None:
        self.desk, self.discord, self.running, self._pages = desk, discord, running, pages
        self.guild = discord.guild("Studio")
        running.settle(discord)
        self.chat = Unhurried(desk)
        self.outbox = Outbox(desk, {PLATFORM: self.chat})
        self.accounts: dict[str, Account] = {}
        self.by_key: dict[str, Responded] = {}
        self.keys = threading.Lock()

    def enter(self, name: str, slug: str = "general") -> tuple[Member, Front]:
        """Somebody opens Discord, in one channel; who is known to Slate already is known here, too."""
        account = self.accounts.get(name) or self.account(name)
        self.accounts[name] = account
        with self.desk.writing() as session:
            known = members.by_key(session, name.casefold())
            if known is not None and members.handle(session, PLATFORM, account.user.id) is None:
                members.add_handle(session, known.id or 0, PLATFORM, account.user.id)
        channel = self.channel(slug)
        place_for(self.desk, PLATFORM, channel.id, name=slug, tenant=self.guild.id)
        place_for(self.desk, PLATFORM, account.direct().id)
        return member_for(self.desk, PLATFORM, account.user.id, name), Client(self, account, channel)

    def account(self, name: str) -> Account:
        """Somebody new on this server."""
        return Account(self.discord, self.discord.user(name, self.guild))

    @cached_property
    def web(self) -> Web:
        """The web process, for who opens a link."""
        return self._pages.enter_context(Web(self.desk))

    def channel_id(self, slug: str) -> str:
        return self.channel(slug).id

    def channel(self, slug: str) -> Channel:
        there = next((one for one in self.guild.channels.values() if one.name == slug and not one.thread), None)
        return there or self.discord.channel(self.guild, slug)

    def catches_up(self) -> None:
        self.running.settle(self.discord)
        if threading.current_thread() is threading.main_thread():
            carry_out_commands(self.desk)
            self.desk.queue.serve([CHAT], burst=True)
            self.outbox.drain()


@dataclass
class Client:
    """One person's Discord, looking at one channel, its threads, and their direct messages with Slate."""

    house: Server
    account: Account
    channel: Channel

    # doing

    def say(self, text: str, files: Sequence[tuple[str, bytes]], thread: str, key: str) -> Told:
        where = self._thread(thread) if thread else self.channel
        with self._listening() as heard:
            typed = _typed(text, files) if text.startswith("/") else None
            if typed is not None:
                name, options = typed
                heard.responded = self._once(key, lambda: self.account.slash(where, name, **options))
            elif text.startswith("/") and not files and not thread:
                self.account.says(self.account.direct(), text)  # what Discord offers no command for is said directly
            elif text.startswith("/") or files:
                self.account.says(where, text, *files, mention=True)
            else:
                spoken = _TO_SLATE.sub("", text)
                self.account.says(where, spoken, mention=spoken != text)
        return heard.told(self._form(heard.responded) if heard.responded and heard.responded.form else None)

    def press(self, action: str, on: Seen, key: str) -> Told:
        message = self._message(on.ref)
        if len(action) > limits.CUSTOM_ID[1]:
            return Told(error="not on Discord")  # which has no button of such a length
        with self._listening() as heard:
            heard.responded = self._once(key, lambda: self._press(message, action))
        return heard.told(self._form(heard.responded) if heard.responded and heard.responded.form else None)

    def fill(self, form: Form, values: Mapping[str, str], key: str) -> Told:
        """Change what is to be changed, page by page, then send the form."""
        sheet = self._sheets[form.command]
        changed = {name: value for name, value in values.items() if form.values.get(name) != value}
        with self._listening() as heard:
            for number, page in enumerate(sheet.pages):
                here = {name: value for name, value in changed.items() if name in page}
                if not here and (number or len(sheet.pages) > 1):
                    continue
                opened = sheet.open(self, number)
                sheet.last = self.account.fill(opened, sheet.typed(opened, here) | sheet.then(0 if number else 1))
            heard.responded = sheet.send(self)
        return heard.told()

    def react(self, emoji: str, on: Seen, *, added: bool) -> Told:
        with self._listening() as heard:
            self.account.reacts(emoji, self._message(on.ref), added=added)
        return heard.told()

    # seeing

    def read(self) -> list[Seen]:
        return [self._seen(one) for one in self._messages()]

    def open(self, address: str) -> bytes:
        if address.startswith("/"):
            return self.house.web.client(self.account.user.name).get(address).raise_for_status().content
        return self.house.discord.files[address.split("/")[-2]]

    def _messages(self) -> list[Message]:
        direct = [
            one for one in self.house.discord.channels.values() if one.kind == DIRECT and self.account.user in one.recipients
        ]
        threads = [one for one in self.house.guild.channels.values() if one.parent_id == self.channel.id]
        found = [message for place in (self.channel, *threads, *direct) for message in self.account.sees(place)]
        return sorted((one for one in found if one.components or one.content or one.attachments), key=lambda one: int(one.id))

    def _message(self, ref: str) -> Message:
        return next(one for one in self._messages() if one.id == ref)

    def _thread(self, ref: str) -> Channel:
        there = self.house.guild.channels.get(ref)
        return there if there is not None and there.thread else self.account.opens_thread(self._message(ref))

    def _press(self, message: Message, action: str) -> Responded:
        for one in checking.walk(message.components):
            if one.get("type") == checking.SELECT and action in [option["value"] for option in one["options"]]:
                return self.account.choose(message, one["custom_id"], action)
        if action not in [one.get("custom_id") for one in checking.walk(message.components)] and len(action) <= 100:
            message.components[-1]["components"].append({"type": 1, "components": [_button(action)]})  # of another Slate
        return self.account.press(message, action)

    def _once(self, key: str, act: Any) -> Responded:
        """What is done under one key again is the same event, delivered once more."""
        with self.house.keys:
            again = self.house.by_key.get(key)
            if again is not None:
                self._repeat(again.interaction)
                return again
            done: Responded = act()
            self.house.by_key[key] = done
        assert not done.late, "Discord said that the application did not respond"
        return done

    def _repeat(self, one: Interaction) -> None:
        discord = self.house.discord
        discord.do(discord.gateway.dispatch("INTERACTION_CREATE", discord.talking.json(one), intent=0))

    @contextmanager
    def _listening(self) -> Iterator[_Heard]:
        """What is new for this person after they did something."""
        before = {(one.id, one.edits if one.only_for else 0) for one in self._messages()}
        heard = _Heard()
        yield heard
        self.house.catches_up()
        after = [one for one in self._messages() if one.author.bot]
        new = [one for one in after if (one.id, one.edits if one.only_for else 0) not in before]
        heard.new = [(one, self._seen(one)) for one in new]

    def _form(self, responded: Responded) -> Form:
        sheet = _Sheet.of(self, responded)
        self._sheets[sheet.form.command] = sheet
        return sheet.form

    @property
    def _sheets(self) -> dict[str, _Sheet]:
        return self.__dict__.setdefault("sheets", {})  # type: ignore[no-any-return]

    def _seen(self, message: Message) -> Seen:
        place = self.house.discord.channels[message.channel_id]
        found = list(checking.walk(message.components))
        containers = [one for one in found if one["type"] == checking.CONTAINER]
        texts = [one["content"] for one in found if one["type"] == checking.TEXT]
        buttons = {one["label"]: one["custom_id"] for one in found if one["type"] == checking.BUTTON and "custom_id" in one}
        for one in found:
            if one["type"] == checking.SELECT:
                buttons |= {option["label"]: option["value"] for option in one["options"]}
        media = [item["media"] for one in found if one["type"] == checking.GALLERY for item in one["items"]]
        media += [one["media"] for one in found if one["type"] == checking.THUMBNAIL]
        pictures = tuple(one["url"] for one in media) + tuple(one["url"] for one in message.attachments if not message.author.bot)
        subjects = {match.group() for text in texts if text.startswith(("### ", "**")) for match in [_CODE.search(text)] if match}
        return Seen(
            ref=message.id,
            author=message.author.name,
            text=_plain("\n".join([message.content, *texts])),
            tone=next((_TONES.get(one.get("accent_color"), "plain") for one in containers), ""),
            subject=subjects.pop() if len(subjects) == 1 else "",
            fields=_fields(texts),
            buttons=buttons,
            pictures=pictures,
            originals=tuple(one for one in pictures if "-preview." not in one),
            links=tuple(re.findall(r"\]\((https?://[^)\s]+)\)", "\n".join(texts))),
            reactions={emoji: self._who(who) for emoji, who in message.reactions.items() if who},
            results=len(pictures),
            private=bool(message.only_for) or place.kind == DIRECT,
            thread=place.id if place.thread else "",
        )

    def _who(self, people: Sequence[str]) -> str:
        return " and ".join(self.house.discord.users[one].name for one in people)


@dataclass
class _Heard:
    """What came of something a person did."""

    responded: Responded | None = None
    new: list[tuple[Message, Seen]] = field(default_factory=list)

    def told(self, form: Form | None = None) -> Told:
        alone = [seen for _, seen in self.new if seen.private]
        refused = [one for one in alone if one.tone == "error"]
        copied = [block for message, _ in self.new for block in re.findall(r"```\n(.*?)\n```", _raw(message), re.DOTALL)]
        code = refused[-1].text.split()[-1] if refused else ""
        return Told(error=code, copied="".join(copied), form=form, words=" ".join(one.text for one in alone))


@dataclass
class _Sheet:
    """A form that somebody has open: all of its pages."""

    form: Form
    pages: list[list[str]]
    """The names of the fields on each page."""
    first: Responded
    places: dict[str, str]
    """Field -> custom id on its page."""
    last: Responded | None = None

    @classmethod
    def of(cls, client: Client, responded: Responded) -> _Sheet:
        assert responded.form is not None
        _, number, _ = responded.form["custom_id"].split(":")
        with client.house.desk.reading() as session:
            draft = drafts.by_id(session, int(number))
        assert draft is not None
        form = FORM.validate_python(draft.form)
        sheet = cls(Form(form.command, {}), [], responded, {})
        values: dict[str, str] = {}
        opened, seen = responded, 0
        while True:
            page = []
            for part in opened.form["components"] if opened.form else ():
                component = part["component"]
                if component["custom_id"].startswith("f"):
                    name = form.fields[int(component["custom_id"][1:].partition("-")[0])].name
                    page.append(name)
                    sheet.places[name] = component["custom_id"]
                    values[name] = _shown(component) or values.get(name, "")
            sheet.pages.append(page)
            seen += 1
            if not any(one["component"]["custom_id"] == "next" for one in (opened.form or {})["components"]):
                break
            choices = next(
                one["component"]["options"]
                for one in (opened.form or {})["components"]
                if one["component"]["custom_id"] == "next"
            )
            if seen >= len(choices):
                break
            sheet.last = client.account.fill(opened, {"next": str(seen)} | _needed(opened))
            opened = sheet.open(client, seen)
        sheet.form = Form(form.command, values)
        return sheet

    def open(self, client: Client, number: int) -> Responded:
        """The page, by the button that leads there; the first one is open already as long as nothing was sent."""
        if self.last is None and number == 0:
            return self.first
        return client.account.press(self._message(), self._action(f":{number}"))

    def send(self, client: Client) -> Responded:
        if len(self.pages) == 1 and self.last is not None:
            return self.last
        return client.account.press(self._message(), self._action(":send"))

    def then(self, page: int) -> dict[str, str]:
        return {"next": str(page)} if len(self.pages) > 1 else {}

    def typed(self, opened: Responded, values: Mapping[str, str]) -> dict[str, Any]:
        kinds = {part["component"]["custom_id"]: part["component"]["type"] for part in (opened.form or {})["components"]}
        return {
            self.places[name]: value == "yes" if kinds[self.places[name]] == checking.CHECK else value
            for name, value in values.items()
        }

    def _message(self) -> Message:
        assert self.last is not None
        shown = self.last.said or [self.last.interaction.message]
        assert shown[-1] is not None
        return shown[-1]

    def _action(self, end: str) -> str:
        return next(
            one["custom_id"] for one in checking.walk(self._message().components) if str(one.get("custom_id")).endswith(end)
        )


def _needed(opened: Responded) -> dict[str, str]:
    """Something for what Discord lets nobody leave empty on the way to the next page."""
    parts = [part["component"] for part in (opened.form or {})["components"]]
    return {
        one["custom_id"]: "-" for one in parts if one["type"] == checking.INPUT and one.get("required") and not one.get("value")
    }


def _button(action: str) -> Json:
    return {"type": checking.BUTTON, "style": 2, "label": "It", "custom_id": action, "id": 99}


def _shown(component: Json) -> str:
    if component["type"] == checking.CHECK:
        return "yes" if component.get("default") else "no"
    if component["type"] == checking.SELECT:
        return next((str(one["value"]) for one in component["options"] if one.get("default")), "")
    return str(component.get("value") or "")


def _typed(text: str, files: Sequence[tuple[str, bytes]]) -> tuple[str, dict[str, Any]] | None:
    """The slash command a person would choose for a line, and its options; None for what Discord's client lets nobody say so."""
    try:
        line = command_text.read(text)
    except SlateError:
        return None
    command = BY_NAME.get(line.command)
    if command is None or command.name != line.command:
        return None
    if command.free:
        line = command_text.as_words(line, {one.name for one in command.options})
    slots = {slot.name: slot for slot in slots_of(command)}
    given: dict[str, Any] = {}
    more = []
    for part in line.parts:
        if part.name and part.name in slots and slots[part.name].option is not None:
            if part.name in given:
                return None
            given[part.name] = part.value
        elif part.name:
            more.append(part.raw)
    if more and "inputs" not in slots:
        return None
    given |= {"inputs": " ".join(more)} if more else {}
    return _finished(command.name, slots, given, line, files)


def _finished(
    name: str, slots: Mapping[str, Any], given: dict[str, Any], line: command_text.CommandLine, files: Sequence[tuple[str, bytes]]
) -> tuple[str, dict[str, Any]] | None:
    """With the words in their slots, and everything of its type."""
    wordy = [slot.name for slot in slots.values() if slot.kind in ("words", "text")]
    counts = itertools.takewhile(lambda part: not part.quoted and _IDS.fullmatch(part.value), line.words)
    first = len(list(counts)) if wordy[:1] == ["id"] else 1
    if line.words and not wordy:
        return None
    if wordy and line.words:
        if len(wordy) == 1:
            given[wordy[0]] = line.text(0)
        else:
            given |= {wordy[0]: " ".join(part.value for part in line.words[:first])} if first else {}
            rest = line.rest(first)
            given |= {wordy[1]: rest} if rest else {}
    for option, value in list(given.items()):
        kind = slots[option].option.kind if slots[option].option else ""
        if kind == "switch" and value.casefold() in ("yes", "no"):
            given[option] = value.casefold() == "yes"
        elif kind == "count" and value.isdecimal() and 1 <= int(value) <= 100:
            given[option] = int(value)
        elif kind in ("switch", "count") or not value or len(value) > 6000:
            return None
    room = [slot.name for slot in slots.values() if slot.kind == "file"]
    missing = [slot.name for slot in slots.values() if slot.required and slot.name not in given]
    if len(files) > len(room) or missing:
        return None
    return name, {**{slots[one].name: value for one, value in given.items()}, **dict(zip(room, files, strict=False))}


def _raw(message: Message) -> str:
    return "\n".join(one["content"] for one in checking.walk(message.components) if one["type"] == checking.TEXT)


def _plain(text: str) -> str:
    """The words as they are read: without the marks that format them."""
    bare = re.sub(r"(?m)^(### |-# )", "", text)
    bare = re.sub(r"(?<!\\)(\*\*|```|`)", "", bare).replace("\u200b", "")
    return " ".join(_ESCAPED.sub(r"\1", bare).split())


def _fields(texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        marks = list(_LABEL.finditer(text))
        for mark, after in zip(marks, [*marks[1:], None], strict=False):
            value = text[mark.end() : after.start() if after else len(text)]
            found[_plain(mark.group(1))] = _plain(value).removesuffix(" ·")
    return found


@contextmanager
def served(desk: Desk) -> Iterator[Server]:
    """A server of its own, Slate listening at its gateway. The desk's settings must name what `discord_settings` says."""
    discord = RUNNING[desk.settings.discord_api_url]
    with Running(desk) as running, ExitStack() as pages:
        assert running.problem is None, running.problem
        house = Server(desk, discord, running, pages)
        try:
            yield house
        finally:
            house.chat.close()
        assert running.alive, running.problem
        assert discord.refusals == [], "nothing was sent that Discord does not take"


RUNNING: dict[str, DiscordServer] = {}
"""The simulated Discords of this test run, by the address of their API."""


@contextmanager
def discord_settings() -> Iterator[dict[str, str]]:
    """A simulated Discord, and the settings under which Slate is reached there."""
    with DiscordServer(pace=0.001) as discord:
        RUNNING[discord.api_url] = discord
        try:
            yield {"discord_api_url": discord.api_url, "discord_token": discord.token}
        finally:
            del RUNNING[discord.api_url]
