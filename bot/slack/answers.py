"""What becomes of an Answer in Slack: a message for everybody, one for the asker alone, a form, or the card's change alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from bot.cards import Answer, Button, Card, Form
from bot.commands import sorry
from bot.incoming.tracked import follow, worth_a_message
from bot.request import ChatPlace
from bot.slack import block_kit, forms
from bot.slack.api import Api
from bot.slack.block_kit import BlockPage, CardContext
from bot.slack.pictures import files_for
from bot.slack.runtime import Front, SlackRequest
from bot.slack.saying import say_to_one, send
from core.errors import ChatBusy, ChatError, SlateError

log = structlog.get_logger(__name__)

TRIES = 4
"""Attempts at saying something to somebody who waits for it."""
_LONGEST_PAUSE = 5.0


def deliver(front: Front, heard: SlackRequest, place: ChatPlace, answer: Answer, *, in_words: bool = True) -> None:
    """Show the answer where it belongs.

    A new render's own message is its answer and comes by itself. `in_words=False`: a button or an emoji that is answered in words
    alone gets no message for everybody, as the result is on the card; whoever pressed it is told, with a way to undo it.
    Raises SlateError when nobody could be told.
    """
    if answer.form is not None:
        open_form(front, heard, answer.form)
    elif worth_a_message(answer):
        if answer.private or answer.error:
            whisper(front, heard, answer)
        elif in_words or answer.cards:
            _speak(front, heard, place, answer)
        elif answer.buttons:
            whisper(front, heard, answer)
    elif answer.note and not in_words:
        whisper(front, heard, Answer(answer.note))


def say_sorry(front: Front, heard: SlackRequest, problem: SlateError) -> None:
    """Tell somebody why it did not work, where that is possible at all."""
    try:
        whisper(front, heard, sorry(problem))
    except ChatError as also:
        log.warning("slack.not-told", code=problem.code, why=also.message)


def whisper(front: Front, heard: SlackRequest, answer: Answer) -> None:
    """Show the answer to the asker only."""
    api = front.api(heard.tenant)
    for page in _pages(front, api, answer):
        _patiently(partial(say_to_one, api, heard, page))


def open_form(front: Front, heard: SlackRequest, form: Form) -> None:
    """Put a form before somebody; when Slack no longer allows it, a button that does."""
    along = {"channel": heard.channel, "thread": heard.thread}
    try:
        front.api(heard.tenant).do("views_open", trigger_id=heard.trigger, view=forms.modal(form, along))
    except ChatError as problem:
        if "trigger" not in str(problem.facts.get("slack", "")) and heard.trigger:
            raise
        subject = form.command.split()[-1]
        card = Card(form.title, text="Press to open the form.", buttons=(Button("edit", subject, "Open the form", "primary"),))
        whisper(front, heard, Answer(cards=(card,), private=True))


def _speak(front: Front, heard: SlackRequest, place: ChatPlace, answer: Answer) -> None:
    """Say it to everybody in the channel, and follow what it is about from then on."""
    api = front.api(heard.tenant)
    try:
        for number, page in enumerate(_pages(front, api, answer)):
            reference = _patiently(partial(send, api, heard.channel, page, heard.thread))
            if number == 0:
                follow(front.desk, place, answer, str(reference))
    except ChatError as problem:
        if isinstance(problem, ChatBusy):
            log.warning("slack.answer-late", why=problem.message)
        say_sorry(front, heard, problem)


def _pages(front: Front, api: Api, answer: Answer) -> list[BlockPage]:
    pictures = [one for card in answer.cards for one in card.pictures]
    files = _patiently(lambda: files_for(api, front.desk, pictures)) if pictures else {}
    return block_kit.pages(answer, CardContext(files, front.desk.settings.base_url))


def _patiently(act: Callable[[], Any]) -> Any:
    """Do it, a few times if Slack asks for a pause: somebody waits for it, and it is in no outbox. Raises ChatBusy in the end."""
    for attempt in range(TRIES):
        try:
            return act()
        except ChatBusy as busy:
            if attempt == TRIES - 1 or busy.retry_after > _LONGEST_PAUSE:
                raise
            time.sleep(min(_LONGEST_PAUSE, busy.retry_after or 0.5))
    return None
