"""People in Slack: what they do goes through a simulated Slack to the listeners, and what they see is read from its messages."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import emoji as names_of_emoji
import yaml
from slack_sdk.socket_mode.interval_runner import IntervalRunner

from bot.identity import member_for
from bot.messages.outbox import Outbox
from bot.messages.sync import Chat
from bot.slack.block_kit import MARKS
from bot.slack.chat import SlackChat
from bot.slack.manifest import CHECKED_IN, UMBRELLA, manifest
from bot.slack.mrkdwn import sign
from bot.slack.runtime import SlackRequest
from bot.slack.socket_mode import SlackSockets
from bot.slack.workspaces import PLATFORM
from core.desk import Desk
from storage.people import members
from storage.queue import CHAT
from storage.rate_limit import Budget
from storage.tables import Member, Post
from tests.shop import carry_out_commands
from tests.simulators.slack import Slack, running
from tests.simulators.slack.filling import initial
from tests.simulators.slack.world import Channel, Json, Message, User
from tests.stories.telling import Form, Front, Seen, Told

_TONES = {mark: tone for tone, mark in MARKS.items()}
_CODES = {"required": "missing-input", "out of range": "out-of-range", "too long": "too-long"} | dict.fromkeys(
    ("not a number", "not a whole number"), "wrong-type"
)
"""What somebody's own client complains of, as Slate would have called it."""
_DATE = re.compile(r"<!date\^\d+\^[^|]*\|([^>]*)>")
_LINK = re.compile(r"<[^|>]*\|([^>]*)>")
_keys = itertools.count(1)


class Unhurried(SlackChat):
    """Stories do not wait for Slack's budgets; how they are kept is told in tests of its own."""

    def budgets(self, post: Post) -> Sequence[Budget]:
        return tuple(Budget(one.key, 0.0001, 1000) for one in super().budgets(post))


class Workspace:
    """A Slack workspace with Slate in it, for one story."""

    platform = PLATFORM

    def __init__(self, desk: Desk, slack: Slack, team: str, sockets: SlackSockets) -> None:
        self.desk, self.slack, self.team, self.sockets = desk, slack, team, sockets
        chats: Mapping[str, Chat] = {PLATFORM: Unhurried(desk, sockets.front.workspaces)}
        self.outbox = Outbox(desk, chats)
        self.users: dict[str, User] = {}

    def enter(self, name: str, slug: str = "general") -> tuple[Member, Front]:
        """Somebody opens Slack, in one channel; who is known to Slate already is known here, too."""
        user = self.users.get(name) or self.slack.do(self.slack.user, self.team, name)
        self.users[name] = user
        channel = self.channel(slug)
        channel.members.add(user.id)
        self.sockets.front.workspaces.installed(self.team)
        bot = self.slack.world.install_of(self.team)
        direct = self.slack.do(self.slack.world.im, self.team, user.id, bot.bot if bot else "")
        for one in (channel, direct):
            self.sockets.front.place(SlackRequest(self.team, user.id, one.id, one.name))
        account = f"{self.team}/{user.id}"
        with self.desk.writing() as session:
            known = members.by_key(session, name.casefold())
            if known is not None and members.handle(session, PLATFORM, account) is None:
                members.add_handle(session, known.id or 0, PLATFORM, account)
        return member_for(self.desk, PLATFORM, account, name), Client(self, user, channel)

    def channel_id(self, slug: str) -> str:
        return self.channel(slug).id

    def channel(self, slug: str) -> Channel:
        there = next((one for one in self.slack.world.channels.values() if one.name == slug), None)
        return there or self.slack.do(self.slack.channel, self.team, slug)

    def catches_up(self) -> None:
        self.settle()
        carry_out_commands(self.desk)
        self.desk.queue.serve([CHAT], burst=True)
        self.outbox.drain()

    def settle(self) -> None:
        """Everything people did has come to Slate and was carried out."""
        self.slack.settle()
        self.sockets.front.settle()


