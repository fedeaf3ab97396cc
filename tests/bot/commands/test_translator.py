"""A question that Slate does not understand is put to the team's language model, which is trusted with nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.desk import Desk
from core.search import translator
from core.settings import Settings
from tests.bot.conftest import Talk
from tests.receivers import Received, Receiver, Reply, receiving

STRANGE = "lemme see whodunit on the hero shoe thingamajig"
LINE = "who made hero shoe"


@pytest.fixture
def model() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def desk(desk: Desk, model: Receiver) -> Iterator[Desk]:
    translator.forget()
    chosen = {"llm_url": model.url, "llm_model": "qwen3:4b", "llm_key": "s3cret", "llm_seconds": 0.5}
    yield replace(desk, settings=desk.settings.model_copy(update=chosen))
    translator.forget()


def says(text: str, status: int = 200) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps({"choices": [{"message": {"content": text}}]}).encode()


def test_a_question_is_put_into_other_words_and_the_answer_says_so(talk: Talk, model: Receiver) -> None:
    asset = talk.finish(talk.ask())[0]
    model.answer = lambda _: says(LINE)
    answer = talk.say(f"/find {STRANGE}")
    assert answer.text.startswith(f"Taken as `{LINE}`: ")
    assert "Mia Chen" in answer.text
    assert answer.cards[0].subject == asset.code
    [asked] = model.received
    assert (asked.path, asked.headers["authorization"]) == ("/slate/chat/completions", "Bearer s3cret")
    [system, user] = asked.json["messages"]
    assert (system["role"], json.loads(user["content"]), asked.json["model"]) == ("system", STRANGE, "qwen3:4b")
    assert not any(secret in asked.body.decode() for secret in ("low sun", asset.code, "Ana Ruiz", "Vic Low"))


def test_a_question_that_is_understood_is_not_sent(talk: Talk, model: Receiver) -> None:
    talk.finish(talk.ask())
    talk.say("/find who made the hero shoe")
    talk.say("/find " + "whodunit " * 100)
    assert model.received == []


LIES: dict[str, Reply] = {
    "a name the question does not have": says("who made by:ana hero shoe"),
    "a field there is not": says("who made colour:red hero shoe"),
    "no line": says("Of course! Here you are:\nwho made hero shoe"),
    "not sure": says("UNSURE"),
    "megabytes": says("x" * 3_000_000),
    "an error": says(LINE, 500),
    "no JSON": (200, {}, b"<html>"),
    "another shape": (200, {}, b'{"choices": [{"message": {"content": {"a": 1}}}]}'),
    "a redirect": (302, {"Location": "http://127.0.0.1:1/"}, b""),
}


def test_a_model_that_lies_changes_nothing(talk: Talk, model: Receiver) -> None:
    talk.finish(talk.ask())
    model.answer = lambda _: LIES["not sure"]
    without = talk.say(f"/find {STRANGE}")
    for lie, reply in LIES.items():
        translator.forget()
        model.answer = lambda _, reply=reply: reply  # type: ignore[misc]
        answer = talk.say(f"/find {STRANGE}")
        assert (answer.text, answer.chips, answer.error) == (without.text, without.chips, ""), lie
    assert len(model.received) == len(LIES) + 1


def test_a_model_that_is_slow_or_away_is_left_alone_for_a_while(talk: Talk, model: Receiver) -> None:
    talk.finish(talk.ask())
    held: list[Received] = []

    def dawdle(got: Received) -> Reply:
        held.append(got)
        time.sleep(1)
        return says(LINE)

    model.answer = dawdle
    first, again = talk.say(f"/find {STRANGE}"), talk.say(f"/find {STRANGE}")
    assert not first.text.startswith("Taken as")
    assert first.text == again.text
    assert len(held) == 1


def test_other_words_can_be_switched_off(desk: Desk, talk: Talk) -> None:
    talk.finish(talk.ask("render text-to-image a fast car in rain"))
    with_them = talk.say("/find who made the automobile").text
    talk.desk = replace(talk.desk, settings=talk.desk.settings.model_copy(update={"llm_url": "", "other_words": False}))
    without = talk.say("/find who made the automobile").text
    assert "car" in with_them
    assert "car" not in without
    assert Settings.model_fields["llm_url"].default == ""
