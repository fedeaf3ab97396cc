"""Help is generated from the table, and nothing in the table goes without."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from bot import command_text, commands
from bot.cards import Answer, answer_to_json
from bot.commands.command import Command
from bot.commands.help import FAMILIES
from bot.commands.reference import manual
from bot.request import ChatPlace, ChatRequest
from core.desk import Desk
from core.settings import Settings
from storage.blobs import open_blobs
from storage.database import Database
from storage.queue import Queue
from storage.tables import Member
from tests.bot.conftest import Talk

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("command", commands.TABLE, ids=lambda one: one.name)
def test_every_command_has_a_summary_an_example_and_a_family(command: Command) -> None:
    assert command.summary.endswith(".")
    assert len(command.summary) <= 100
    assert command.examples
    assert sum(command.name in names for names in FAMILIES.values()) == 1
    for example in command.examples:
        assert command_text.read(example).command == command.name
    assert all(option.help.endswith(".") for option in command.options)


def test_the_manual_is_what_the_table_says() -> None:
    assert (DOCS / "commands.md").read_text() == manual(), "run: python -m bot.commands.reference > docs/commands.md"


def test_every_name_is_taken_once() -> None:
    names = [name for command in commands.TABLE for name in (command.name, *command.aliases)]
    assert len(names) == len(set(names)) == len(commands.BY_NAME)


def test_help_lists_everything_and_the_reactions(talk: Talk) -> None:
    answer = talk.say("/help")
    shown = "\n".join(field.value for field in answer.cards[0].fields)
    assert answer.private
    assert all(f"/{command.name}" in shown for command in commands.TABLE)
    assert "✅  approve" in shown
    assert {one["name"] for one in answer.data["commands"]} == {command.name for command in commands.TABLE}


def test_help_for_one_command_and_for_a_mistyped_one(talk: Talk) -> None:
    card = talk.say("help /render").cards[0]
    assert card.title.startswith("/render WORKFLOW")
    assert any("text-to-image" in field.value for field in card.fields)
    assert talk.press("help:render").cards == (card,)
    assert "Did you mean `reroll`?" in talk.say("help rerol").cards[0].text


def test_nothing_said_is_a_question_for_help(talk: Talk) -> None:
    assert talk.say("").cards[0].title == talk.say("/").cards[0].title == "Commands"


def test_workflows_are_listed_with_forms_and_shown_with_inputs(talk: Talk) -> None:
    answer = talk.say("workflows")
    assert {"text-to-image", "image-to-image", "product-depth", "upscale"} <= {
        one["workflow"] for one in answer.data["workflows"]
    }
    assert all(talk.press(button.action).form for button in answer.cards[0].buttons)
    one = talk.say("workflows text-to-image@1")
    assert one.cards[0].title == "text-to-image@1"
    assert {"prompt", "seed", "steps"} <= {spec["name"] for spec in one.data["workflows"][0]["inputs"]}
    assert talk.say("workflows txt-to-image").error == "unknown-workflow"


def test_a_button_nobody_knows_answers_politely(talk: Talk) -> None:
    for action in ("", "dance", "dance:R-4F2K", ":", "form:text-to-image"):
        answer = talk.press(action)
        assert answer.error == "unknown-command"
        assert answer.cards[0].text


def test_options_a_command_does_not_take_are_named(talk: Talk) -> None:
    answer = talk.say("queue mien:yes")
    assert answer.error == "unknown-input"
    assert answer.cards[0].text == "Did you mean `mine`?"
    assert "/help workflows" in talk.say("workflows nonsense:1").cards[0].text


def test_a_fault_of_ours_is_an_apology_with_the_id_that_is_in_the_log() -> None:
    def broken() -> Answer:
        raise ZeroDivisionError("private detail")

    with structlog.testing.capture_logs() as logged:
        answer = commands.carefully(broken)
    incident = answer.data["error"]["facts"]["incident"]
    assert answer.error == "internal-error"
    assert incident in answer.cards[0].title
    assert "private detail" not in repr(answer)
    assert [one["incident"] for one in logged] == [incident]


def test_every_answer_is_ready_for_json(talk: Talk) -> None:
    for line in ("/help", "workflows", "queue", "nonsense", "render", "workflows upscale", "edit text-to-image"):
        answer = talk.say(line)
        assert answer.data
        assert answer_to_json(answer)


def test_a_database_that_is_away_is_said_and_nothing_breaks(settings: Settings) -> None:
    away = Desk(settings, Database("postgresql://nobody@127.0.0.1:1/none"), open_blobs(settings.blobs), Queue(settings.redis))
    member, place = Member(id=1, name="Mia", name_key="mia"), ChatPlace("room", "general")
    for line in ("queue", "render text-to-image a shoe", "find hero", "approve A-7Q0D"):
        assert commands.answer(away, ChatRequest(member, place, line)).error == "database-unavailable"
    assert commands.complete(away, member, place, "/render ", 8) == []
    away.close()


@given(st.text(max_size=200) | st.tuples(st.sampled_from(sorted(commands.BY_NAME)), st.text(max_size=80)).map(" ".join))
@settings_of_hypothesis(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_said_there_is_an_answer(talk: Talk, text: str) -> None:
    answer = talk.say(text)
    assert answer.error != "internal-error", answer
    assert answer_to_json(answer)
