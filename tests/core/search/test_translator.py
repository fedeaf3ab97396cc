"""The lines that a language model is told to write are lines that Slate understands, and it can only say what was asked."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.search import ask, translator
from storage.database import Database
from tests.corpus import NOW, Corpus, opened

INSTRUCTIONS = (Path(translator.__file__).parent / "translator_instructions.txt").read_text("utf-8")
EXAMPLES = re.findall(r'^Q: "(.+)"\nA: (.+)$', INSTRUCTIONS, re.MULTILINE)


@pytest.fixture(scope="module", params=["sqlite"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


def taken(kept: tuple[Database, Corpus], line: str, question: str) -> ask.SearchAnswer:
    with kept[0].reading() as session:
        return ask.answer(session, line, by=kept[1].people["Mia Chen"], now=NOW, other_words=False, taken_from=question)


def test_the_line_is_taken_out_of_what_a_model_wrote() -> None:
    assert doctest.testmod(translator).failed == 0


@pytest.mark.parametrize(("question", "line"), [example for example in EXAMPLES if example[1] != "UNSURE"])
def test_every_line_of_the_instructions_is_understood(kept: tuple[Database, Corpus], question: str, line: str) -> None:
    found = taken(kept, line, question)
    assert not found.unsure, found
    assert f"`{line}`" in found.sentence


@pytest.mark.parametrize(
    "fields", [re.findall(r'[a-z]+:(?:"[^"]+"|[^\s|]+)(?:\|[a-z0-9-]+)*', INSTRUCTIONS.split("Examples:")[0])]
)
def test_every_condition_of_the_instructions_can_be_typed(kept: tuple[Database, Corpus], fields: list[str]) -> None:
    typed = [f"{name}:{value}" for field in fields for name, values in [field.split(":", 1)] for value in re.split(r"\|", values)]
    assert len(typed) > 30
    for one in typed:
        if one != "field:value,":
            with kept[0].reading() as session:
                ask.answer(session, one, by=kept[1].people["Mia Chen"], now=NOW)


@pytest.mark.parametrize(
    ("question", "line", "why"),
    [
        ("whodunit, the penguins", "who made by:kit penguins", "a name that the question does not have"),
        ("whodunit, the penguins", "who made client:globex penguins", "a client that the question does not have"),
        ("whodunit, the penguins", "who made client:initech penguins", "a name that nobody has"),
        ("whodunit, the penguins", "who made walruses", "a word that no picture has"),
        ("what has Mia made", "show me by:mia", "two people are called so"),
        ("whodunit, the penguins", "who made penguins. how many by:kit", "two questions"),
    ],
)
def test_a_line_that_says_more_than_was_asked_is_not_trusted(
    kept: tuple[Database, Corpus], question: str, line: str, why: str
) -> None:
    found = taken(kept, line, question)
    assert found.unsure or found.choices, why


def test_a_line_may_say_a_name_as_the_question_spells_it_or_mean_the_asker(kept: tuple[Database, Corpus]) -> None:
    assert not taken(kept, 'show me by:"Zoë Ørsted"', "gimme zoe orsteds stuff pls").unsure
    assert not taken(kept, "show me is:mine", "whatever I cranked out").unsure
    assert not taken(kept, "how many client:Globex", "gimme the globex tally").unsure


def test_the_answer_says_how_the_question_was_taken_in_its_own_language(kept: tuple[Database, Corpus]) -> None:
    found = taken(kept, 'how many by:"Mia Chen" client:Acme', "Wie viele Bilder von Mia Chen hat Acme bekommen?")
    assert found.sentence.startswith('Gedeutet als `how many by:"Mia Chen" client:Acme`: ')
