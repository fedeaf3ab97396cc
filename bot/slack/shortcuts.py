"""Shortcuts: “What is this?” on any message, and asking for a picture or for pictures from anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_bolt import Ack, App

from bot import commands
from bot.cards import Answer, Card, Choice
from bot.incoming.tracked import subject_at
from bot.request import ChatPlace, ChatRequest
from bot.slack import block_kit, forms, limits, payloads
from bot.slack.answers import deliver, say_sorry
from bot.slack.attachments import attachments
from bot.slack.block_kit import CardContext
from bot.slack.manifest import FIND, RENDER, WHATIS
from bot.slack.payloads import Payload
from bot.slack.people import member_of
from bot.slack.rich_text import Json
from bot.slack.runtime import Front, SlackRequest
from bot.slack.workspaces import PLATFORM
from core.errors import NotFound, SlateError
from storage.tables import Member

OPEN_RENDER = ("open", RENDER, "Render a picture")
OPEN_FIND = ("open", FIND, "Find a picture")
_CHOSEN, _SEARCHED = "chosen", "searched"
_WORKFLOW, _QUESTION = "workflow", "question"


class Shortcuts:
    """What opens from a menu rather than from words."""

    def __init__(self, front: Front) -> None:
        self.front = front

    def register(self, app: App) -> None:
        app.shortcut({"callback_id": WHATIS, "type": "message_action"})(self.what_is_this)
        app.shortcut({"callback_id": RENDER, "type": "shortcut"})(self.render)
        app.shortcut({"callback_id": FIND, "type": "shortcut"})(self.find)
        app.action(re.compile(rf"open:({RENDER}|{FIND})"))(self.pressed)
        app.options(_WORKFLOW)(self.searched_workflows)
        app.view(_CHOSEN)(self.chosen)
        app.view(_SEARCHED)(self.searched)

    def what_is_this(self, ack: Ack, body: Payload) -> None:
        """Where the picture of a message comes from, told to whoever asks."""
        heard = payloads.interaction(body)
        self.front.later(lambda: self._what_is_this(heard, body["message"]))
        ack()

    def _what_is_this(self, heard: SlackRequest, message: dict[str, Any]) -> None:
        try:
            if not self.front.is_new(heard):
                return
            member, place = member_of(self.front, heard), self.front.place(heard)
            answer = commands.carefully(lambda: self._asked(heard, member, place, message))
            deliver(self.front, heard, place, replace(answer, private=True))
        except SlateError as problem:
            say_sorry(self.front, heard, problem)

    def _asked(self, heard: SlackRequest, member: Member, place: ChatPlace, message: dict[str, Any]) -> Answer:
        files = [one for one in message.get("files") or [] if str(one.get("mimetype", "")).startswith(("image/", "video/"))]
        if files:
            brought = attachments(self.front.api(heard.tenant), self.front.desk, files[:4])
            return commands.answer(
                self.front.desk, ChatRequest(member, place, "/whatis private:yes", brought, user_id=heard.account)
            )
        subject = self._subject(heard, message)
        if not subject:
            raise NotFound("I can see no picture in this message.", hint="Send me the picture itself.")
        return commands.answer(self.front.desk, ChatRequest(member, place, f"/provenance {subject}", user_id=heard.account))

    def _subject(self, heard: SlackRequest, message: dict[str, Any]) -> str:
        """What one of our own messages is about."""
        with self.front.desk.reading() as session:
            known = subject_at(session, PLATFORM, heard.channel, heard.message)
        names = [str(block.get("block_id", "")) for block in message.get("blocks") or []]
        shown = [name.removeprefix("card:") for name in names if name.startswith("card:")]
        return known or (shown[0] if len(shown) == 1 else "")

    def render(self, ack: Ack, body: Payload) -> None:
        """A menu of the workflows; the one that is chosen opens its form."""
        heard = payloads.interaction(body)
        self.front.later(lambda: self._open(heard, RENDER))
        ack()

    def find(self, ack: Ack, body: Payload) -> None:
        heard = payloads.interaction(body)
        self.front.later(lambda: self._open(heard, FIND))
        ack()

    def pressed(self, ack: Ack, body: Payload) -> None:
        """The same, from a button of the Home tab."""
        heard, what = payloads.interaction(body), str(body["actions"][0]["action_id"]).partition(":")[2]
        self.front.later(lambda: self._open(heard, what))
        ack()

    def _open(self, heard: SlackRequest, what: str) -> None:
        try:
            heard = self.front.somewhere(heard)
            view = self._menu(heard) if what == RENDER else _search(heard)
            self.front.api(heard.tenant).do("views_open", trigger_id=heard.trigger, view=view)
        except SlateError as problem:
            say_sorry(self.front, heard, problem)

    def _menu(self, heard: SlackRequest) -> Json:
        choices = self._workflows(heard)
        if not choices:
            raise NotFound("There are no workflows yet.", hint="/help workflows shows how to add one.")
        options = [forms.option(one, at) for at, one in enumerate(choices)]
        listed = {"type": "static_select", "options": options} if len(options) <= limits.OPTIONS else {"type": "external_select"}
        element = listed | {"action_id": _WORKFLOW} | ({} if "options" in listed else {"min_query_length": 0})
        return _asking(heard, _CHOSEN, "Render a picture", "Next", "Workflow", _WORKFLOW, element)

    def _workflows(self, heard: SlackRequest) -> list[Choice]:
        member, place = member_of(self.front, heard), self.front.place(heard)
        answer = commands.answer(self.front.desk, ChatRequest(member, place, "/workflows", user_id=heard.account))
        found = answer.data.get("workflows", [])
        return [Choice(str(one["workflow"]), str(one["title"] or one["workflow"])) for one in found]

    def searched_workflows(self, ack: Ack, body: Payload) -> None:
        try:
            choices = self._workflows(payloads.interaction(body))
        except SlateError:
            choices = []  # a menu is no place to complain
        ack(options=forms.options(choices, str(body.get("value") or "")))

    def chosen(self, ack: Ack, body: Payload) -> None:
        """The workflow's form takes the place of the menu."""
        _or_complain(ack, _WORKFLOW, lambda: self._chosen(ack, payloads.interaction(body), body["view"]))

    def _chosen(self, ack: Ack, heard: SlackRequest, view: dict[str, Any]) -> None:
        name = forms.chosen(_typed(view, _WORKFLOW), self._workflows(heard))
        member, place = member_of(self.front, heard), self.front.place(heard)
        answer = commands.press(self.front.desk, member, place, f"edit:{name}")
        if answer.form is None:
            ack(response_action="errors", errors={_WORKFLOW: answer.cards[0].title if answer.cards else answer.text})
            return
        ack(response_action="update", view=forms.modal(answer.form, {"channel": heard.channel, "thread": heard.thread}))

    def searched(self, ack: Ack, body: Payload) -> None:
        """The answer takes the place of the question, for the asker alone."""
        _or_complain(ack, _QUESTION, lambda: self._searched(ack, payloads.interaction(body), body["view"]))

    def _searched(self, ack: Ack, heard: SlackRequest, view: dict[str, Any]) -> None:
        member, place = member_of(self.front, heard), self.front.place(heard)
        line = f"/find private:yes {_typed(view, _QUESTION)}"
        answer = commands.answer(self.front.desk, ChatRequest(member, place, line, user_id=heard.account))
        if answer.error and answer.cards:
            card: Card = answer.cards[0]
            ack(response_action="errors", errors={_QUESTION: f"{card.title} {card.text} ({answer.error})"})
            return
        found = block_kit.pages(answer, CardContext(base_url=self.front.desk.settings.base_url))
        blocks = [*found[0].blocks] if found else block_kit.said("Nothing was found.")
        along = forms.carry({"channel": heard.channel, "thread": heard.thread})
        shown = {"type": "modal", "title": forms.plain("Find a picture", limits.TITLE), "private_metadata": along}
        ack(response_action="update", view=shown | {"close": forms.plain("Close", limits.TITLE), "blocks": blocks})


