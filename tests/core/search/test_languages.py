"""Questions in other languages: recognised, read as the English question that means the same, and answered in their language."""

from __future__ import annotations

import doctest
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.search import ask, languages
from core.search.languages import files, foreign_dates, ordering, recognising, saying, wording
from storage.database import Database
from tests.corpus import NOW, Corpus, opened

_SETS = Path(__file__).parents[2] / "data" / "questions"
_FILES = Path(languages.__file__).parent


@pytest.mark.parametrize("module", [foreign_dates, ordering, recognising, saying, wording])
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
    assert code in ("ja", "zh") or len(found.marks) > 40


def test_english_questions_are_not_taken_for_another_language() -> None:
    asked = [one for name in "abc" for one in json.loads((_SETS / f"questions_{name}.json").read_text("utf-8"))]
    english = [one["text"] for one in asked if one["language"] == "en"]
    others = [one for one in asked if one["language"] != "en"]

    assert [text for text in english if languages.recognised(text)] == []
    assert sum(languages.recognised(one["text"]) == one["language"] for one in others) >= len(others) - 8


_SENTENCES = """
**Mia Chen** made it on 12 March: `R-MBYF`, approved. 2 similar.
Made with LoRA **a.safetensors**: `R-1772` by Mia Chen, 16 March. 7 similar, 3 of them with something else.
The seed was **4243**: `R-MBYF` by Mia Chen, 12 March, approved.
The prompt was “**low sun**”: `R-MBYF` by Mia Chen, yesterday.
**On 2 February, 12:00**, by Mia Chen: `R-G5MK`, approved. 1 similar.
**3**: client Acme · in march, from 2 renders; 1 of them uploaded.
**Mia Chen** approved it on 2 February: `R-G5MK` by Mia Chen, 2 February.
**Mia Chen** (2) and **Ana Ruiz** (1) rejected them; the last on 5 December 2025: `R-G5MK`.
From `R-G5MK` by Mia Chen, 2 February came **`A-V0K5` (image)**.
`R-Z424` by Mia Chen, 3 February was made from **`A-C25M` (image)**.
**Mia Chen** (4) has the most: client Acme.
**2** people: Mia Chen and Ana Ruiz.
**Acme** 6, **Globex** 4; 14 in all.
**Acme**: 6 against 4.
Nothing mentions “soup”, as far as you can see. Without it: **Mia Chen** made one that is approved and 3 more, today: `R-MBYF`.
Nothing is all of this: depth · client Acme. Without client Acme there are 4; the nearest is `R-J8SH` by Mia Chen, 14 March.
**Yes**, 3. The newest is `R-J8SH` by Mia Chen, today, needs work.
**No**, it is **not decided yet**: `R-J8SH` by Mia Chen, 14 March.
**No**, nothing: client Acme · by Mia Chen.
**12** found; the best fit is `R-J8SH` by **Mia Chen** for Acme, 14 March, rejected.
**Nothing** was exported: client Acme.
It took **24 min**: `R-J8SH` by Mia Chen, 14 March. 3 similar.
It ran on **gpu-02**: `R-J8SH` by Mia Chen, 14 March.
""".strip().split("\n")
_ENGLISH = re.compile(
    r"\b(?:the|of|are|is|it|was|made|with|that|and|found|by|for|on|in|all|nothing|without|similar|from|has)\b", re.I
)


@pytest.mark.parametrize("code", languages.NAMES)
@pytest.mark.parametrize("sentence", _SENTENCES)
def test_an_answer_is_said_in_full_in_the_language(sentence: str, code: str) -> None:
    said = languages.answered(sentence, code, ["Mia Chen", "Ana Ruiz", "Acme", "Globex"])

    assert not [word for word in _ENGLISH.findall(said) if word not in ("in", "all")], said
    assert re.findall(r"`[^`]+`", said) == re.findall(r"`[^`]+`", sentence)
    assert "Mia Chen" in said or "Mia Chen" not in sentence
    assert not re.search("[\ue000-\uf8ff]", said)


def test_a_name_that_is_a_word_of_answers_stays_as_it_is() -> None:
    assert languages.answered("**Today Toys** (103) has the most.", "fr", ["Today Toys"]) == "**Today Toys** (103) en a le plus."


def test_what_a_button_asks_can_be_answered_in_another_language() -> None:
    assert languages.answer_language("client:acme language:ja") == ("client:acme", "ja")
    assert languages.answer_language("client:acme language:xx") == ("client:acme language:xx", "")


_FORMS = tomllib.loads((_SETS / "forms.toml").read_text("utf-8"))


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    with opened(request) as corpus:
        yield corpus


@pytest.mark.parametrize("english", _FORMS)
def test_a_question_means_the_same_in_every_language(kept: tuple[Database, Corpus], english: str) -> None:
    def told(text: str) -> tuple[object, ...]:
        found = ask.answer(session, text, by=kept[1].people["Mia Chen"], now=NOW)
        return found.want, [one.asset.code for one in found.results], found.rows, re.findall(r"\*\*(.*?)\*\*", found.sentence)

    with kept[0].reading() as session:
        wanted = told(english)
        asked = [(code, text) for code, texts in _FORMS[english].items() for text in texts]
        assert [text for code, text in asked if languages.recognised(text) != code] == []
        assert [text for _code, text in asked if told(f"{text} language:en") != wanted] == []


def test_a_german_question_has_german_chips_and_buttons(kept: tuple[Database, Corpus]) -> None:
    with kept[0].reading() as session:
        found = ask.answer(session, "wer hat die Bilder für Acme im März gemacht", by=kept[1].people["Mia Chen"], now=NOW)
        assert found.understood == ("gefragt: wer", "Kunde Acme", "im März")
        assert [one.label for one in found.without] == ["Kunde Acme", "im März"]
        again = ask.answer(session, found.without[1].text, by=kept[1].people["Mia Chen"], now=NOW)
    assert found.without[1].text.endswith("language:de")
    assert "hat " in again.sentence


@pytest.mark.parametrize("words", ["wer hat das Bild gemacht ", "誰が作ったか花子の画像を見せて", "qui a fait le plus de "])
def test_a_message_as_long_as_a_book_is_not_translated(words: str) -> None:
    assert languages.recognised(words) != ""
    assert languages.recognised(words * 4_000) == ""