@dataclass
class Client:
    """One person's Slack, looking at one channel and at their direct messages with Slate."""

    house: Workspace
    user: User
    channel: Channel
    told: set[str] = field(default_factory=set)

    def say(self, text: str, files: Sequence[tuple[str, bytes]], thread: str, key: str) -> Told:
        with self._listening() as heard:
            if text.startswith("/") and not files and not thread:
                heard.error = self._slash(text, key)
            elif text.startswith(("/", "@slate ")) or files:
                self._mention(text.removeprefix("@slate "), files, thread)
            else:
                self._do(self.slack.people.say, self.user, self.channel, _escaped(text), (), thread)
        return heard.told()

    def _slash(self, text: str, key: str) -> str:
        """A slash command; what Slack knows no command of that name for goes by `/slate`."""
        word, _, rest = text.partition(" ")
        known = {one["command"] for one in self.slack.manifest["features"]["slash_commands"]}
        command, said = (word, rest) if word in known else (f"/{UMBRELLA}", text.removeprefix("/"))
        receipt = self.slack.run(self.slack.people.slash(self.user, self.channel, command, _escaped(said), f"slash-{key}"))
        return receipt.error

    def _mention(self, text: str, files: Sequence[tuple[str, bytes]], thread: str) -> None:
        """Slack has no slash commands in threads and with files: a mention there, or a drop into the direct messages."""
        kept = [self._do(self.slack.file, self.user, name, data) for name, data in files]
        install = self.slack.world.install_of(self.house.team)
        assert install is not None
        if not text and not thread:
            direct = self._do(self.slack.world.im, self.house.team, self.user.id, install.bot)
            self._do(self.slack.people.say, self.user, direct, "", kept)
        else:
            self._do(self.slack.people.say, self.user, self.channel, f"<@{install.bot}> {_escaped(text)}".strip(), kept, thread)

    def press(self, action: str, on: Seen, key: str) -> Told:
        channel, message = self._message(on.ref)
        with self._listening() as heard:
            receipt = self.slack.run(
                self.slack.people.press(self.user, channel, message, _where(message.blocks, action), f"press-{key}")
            )
            heard.error = receipt.error
        return heard.told()

    def fill(self, form: Form, values: Mapping[str, str], key: str) -> Told:
        view = self.slack.world.modals[self.user.id][-1]
        before = _form(view.payload).values
        changed = {name: value for name, value in values.items() if before.get(name) != value}
        with self._listening() as heard:
            receipt = self.slack.run(self.slack.people.submit(self.user, view, dict(_typed(view.payload, changed))))
            heard.complaint = " ".join((receipt.errors or {}).values())
            heard.error = _CODES.get(receipt.error.partition(":")[0], receipt.error)
        return heard.told()

    def react(self, emoji: str, on: Seen, *, added: bool) -> Told:
        channel, message = self._message(on.ref)
        name = names_of_emoji.demojize(emoji.rstrip("\ufe0f"), language="alias").strip(":")
        with self._listening() as heard:
            self._do(self.slack.people.react, self.user, channel, message, name, added)
        return heard.told()

    def read(self) -> list[Seen]:
        return [self._seen(one) for one in self._messages()]

    def open(self, address: str) -> bytes:
        return self.slack.world.files[address].data

    @property
    def slack(self) -> Slack:
        return self.house.slack

    def _do(self, act: Any, *args: Any) -> Any:
        return self.slack.do(act, *args)

    def _messages(self) -> list[Message]:
        direct = [one for one in self.slack.world.channels.values() if one.kind == "im" and self.user.id in one.members]
        every = [message for channel in (self.channel, *direct) for message in channel.messages]
        return sorted((one for one in every if one.only_for in ("", self.user.id)), key=lambda one: one.ts)

    def _message(self, ref: str) -> tuple[Channel, Message]:
        for channel in self.slack.world.channels.values():
            for message in channel.messages:
                if message.ts == ref and self.user.id in channel.members:
                    return channel, message
        raise LookupError(ref)

    @contextmanager
    def _listening(self) -> Iterator[_Heard]:
        """What is new for this person after they did something."""
        before = {one.ts for one in self._messages()}
        open_before = [view.id for view in self.slack.world.modals.get(self.user.id, [])]
        heard = _Heard()
        yield heard
        self.house.settle()
        carry_out_commands(self.house.desk)
        self.house.outbox.drain()
        heard.new = [self._seen(one) for one in self._messages() if one.ts not in before and one.by_app]
        heard.blocks = [one.blocks for one in self._messages() if one.ts not in before and one.by_app]
        views = self.slack.world.modals.get(self.user.id, [])
        heard.form = _form(views[-1].payload) if views and views[-1].id not in open_before else None

    def _seen(self, message: Message) -> Seen:
        channel = self.slack.world.channels[message.channel]
        title = next(_titles(message.blocks), [])
        images = [block if block["type"] == "image" else block.get("accessory", {}) for block in message.blocks]
        pictures = [one["slack_file"]["id"] for one in images if "slack_file" in one]
        pictures += [one for one in message.files if not message.by_app]
        subjects = [block["block_id"][5:] for block in message.blocks if str(block.get("block_id")).startswith("card:")]
        return Seen(
            ref=message.ts,
            author=self.slack.world.users[message.user].name,
            text=" ".join((_text(message.blocks) or message.text).split()),
            tone=_TONES.get(title[0]["text"].strip(), "plain") if title else "",
            subject=subjects[0] if len(subjects) == 1 else "",
            fields=_fields(message.blocks),
            buttons=dict(reversed(_buttons(message.blocks))),
            pictures=tuple(pictures),
            originals=tuple(pictures),
            links=tuple(
                part["url"] for section in _rich(message.blocks) for part in section["elements"] if part["type"] == "link"
            ),
            reactions={sign(name): self._who(people) for name, people in message.reactions.items() if people},
            results=len(pictures),
            private=bool(message.only_for) or channel.kind == "im",
            thread=message.thread_ts,
        )

    def _who(self, people: Sequence[str]) -> str:
        return " and ".join(self.slack.world.users[one].name for one in people)


