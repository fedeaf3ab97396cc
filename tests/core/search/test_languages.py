"""Questions in other languages: recognised, read as the English question that means the same, and answered in their language."""

from __future__ import annotations

import doctest
import json
import tomllib
from pathlib import Path

import pytest

from core.search import languages
from core.search.languages import files, foreign_dates, recognising, wording

_SETS = Path(__file__).parents[2] / "data" / "questions"
_FILES = Path(languages.__file__).parent


@pytest.mark.parametrize("module", [foreign_dates, recognising, wording])
def test_the_examples_in_the_language_code_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("code", languages.NAMES)
def test_every_thing_has_a_name_in_every_language(code: str) -> None:
    things = tomllib.loads((_FILES / "things.toml").read_text("utf-8"))
    assert [thing for thing, names in things.items() if not names.get(code, "").split()] == []


@pytest.mark.parametrize("code", languages.EUROPEAN)
def test_a_word_in_a_form_the_file_does_not_have_is_read_by_its_stem(code: str) -> None:
    forms = {"de": "gerendertem", "fr": "approuvaient", "es": "rechazaban", "pt": "aprovavam"}
    meant = {"de": "rendered", "fr": "approved", "es": "rejected", "pt": "approved"}
    assert languages.in_english(forms[code], code) == meant[code]


def test_a_german_compound_is_read_by_its_parts() -> None:
    assert languages.in_english("Kundenbilder", "de") == "clients pictures"
    known = languages.Known(has=lambda word: word == "lumen")
    assert languages.in_english("alle Lumenversionen", "de", known) == "all lumen versions"


def test_a_word_that_pictures_have_stays_as_it_is() -> None:
    known = languages.Known(has=lambda word: word == "vapor")
    assert languages.in_english("fotos con vapor", "es", known) == "pictures with vapor"
    assert languages.in_english("fotos con vapor", "es") == "pictures with steam"


def test_english_out_of_a_frame_is_not_translated_again() -> None:
    assert languages.in_english("le client avec le plus de rendus", "fr") == "the client with the most renders"


def test_a_name_that_english_takes_for_a_date_is_written_as_a_condition() -> None:
    known = languages.Known(name=lambda said: 'project:"Spring"' if said == "Spring" else "")
    assert languages.in_english("les images de Spring", "fr", known) == 'the pictures of the project:"Spring"'


def test_what_a_person_made_is_by_them() -> None:
    known = languages.Known(name=lambda said: said if said == "Zoë" else "", person=lambda said: said == "Zoë")
    assert languages.in_english("le dernier rendu de Zoë", "fr", known) == "the last renders by Zoë"


@pytest.mark.parametrize("code", languages.NAMES)
def test_a_language_file_has_what_it_needs(code: str) -> None:
    found = files.language(code)
    assert found.phrases
    assert found.things
    assert found.answers
    assert code in ("ja", "zh") or len(found.marks) > 40


def test_english_questions_are_not_taken_for_another_language() -> None:
    asked = [one for name in "abc" for one in json.loads((_SETS / f"questions_{name}.json").read_text("utf-8"))]
    english = [one["text"] for one in asked if one["language"] == "en"]
    others = [one for one in asked if one["language"] != "en"]

    assert [text for text in english if languages.recognised(text)] == []
    assert sum(languages.recognised(one["text"]) == one["language"] for one in others) >= len(others) - 8
