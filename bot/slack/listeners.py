"""What people do in Slack -> the same commands: say, press, fill, react. Each is acknowledged at once and done afterwards."""

from __future__ import annotations

import re
from concurrent.futures import TimeoutError as NotYet
from typing import Any

from slack_bolt import Ack, App

from bot import commands
from bot.cards import Answer, Card
from bot.command_text import write
from bot.incoming.tracked import follow, subject_at
from bot.mentions import line_of
from bot.reactions import react, stands_for
from bot.request import Attachment, ChatPlace, ChatRequest
from bot.slack import forms, payloads
from bot.slack.answers import deliver, say_sorry
from bot.slack.attachments import attachments
from bot.slack.home import publish
from bot.slack.manifest import UMBRELLA
from bot.slack.mrkdwn import heard as plain
from bot.slack.mrkdwn import sign
from bot.slack.payloads import Payload
from bot.slack.people import member_of, name_behind
from bot.slack.runtime import Front, SlackRequest
from bot.slack.workspaces import PLATFORM
from core.errors import ChatError, SlateError
from storage.tables import Member

_ANSWER_WITHIN = 2.0
"""Seconds a sent form is kept open to be told what is wrong with it; Slack waits three."""
_ACTION = re.compile(r"[a-z][a-z-]*:.*", re.DOTALL)