@dataclass
class _Heard:
    """What came of something a person did."""

    error: str = ""
    complaint: str = ""
    new: list[Seen] = field(default_factory=list)
    blocks: list[list[Json]] = field(default_factory=list)
    form: Form | None = None

    def told(self) -> Told:
        alone = [one for one in self.new if one.private]
        refused = [one for one in alone if one.tone == "error"]
        code = refused[-1].text.split()[-1] if refused else self.complaint.rpartition("(")[2].rstrip(")")
        words = " ".join([*(one.text for one in alone), self.complaint])
        return Told(error=self.error or code, copied=_copied(self.blocks), form=self.form, words=words.strip())


def _rich(blocks: Sequence[Json]) -> Iterator[Json]:
    for block in blocks:
        yield from block["elements"] if block["type"] == "rich_text" else ()


def _titles(blocks: Sequence[Json]) -> Iterator[list[Json]]:
    """The first line of each card: a mark, and a name that stands out."""
    for section in _rich(blocks):
        first = section["elements"]
        if first[0].get("text", "").strip() in _TONES or (len(first) == 1 and first[0].get("style", {}).get("bold")):
            yield first


def _text(blocks: Sequence[Json]) -> str:
    words = []
    for block in blocks:
        if block["type"] == "rich_text":
            words += ["".join(_part(part) for part in section["elements"]) for section in block["elements"]]
        elif block["type"] == "context":
            words += [_DATE.sub(r"\1", element["text"]) for element in block["elements"]]
        elif block["type"] == "section":
            words += [_LINK.sub(r"\1", block["text"]["text"]), *(one["text"] for one in block.get("fields", []))]
    return " ".join(words)


def _part(part: Json) -> str:
    return str(part.get("text") or part.get("fallback") or "")


