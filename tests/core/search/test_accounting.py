"""Each word of a question that would change the answer has its place in it, or is named before the answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.search import messages, parser
from core.search.conditions import Question
from core.search.entities import KnownName, Vocabulary
from core.search.lexicon import Want
from storage.search import FacetField
from storage.search.tally import Group

_NAMES = Vocabulary(
    (
        KnownName(FacetField.BY, "1", "Mia Chen", ("mia chen", "mia")),
        KnownName(FacetField.BY, "2", "Lukas Brandner", ("lukas brandner", "lukas")),
        KnownName(FacetField.CLIENT, "1", "Acme", ("acme",), frozenset({1})),
        KnownName(FacetField.SHOT, "lobby", "lobby", ("lobby",), frozenset({1})),
        KnownName(FacetField.SHOT, "pool", "pool", ("pool",), frozenset({1})),
    )
)


def _read(text: str) -> Question:
    me = _NAMES.names[0]
    return parser.understand(text, _NAMES, datetime(2026, 3, 25, 12, tzinfo=UTC), UTC, me=me)


@pytest.mark.parametrize(
    ("text", "unplaced"),
    [
        ("which pictures have you sent us already?", ("us",)),
        ("what did you make for us in march", ("us",)),
        ("has anything of ours been exported", ("ours",)),
        ("did Lukas rubberstamp my renders for Acme", ("my",)),
        ("the Acme pictures without a shot name", ("without",)),
    ],
)
def test_a_word_without_a_place_is_named(text: str, unplaced: tuple[str, ...]) -> None:
    assert set(unplaced) & set(_read(text).unplaced)


@pytest.mark.parametrize(
    "text",
    [
        "who approved the newest lobby picture",
        "show us the lobby pictures for Acme",
        "pictures by Mia and Lukas for Acme",
        "which of us made the most for Acme",
        "the lobby pictures that were not approved",
        "i do not remember who made the lobby for Acme",
        "how many renders per client",
        "more renders for Acme this month than last month?",
    ],
)
def test_words_with_a_place_are_not_named(text: str) -> None:
    assert _read(text).unplaced == ()


@pytest.mark.parametrize(
    ("text", "want", "others"),
    [
        ("lobby, most recent one, seed no.?", Want.SEED, ()),
        ("pls share the prompt and cfg, newest lobby", Want.SETTINGS, (Want.PROMPT,)),
        ("newest lobby, which artist and server", Want.WHO, (Want.SERVER,)),
        ("the lobby loras", Want.LIST, ()),
    ],
)
def test_a_noun_that_nothing_else_took_is_what_is_asked_for(text: str, want: Want, others: tuple[Want, ...]) -> None:
    question = _read(text)
    assert (question.want, question.others) == (want, others)


def test_several_names_with_how_many_each_are_told_apart() -> None:
    assert _read("lobby / pool: how many pictures each").frame.per is Group.SHOT


def test_what_stands_before_a_colon_is_what_the_rest_is_about() -> None:
    assert messages.parts("lobby: who made it? and when?", _NAMES.says) == ["who made it, lobby", "and when?"]
    assert messages.parts("quick one: who made it?", _NAMES.says) == ["quick one: who made it?"]


def test_a_part_that_only_narrows_is_no_question_of_its_own() -> None:
    said = messages.parts("which other people did the lobby? not me")
    (question,) = messages.together(_read(said[0]), [(_read(part), part) for part in said[1:]])
    assert [one.label for one in question.conditions if not one.implied] == ["shot lobby", "not by Mia Chen"]


def test_what_only_the_second_part_names_is_what_the_first_is_about_too() -> None:
    said = messages.parts("who rejected and who approved pictures for Acme")
    first, second = messages.together(_read(said[0]), [(_read(part), part) for part in said[1:]])
    assert "client Acme" in first.understood
    assert "client Acme" in second.understood


def test_a_part_that_nothing_is_made_of_is_named() -> None:
    said = messages.parts("was any lora used for Acme? Which?")
    (question,) = messages.together(_read(said[0]), [(_read(part), part) for part in said[1:]])
    assert question.unplaced == ("Which",)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Acme pictures, but not those with depth", "not technique depth"),
        ("list upscales for Acme which did not go through canny", "not technique canny"),
        ("lobby renders, just not the upscaled stuff", "not technique upscale"),
    ],
)
def test_a_negation_turns_round_what_is_named_right_after_it(text: str, label: str) -> None:
    question = _read(text)
    assert (label in question.understood, question.unplaced) == (True, ())


def test_what_is_said_behind_from_is_of_the_pictures_that_others_were_made_from() -> None:
    question = _read("lobby renders made from Mia's pictures by someone else")
    (made,) = [one for one in question.conditions if one.inner]
    assert [one.label for one in made.inner if not one.implied] == ["by Mia Chen"]
    assert question.understood == ("shot lobby", "not by Mia Chen", "made from pictures by Mia Chen")


def test_a_number_that_no_shot_of_its_name_has_is_no_shot() -> None:
    spreads = tuple(KnownName(FacetField.SHOT, f"spread {at}", f"spread {at}", (f"spread {at}",)) for at in (3, 7))
    question = parser.understand("is spread 12 approved?", Vocabulary(spreads), datetime(2026, 3, 25, tzinfo=UTC), UTC)
    assert question.strangers == ("spread 12",)


def test_a_project_called_by_a_word_of_questions_is_one_where_it_has_a_capital() -> None:
    names = Vocabulary((*_NAMES.names, KnownName(FacetField.PROJECT, "1", "Daily", ("daily",), frozenset({1}))))
    question = parser.understand("how many renders in Daily this week", names, datetime(2026, 3, 25, tzinfo=UTC), UTC)
    assert "project Daily" in question.understood
    assert question.frame.per is None


def test_a_word_of_exports_is_no_part_of_a_name() -> None:
    names = Vocabulary((*_NAMES.names, KnownName(FacetField.CLIENT, "2", "Public Library", ("public library",), frozenset({2}))))
    question = parser.understand("what has been made public", names, datetime(2026, 3, 25, tzinfo=UTC), UTC)
    assert question.understood == ("exported to public",)


def test_outside_of_a_client_is_for_others() -> None:
    assert "not client Acme" in _read("was canny used on anything outside Acme?").understood


def test_a_field_with_a_blank_before_a_question_word_is_prose() -> None:
    assert _read("rejections per artist: who is first?").unknown == ()
