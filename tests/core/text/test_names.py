"""What may be a name, when two are the same, and who was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, TooLong
from core.text import names


@pytest.mark.parametrize(
    "name", ["Mia", "Mia Chen", "李小龍", "Наташа", "فاطمة", "O'Neil-Smith", "✨Ana✨", "👩‍🎨", "क्षितिज", "J"]
)
def test_names_of_every_script_are_welcome(name: str) -> None:
    assert names.clean(name) == name


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "Mia\x00", "Mia\nChen", "Mia\x1b[31m", "Mia\u202eaiM", "\ud800"])
def test_empty_and_deceiving_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput):
        names.clean(name)


def test_sixty_characters_are_the_most() -> None:
    assert names.clean("x" * 60)
    with pytest.raises(TooLong, match="61"):
        names.clean("x" * 61)


def test_spaces_are_tidied() -> None:
    assert names.clean("  Mia   Chen ") == "Mia Chen"


@pytest.mark.parametrize("same", ["MIA CHEN", "mia chen", "Ｍｉａ Ｃｈｅｎ", " Mia  Chen "])
def test_case_width_and_spaces_make_no_other_person(same: str) -> None:
    assert names.key(same) == "mia chen"


def test_the_nearest_names_come_best_first() -> None:
    known = ["playground", "acme-spring", "acme-autumn"]
    assert names.nearest("acme-sprnig", known)[0] == "acme-spring"
    assert names.nearest("zzzzqqq", known) == []


@given(st.text())
def test_a_key_of_a_key_is_the_key_and_a_slug_of_a_slug_the_slug(text: str) -> None:
    assert names.key(names.key(text)) == names.key(text)
    assert names.slug(names.slug(text)) == names.slug(text)


@pytest.mark.parametrize(
    "odd",
    [
        "Mi\u200ba",
        "\u200dMia",
        "Mia\u2060",
        "M\u00adia",
        "Mi\u200da",
        "\ufeffMia",
        "\u3164",
        "Mia\u202e",
        "Mia\u2800",
        "Mi\u17b4a",
    ],
)
def test_characters_that_show_nothing_are_no_part_of_a_name(odd: str) -> None:
    with pytest.raises(BadInput):
        names.clean(odd)


@pytest.mark.parametrize("good", ["می‌خواهم", "क्‍ष", "José", "Мия", "東京", "Zoë 👩‍🎨"])
def test_joiners_that_a_script_needs_stay(good: str) -> None:
    assert names.clean(good)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mia", "Міа"),
        ("Ana", "Аnа"),
        ("Slate", "ЅӀate".replace("Ӏ", "l")),
        ("Lee 1", "Lee l"),
        ("Mia", "ᴍɪᴀ"),
        ("Mia", "Mi\ufe0fa"),
    ],
)
def test_names_that_look_the_same_have_one_skeleton(one: str, other: str) -> None:
    assert names.key(one) != names.key(other)
    assert names.skeleton(one) == names.skeleton(other)