def _or_complain(ack: Ack, block: str, act: Callable[[], None]) -> None:
    """Answer a sent form; what goes wrong is said below its field."""
    try:
        act()
    except SlateError as problem:
        ack(response_action="errors", errors={block: f"{problem.message} {problem.hint} ({problem.code})"})


def _search(heard: SlackRequest) -> Json:
    element = {"type": "plain_text_input", "action_id": _QUESTION, "max_length": 2000}
    element["placeholder"] = forms.plain("who made the depth shot for Acme", limits.PLACEHOLDER)
    return _asking(heard, _SEARCHED, "Find a picture", "Find", "Question", _QUESTION, element)


def _asking(heard: SlackRequest, callback: str, title: str, submit: str, label: str, block: str, element: Json) -> Json:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": forms.carry({"channel": heard.channel, "thread": heard.thread}),
        "title": forms.plain(title, limits.TITLE),
        "submit": forms.plain(submit, limits.TITLE),
        "close": forms.plain("Cancel", limits.TITLE),
        "blocks": [{"type": "input", "block_id": block, "label": forms.plain(label, limits.LABEL), "element": element}],
    }


def _typed(view: dict[str, Any], name: str) -> str:
    state = view["state"]["values"][name][name]
    return str((state.get("selected_option") or {}).get("value") or state.get("value") or "")
