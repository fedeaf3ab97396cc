"""Other words for a thing: shown where no picture has the word, never instead of a word that one has."""

from __future__ import annotations

import doctest
from collections.abc import Iterator

import pytest

from core.search import ask, meanings
from core.search.ask import SearchAnswer
from storage.database import Database
from tests.corpus import NOW, Corpus, opened


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


def told(kept: tuple[Database, Corpus], text: str) -> SearchAnswer:
    with kept[0].reading() as session:
        return ask.answer(session, text, by=kept[1].people["Mia Chen"], now=NOW)


def test_the_examples_in_the_code_are_true() -> None:
    assert doctest.testmod(meanings).failed == 0


def test_another_word_for_the_thing_is_shown_and_said(kept: tuple[Database, Corpus]) -> None:
    found = told(kept, "who made the sneakers for Acme")
    assert found.sentence.startswith(
        "Nothing mentions “sneakers”, as far as you can see; showing “shoe” instead. **Mia Chen** made"
    )
    assert [one.asset.code for one in found.results] == [
        one.asset.code for one in told(kept, "who made the shoe for Acme").results
    ]


def test_a_word_that_a_picture_has_is_looked_for_as_it_stands(kept: tuple[Database, Corpus]) -> None:
    assert "instead" not in told(kept, "who made the shoe for Acme").sentence


def test_a_quoted_word_and_a_name_are_not_widened(kept: tuple[Database, Corpus]) -> None:
    assert "instead" not in told(kept, 'pictures with "sneakers" for Acme').sentence
    assert "instead" not in told(kept, "what did we make for Sneakers").sentence


def test_a_word_without_others_is_said_to_be_missing(kept: tuple[Database, Corpus]) -> None:
    assert told(kept, "who made the unicorn").sentence == "Nothing mentions “unicorn”, as far as you can see."


def test_every_line_has_two_words_or_more() -> None:
    assert [words for groups in meanings._groups().values() for words in groups if len(words) < 2] == []