class Listeners:
    """What Slack tells us, a method each."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.desk = front.desk

    def register(self, app: App) -> None:
        app.command(re.compile(r"/.*"))(self.slash)
        app.event("app_mention")(self.mentioned)
        app.event("message")(self.told)
        app.event("reaction_added")(self.reacted)
        app.event("reaction_removed")(self.reacted)
        app.action(_ACTION)(self.pressed)
        app.options(re.compile(r".*", re.DOTALL))(self.searched)
        app.view(forms.FORM)(self.filled)

    # saying

    def slash(self, ack: Ack, body: Payload) -> None:
        """`/render …`, or `/slate render …`."""
        ack()
        heard = payloads.command(body)
        name, text = str(body["command"]).lstrip("/"), str(body.get("text") or "").strip()
        line = f"/{(text or 'help').lstrip('/')}" if name == UMBRELLA else f"/{name} {text}".strip()
        self.front.later(lambda: self._said(heard, line))

    def mentioned(self, body: Payload) -> None:
        """`@slate …` in a channel or a thread."""
        self.front.later(lambda: self._in_passing(body))

    def told(self, body: Payload) -> None:
        """A direct message. What else happens to messages (edits, joins, other bots) is nothing to us."""
        event = body["event"]
        if event.get("channel_type") == "im" and event.get("subtype") in (None, "file_share") and not self._by_bot(body):
            self.front.later(lambda: self._in_passing(body))

    def _by_bot(self, body: Payload) -> bool:
        """Whether a bot said it: another one, or Slate itself, whatever else the event says."""
        installed = self.front.workspaces.installed(str(body["team_id"]))
        return bool(body["event"].get("bot_id")) or (installed is not None and body["event"].get("user") == installed.bot_id)

    def _in_passing(self, body: Payload) -> None:
        heard, event = payloads.event(body), body["event"]
        installed = self.front.workspaces.of(heard.tenant)
        text = str(event.get("text") or "").replace(f"<@{installed.bot_id}>", " ").strip()
        files = event.get("files") or []
        try:
            line = line_of(self.desk, self._plain(heard, text), subject=self._subject(heard, heard.thread), files=bool(files))
        except SlateError as problem:
            say_sorry(self.front, heard, problem)
            return
        if line:
            self._said(heard, line, files)

    def _said(self, heard: SlackRequest, line: str, files: list[dict[str, Any]] | None = None) -> None:
        """Carry a line out, once, and answer it."""

        def act(member: Member, place: ChatPlace) -> Answer:
            brought: tuple[Attachment, ...] = ()
            if files:
                brought = attachments(self.front.api(heard.tenant), self.desk, files)
            return commands.answer(
                self.desk, ChatRequest(member, place, self._plain(heard, line), brought, f"slack:{heard.key}", heard.account)
            )

        self._answered(heard, act)

    # pressing and filling

    def pressed(self, ack: Ack, body: Payload) -> None:
        """A button or an entry of a menu, on a message however old."""
        ack()
        heard, action = payloads.interaction(body), payloads.action(body)
        self.front.later(lambda: self._pressed(heard, action, body))

    def _pressed(self, heard: SlackRequest, action: str, body: Payload) -> None:
        def act(member: Member, place: ChatPlace) -> Answer:
            self._adopt(heard, place, body)
            return commands.press(self.desk, member, place, action, key=f"slack:{heard.key}")

        self._answered(heard, act, in_words=False)
        if (body.get("view") or {}).get("type") == "home":
            publish(self.front, heard)

    def filled(self, ack: Ack, body: Payload) -> None:
        """A form that was sent: what is wrong with it is said below its fields, and nothing that was typed is lost."""
        heard, view = payloads.interaction(body), body["view"]
        answers: list[tuple[ChatPlace, Answer]] = []
        future = self.front.later(lambda: self._filled(heard, view, answers))
        try:
            future.result(_ANSWER_WITHIN)
        except NotYet:
            ack()
            future.add_done_callback(lambda _: self.front.later(lambda: self._finish(heard, answers)))
            return
        wrong = next((answer for _, answer in answers if answer.error), None)
        if wrong is not None and (errors := _complaints(view, wrong)):
            ack(response_action="errors", errors=errors)
            return
        ack()
        self.front.later(lambda: self._finish(heard, answers))

    def _filled(self, heard: SlackRequest, view: dict[str, Any], answers: list[tuple[ChatPlace, Answer]]) -> None:
        place = ChatPlace(PLATFORM, heard.channel, heard.thread, None, heard.tenant)
        try:
            if not self.front.is_new(heard):
                return
            heard = self.front.somewhere(heard)
            member, place = member_of(self.front, heard), self.front.place(heard)
            answers.append((place, commands.carefully(lambda: self._fill(heard, view, member, place))))
        except SlateError as problem:
            answers.append((place, commands.sorry(problem)))

    def _fill(self, heard: SlackRequest, view: dict[str, Any], member: Member, place: ChatPlace) -> Answer:
        head, *words = forms.carried(view)["command"].lstrip("/").split() or [""]
        values, files = forms.values(view)
        values = self._with_choices(heard, view, member, place, values)
        brought = attachments(self.front.api(heard.tenant), self.desk, files) if files else ()
        line = "/" + write(head, words, values)
        return commands.answer(self.desk, ChatRequest(member, place, line, brought, f"slack:{heard.key}", heard.account))

    def _with_choices(
        self, heard: SlackRequest, view: dict[str, Any], member: Member, place: ChatPlace, values: dict[str, str]
    ) -> dict[str, str]:
        """The values, with what stands behind the numbers of long choices."""
        if not any(value.startswith("#") for value in values.values()):
            return values
        fields = {one.name: one for one in self._form_of(view, member, place)}
        return {
            name: forms.chosen(value, fields[name].choices) if name in fields and fields[name].kind == "choice" else value
            for name, value in values.items()
        }

    def _form_of(self, view: dict[str, Any], member: Member, place: ChatPlace) -> tuple[Any, ...]:
        subject = forms.carried(view)["command"].split()[-1]
        form = commands.press(self.desk, member, place, f"edit:{subject}").form
        return form.fields if form else ()

    def searched(self, ack: Ack, body: Payload) -> None:
        """Somebody types into a menu that is too long to be listed."""
        heard = payloads.interaction(body)
        try:
            fields = self._form_of(body["view"], member_of(self.front, heard), self.front.place(heard))
        except SlateError:
            fields = ()  # a menu is no place to complain
        wanted = next((one for one in fields if one.name == body["action_id"]), None)
        ack(options=forms.options(wanted.choices, str(body.get("value") or "")) if wanted else [])

    def _finish(self, heard: SlackRequest, answers: list[tuple[ChatPlace, Answer]]) -> None:
        for place, answer in answers:
            deliver(self.front, heard, place, answer)

    # reacting

    def reacted(self, body: Payload) -> None:
        """An emoji was put on a message or taken off it."""
        self.front.later(lambda: self._reacted(body))

    def _reacted(self, body: Payload) -> None:
        heard, event = payloads.event(body), body["event"]
        shown, added = sign(str(event["reaction"])), event["type"] == "reaction_added"
        subject = self._subject(heard, heard.message)
        if not subject or event.get("item", {}).get("type") != "message":
            return
        place = self.front.place(heard)
        if not stands_for(self.desk, shown, place):
            return
        with self.front.one_at_a_time(f"{heard.channel}/{heard.message}/{heard.user}"):
            if self._is_there(heard, str(event["reaction"]), added) is not added:
                return  # events come in any order: what is so now was told by another one, or will be
            self._answered(
                heard, lambda member, at: _nothing(react(self.desk, member, at, subject, shown, added)), in_words=False
            )

    def _is_there(self, heard: SlackRequest, name: str, otherwise: bool) -> bool:
        """Whether the person's emoji is on the message now; as the event says when Slack does not tell."""
        try:
            said = self.front.api(heard.tenant).do("reactions_get", channel=heard.channel, timestamp=heard.message, full=True)
        except ChatError:
            return otherwise
        marks = (said.get("message") or {}).get("reactions", [])
        bare = name.partition("::")[0]
        return any(heard.user in one["users"] for one in marks if one["name"].partition("::")[0] == bare)

    # what all of them share

    def _answered(self, heard: SlackRequest, act: Any, *, in_words: bool = True) -> None:
        """Do it in the name of whoever did it, once, and deliver what came of it; an error is told to them alone."""
        try:
            if not self.front.is_new(heard):
                return
            heard = self.front.somewhere(heard)
            place = self.front.place(heard)
            member = member_of(self.front, heard)
            answer = commands.carefully(lambda: act(member, place))
            deliver(self.front, heard, place, answer, in_words=in_words)
        except ChatError:
            raise
        except SlateError as problem:
            say_sorry(self.front, heard, problem)

    def _subject(self, heard: SlackRequest, message: str) -> str:
        if not message:
            return ""
        with self.desk.reading() as session:
            return subject_at(session, PLATFORM, heard.channel, message)

    def _adopt(self, heard: SlackRequest, place: ChatPlace, body: Payload) -> None:
        """Follow a message of ours that we lost track of: it says itself what it is about."""
        names = [str(block.get("block_id", "")) for block in (body.get("message") or {}).get("blocks", [])]
        subjects = {name.removeprefix("card:") for name in names if name.startswith("card:")}
        if len(subjects) == 1 and heard.message and not self._subject(heard, heard.message):
            follow(self.desk, place, Answer(cards=(Card("", subject=subjects.pop()),)), heard.message)

    def _plain(self, heard: SlackRequest, text: str) -> str:
        return plain(text, lambda user: name_behind(self.front, heard.tenant, user))


def _nothing(answer: Answer | None) -> Answer:
    return answer or Answer()


def _complaints(view: dict[str, Any], wrong: Answer) -> dict[str, str]:
    """What is wrong, below the field it is about."""
    problem = wrong.data.get("error", {})
    facts = problem.get("facts") or {}
    one = " ".join(part for part in (problem.get("message"), problem.get("hint")) if part)
    found: dict[str, str] = {}
    for name, words in facts.get("problems") or [(facts.get("input", ""), one)]:
        block = forms.block_of(view, str(name))
        if block:
            found[block] = f"{found[block]} {words}" if block in found else f"{words} ({wrong.error})"
    return found
