"""People in the room: what they do goes over its HTTP, and what they see is read from its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx2

from bot.messages.sync import catch_up
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.errors import DatabaseUnavailable
from storage.queue import CHAT
from storage.tables import Member
from tests.shop import carry_out_commands
from tests.stories.telling import Form, Front, Seen, Told
from tests.web import Web

_VOID = frozenset({"img", "input", "meta", "link", "br", "hr", "path", "circle", "rect", "line", "use", "polyline", "source"})
_NOT_READ = frozenset({"marks", "tools", "buttons", "script", "style", "svg", "avatar"})


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: Mapping[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.attributes.get("class", "").split())

    def all(self, name: str) -> Iterator[Element]:
        """Every element below with this tag, or with this class when it begins with a dot."""
        for one in self.inside:
            if isinstance(one, Element):
                if one.tag == name or (name[0] == "." and name[1:] in one.classes):
                    yield one
                yield from one.all(name)

    def first(self, name: str) -> Element | None:
        return next(self.all(name), None)

    def text(self, without: frozenset[str] = frozenset()) -> str:
        words = (one if isinstance(one, str) else "" if _skipped(one, without) else one.text(without) for one in self.inside)
        return " ".join(" ".join(words).split())


def _skipped(one: Element, without: frozenset[str]) -> bool:
    return one.tag in without or bool(one.classes & without)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        depth = next((at for at in range(len(self.open) - 1, 0, -1) if self.open[at].tag == tag), None)
        if depth is not None:
            del self.open[depth:]

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def page(html: str) -> Element:
    """The page as a tree."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.open[0]


def seen(article: Element, thread: str = "") -> Seen:
    """One message of a page."""
    card = article.first(".card")
    pairs = [(one.first("dt"), one.first("dd")) for row in article.all(".fields") for one in row.all("div")]
    buttons = [button for row in article.all(".buttons") for button in row.all("button")]
    marks = list(article.all(".mark-chip"))
    author = article.first(".who")
    return Seen(
        ref=article.attributes["data-id"],
        author=author.text() if author else "",
        text=article.text(_NOT_READ),
        tone=next((name[5:] for name in (card.classes if card else ()) if name.startswith("tone-")), ""),
        subject=card.attributes.get("data-subject", "") if card else "",
        fields={name.text(): value.text() for name, value in pairs if name and value},
        buttons={button.text(): button.attributes.get("data-action", "") for button in reversed(buttons)},
        pictures=tuple(one.attributes["src"] for one in article.all("img") if not one.classes & {"live"}),
        originals=tuple(one.attributes["href"] for one in article.all("a") if "data-lightbox" in one.attributes),
        links=tuple(
            one.attributes["href"] for part in (".fields", ".result-fields") for row in article.all(part) for one in row.all("a")
        ),
        reactions={mark.attributes["data-emoji"]: mark.attributes["title"] for mark in marks},
        results=len(list(article.all(".result"))),
        private="private" in article.classes,
        thread=thread,
    )


@dataclass
class Browser:
    """One person's browser, in one channel."""

    client: httpx2.Client
    slug: str = "general"
    carries_out: Callable[[], None] = lambda: None
    """What Slate gets on with when something was said: commands that take long are done by the clerk."""

    def say(self, text: str, files: Sequence[tuple[str, bytes]], thread: str, key: str) -> Told:
        receipts = []
        for name, data in files:
            kept = self.client.post("/uploads", params={"name": name}, content=data)
            if kept.status_code != 200:
                facts = kept.json()
                return Told(error=facts["error"], words=f"{facts['message']} {facts['hint']}")
            receipts.append(kept.json()["receipt"])
        return self._send("say", {"text": text, "thread": int(thread) if thread else None, "receipts": receipts, "key": key})

    def press(self, action: str, on: Seen, key: str) -> Told:
        return self._send("press", {"action": action, "thread": int(on.thread) if on.thread else None, "key": key})

    def fill(self, form: Form, values: Mapping[str, str], key: str) -> Told:
        return self._send("fill", {"command": form.command, "values": dict(values), "key": key})

    def react(self, emoji: str, on: Seen, *, added: bool) -> Told:
        return self._send("react", {"message": int(on.ref), "emoji": emoji, "added": added})

    def read(self) -> list[Seen]:
        shown = page(self._page(f"/c/{self.slug}"))
        found = [seen(one) for one in shown.all("article")]
        for root in [one.attributes["data-thread"] for one in shown.all(".replies")]:
            panel = page(self._page(f"/c/{self.slug}/t/{root}/panel"))
            found += [seen(one, root) for one in panel.all("article") if one.attributes["data-id"] != root]
        return sorted(found, key=lambda one: int(one.ref))

    def open(self, address: str) -> bytes:
        return self.client.get(address).raise_for_status().content

    def _page(self, path: str) -> str:
        return self.client.get(path).raise_for_status().text

    def _send(self, what: str, body: dict[str, Any]) -> Told:
        answer = self.client.post(f"/c/{self.slug}/{what}", json=body)
        facts = answer.json()
        self.carries_out()
        form = page(facts["form"]).first("form") if facts.get("form") else None
        return Told(
            error=facts.get("error", ""),
            copied=facts.get("copy", ""),
            form=_form(form) if form else None,
            words=facts.get("said", "") or f"{facts.get('message', '')} {facts.get('hint', '')}".strip(),
            away=answer.status_code >= 500,
        )


def _form(form: Element) -> Form:
    values = {}
    for one in form.all(".form-field"):
        for control in (*one.all("input"), *one.all("textarea")):
            typed = "".join(one for one in control.inside if isinstance(one, str))
            values[control.attributes["name"]] = control.attributes.get("value", typed)
        for choice in one.all("select"):
            chosen = [option.attributes["value"] for option in choice.all("option") if "selected" in option.attributes]
            values[choice.attributes["name"]] = (chosen or [""])[0]
    return Form(form.attributes["data-command"], values)


@dataclass
class Room:
    """The room, served for one story."""

    desk: Desk
    web: Web
    platform: str = "room"

    def channel_id(self, slug: str) -> str:
        return slug

    def enter(self, name: str, slug: str = "general") -> tuple[Member, Front]:
        """Somebody comes in through the door."""
        front = Browser(self.web.client(name), slug, self.carries_out)
        return self.web.member(name), front

    def carries_out(self) -> None:
        with suppress(DatabaseUnavailable):
            if carry_out_commands(self.desk):
                catch_up(self.desk, speak={"room": RoomChat()})

    def catches_up(self) -> None:
        carry_out_commands(self.desk)
        self.desk.queue.serve([CHAT], burst=True)
        catch_up(self.desk, speak={"room": RoomChat()})


@contextmanager
def served(desk: Desk) -> Iterator[Room]:
    with Web(desk) as web:
        yield Room(desk, web)
