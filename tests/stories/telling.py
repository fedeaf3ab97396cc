"""How a story is told: people who say, drop, press, react and see, on whichever front end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from storage.tables import Member
from tests.waiting import until

PATIENCE = 30.0
"""Seconds after which what somebody should see is not going to come."""
_keys = itertools.count(1)


@dataclass(frozen=True)
class Seen:
    """One message as one person sees it."""

    ref: str
    """The front end's own id of the message."""
    author: str
    text: str
    """Every word of it, blanks folded; with those of its card, but not its buttons and reactions."""
    tone: str = ""
    """How its card stands out: queued, running, done, failed, error …"""
    subject: str = ""
    """What its one card is about, such as R-4F2K."""
    fields: Mapping[str, str] = field(default_factory=dict)
    buttons: Mapping[str, str] = field(default_factory=dict)
    """Label -> what it does."""
    pictures: tuple[str, ...] = ()
    """Addresses of the pictures as they are shown."""
    originals: tuple[str, ...] = ()
    """Addresses of the files themselves."""
    links: tuple[str, ...] = ()
    """Addresses behind words of the message."""
    reactions: Mapping[str, str] = field(default_factory=dict)
    """Emoji -> who."""
    results: int = 0
    """How many pictures a search lists."""
    private: bool = False
    thread: str = ""
    """The message whose thread it is in, or empty."""


@dataclass(frozen=True)
class Form:
    """A form in front of somebody: what it completes, and what stands in it."""

    command: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """What somebody is told at once when they do something, and the message it became, if any."""

    error: str = ""
    copied: str = ""
    form: Form | None = None
    words: str = ""
    away: bool = False
    """Whether there was nobody to tell it to: then nothing can be read, either."""
    seen: Seen | None = None
    """The newest message there is for them now."""


class Front(Protocol):
    """One person at one front end."""

    def say(self, text: str, files: Sequence[tuple[str, bytes]], thread: str, key: str) -> Told: ...
    def press(self, action: str, on: Seen, key: str) -> Told: ...
    def fill(self, form: Form, values: Mapping[str, str], key: str) -> Told: ...
    def react(self, emoji: str, on: Seen, *, added: bool) -> Told: ...
    def read(self) -> list[Seen]:
        """Everything the person sees in the channel and its threads, oldest first."""
        ...

    def open(self, address: str) -> bytes: ...


class House(Protocol):
    """A front end, served for one story."""

    platform: str

    def channel_id(self, slug: str) -> str:
        """The platform's own id of a channel."""
        ...

    def enter(self, name: str, slug: str = "general") -> tuple[Member, Front]:
        """Somebody who is known comes into a channel, perhaps once more; a stranger becomes a Member."""
        ...

    def catches_up(self) -> None:
        """Show what is behind, as the clerk does."""
        ...


@dataclass
class Person:
    """Somebody in the channel. Every verb is one thing a person does."""

    name: str
    member: Member
    front: Front
    waiting: Callable[[], None] = lambda: None
    """What Slate gets on with while the person waits."""

    def says(self, text: str, *files: bytes, to: Seen | None = None, key: str = "") -> Told:
        """Say something, with pictures, in the channel or in the thread of `to`."""
        named = [(f"picture-{number}.png", data) for number, data in enumerate(files, 1)]
        return self._newest(self.front.say(text, named, (to.thread or to.ref) if to else "", key or self._key()))

    def drops(self, data: bytes, name: str = "picture.png", words: str = "") -> Told:
        """Drop a file in; without words that asks what it is."""
        return self._newest(self.front.say(words, [(name, data)], "", self._key()))

    def asks(self, text: str, *files: bytes, to: Seen | None = None) -> Seen:
        """Say a command that has to work, and give the message that is its answer."""
        told = self.says(text, *files, to=to)
        assert not told.error, f"{self.name} said {text[:100]!r} and was told {told.error}: {told.seen}"
        assert told.seen is not None
        return told.seen

    def presses(self, label: str, on: Seen, key: str = "") -> Told:
        """Press the button with this label."""
        return self._newest(self.front.press(on.buttons[label], on, key or self._key()))

    def fills(self, form: Form | None, **values: str) -> Told:
        """Change some answers of a form and send it."""
        assert form is not None, "there is no form to fill"
        return self._newest(self.front.fill(form, {**form.values, **values}, self._key()))

    def reacts(self, emoji: str, to: Seen) -> Told:
        return self.front.react(emoji, to, added=True)

    def takes_back(self, emoji: str, from_: Seen) -> Told:
        return self.front.react(emoji, from_, added=False)

    def is_refused(self, text: str, code: str, *words: str, files: Sequence[bytes] = ()) -> Seen:
        """Say something that is refused with this code, in a sentence with these words and what to do about it."""
        told = self.says(text, *files)
        shown = told.seen
        assert shown is not None
        assert (told.error or shown.text.split()[-1]) == code, (told.error, told.words, shown)
        assert (shown.tone, shown.private) == ("error", True), shown
        assert [word for word in words if word not in shown.text] == [], shown.text
        assert shown.text.endswith(code)
        assert "Traceback" not in shown.text
        return shown

    def sees(self, *words: str, again: Seen | None = None) -> Seen:
        """The newest message with all these words (`again`: that same message), waiting for it a little."""
        found: list[Seen] = []

        def there() -> bool:
            found[:] = [one for one in self.front.read() if _shows(one, words) and (again is None or one.ref == again.ref)]
            if not found:
                self.waiting()
            return bool(found)

        until(there, f"{self.name} sees {words}; there is {self.texts()[-4:]}", PATIENCE)
        return found[-1]

    def does_not_see(self, *words: str) -> None:
        shown = [one.text for one in self.front.read() if _shows(one, words)]
        assert shown == [], f"{self.name} sees {shown}"

    def texts(self) -> list[str]:
        """Everything that is there to be read, oldest first."""
        return [one.text for one in self.front.read()]

    def opens(self, address: str) -> bytes:
        """The bytes behind an address in a message."""
        return self.front.open(address)

    def _newest(self, told: Told) -> Told:
        shown = [] if told.away else self.front.read()
        return replace(told, seen=shown[-1] if shown else None)

    def _key(self) -> str:
        return f"{self.name}-key-{next(_keys):06}"


def _shows(message: Seen, words: Sequence[str]) -> bool:
    return all(word in message.text for word in words)