def _fields(blocks: Sequence[Json]) -> dict[str, str]:
    found: dict[str, str] = {}
    titles = [id(one) for one in _titles(blocks)]
    for section in _rich(blocks):
        label = ""
        for part in section["elements"] if id(section["elements"]) not in titles else ():
            if part.get("style", {}).get("bold"):
                label = part["text"].strip()
            elif label:
                found[label] = " ".join(f"{found.get(label, '')} {_part(part)}".split())
    return found


def _buttons(blocks: Sequence[Json]) -> list[tuple[str, str]]:
    """(label, action) of everything that can be pressed, in menus, too."""
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    found: list[tuple[str, str]] = []
    for one in (element for row in rows for element in row):
        found += [(each["text"]["text"], each["value"]) for each in one.get("options", [])]
        found += [(one["text"]["text"], one["action_id"])] if one["type"] == "button" else []
    return found


def _where(blocks: Sequence[Json], action: str) -> str:
    """What is pressed for an action: the button, or its entry in a menu."""
    menus = [element for block in blocks if block["type"] == "actions" for element in block["elements"] if "options" in element]
    found = [one["action_id"] for one in menus if action in [each["value"] for each in one["options"]]]
    return f"{found[0]}={action}" if found else action


def _copied(messages: Sequence[Sequence[Json]]) -> str:
    listings = [one for blocks in messages for one in _rich(blocks) if one["type"] == "rich_text_preformatted"]
    copied = "".join(part["text"] for one in listings for part in one["elements"])
    return copied.replace(f"/{UMBRELLA} ", "/", 1) if copied.startswith(f"/{UMBRELLA} ") else copied


def _form(view: Json) -> Form:
    import json

    values: dict[str, str] = {}
    for element in (block["element"] for block in view["blocks"] if block["type"] == "input"):
        name, shown = element["action_id"].partition("#")[0], initial(element)
        if element["type"] != "file_input":
            values[name] = values.get(name, "") + (shown if isinstance(shown, str) else "yes" if shown else "no")
    return Form(json.loads(view["private_metadata"])["command"], values)


def _typed(view: Json, values: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """What somebody types, by field; a text that is replaced empties the fields it went on in."""
    for element in (block["element"] for block in view["blocks"] if block["type"] == "input"):
        name, _, part = element["action_id"].partition("#")
        if name in values and element["type"] != "file_input":
            value: Any = "" if part else values[name]
            yield (
                element["action_id"],
                ([one for one in ("yes",) if value == "yes"] if element["type"] == "checkboxes" else value),
            )


def _escaped(text: str) -> str:
    """As Slack hands over what people type."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _open(sockets: SlackSockets) -> None:
    """Slack's client looks twice a second whether there is a connection to listen to; a story need not wait for that."""
    client = sockets._handler.client
    client.current_session_runner.shutdown()
    sockets.open()
    client.current_session_runner = IntervalRunner(client._run_current_session, 0.5).start()


@contextmanager
def served(desk: Desk) -> Iterator[Workspace]:
    """A workspace of its own, Slate listening by Socket Mode. The desk's settings must name what `slack_settings` says."""
    slack = RUNNING[desk.settings.slack_api_url]
    sockets = SlackSockets(desk)
    _open(sockets)
    team = next(team for team, _ in slack.world.teams.items() if slack.token(team) == desk.settings.slack_bot_token)
    house = Workspace(desk, slack, team, sockets)
    try:
        yield house
    finally:
        sockets.close()


RUNNING: dict[str, Slack] = {}
"""The simulated Slacks of this test run, by the address of their Web API."""


@contextmanager
def slack_settings(*, every: bool = False) -> Iterator[dict[str, str]]:
    """A simulated Slack, and the settings under which Slate is installed there, by the checked-in manifest or by the long one."""
    with running(manifest(every=True) if every else yaml.safe_load(CHECKED_IN.read_text(encoding="utf-8"))) as slack:
        team = slack.do(slack.team, "Sim Studio")
        url = f"{slack.url}/api/"
        RUNNING[url] = slack
        try:
            yield {"slack_api_url": url, "slack_bot_token": slack.token(team), "slack_app_token": slack.app_token}
        finally:
            del RUNNING[url]
