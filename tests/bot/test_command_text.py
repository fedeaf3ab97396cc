"""Lines as people type them, taken apart and written back."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bot.command_text
from bot.command_text import LONGEST, clean, format, quote, read, write
from core.errors import BadInput, SlateError, TooLong

PIECES = st.one_of(
    st.sampled_from(" \n\t\"'“”«»‘’\\:=()[]{}/-_\u00a0\u2028\x00\ud800\u202eé日👟"),
    st.sampled_from(("render", "seed:", "a=b", "prompt:", "hero shoe", "://", "@here", "<!channel>")),
)
LINES = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


def test_the_examples_in_the_module_hold() -> None:
    assert doctest.testmod(bot.command_text).failed == 0


@given(LINES)
@settings(max_examples=500, deadline=None)
@example('( a:1 b:")"')
@example("seed: “x” 'y")
def test_whatever_is_typed_is_read_or_refused_in_words(text: str) -> None:
    try:
        line = read(text, names={"seed", "prompt"})
    except SlateError as refused:
        problem = refused
    else:
        assert "\x00" not in repr(line)
        return
    assert problem.message.endswith(".")
    assert problem.hint


@given(LINES)
@settings(max_examples=800, deadline=None)
@example("x ) seed:1 (")
@example('x seed:")" ( y')
@example('x "(" ( seed:1 b)')
def test_a_line_written_back_reads_the_same(text: str) -> None:
    try:
        line = read(text)
    except SlateError:
        return
    again = read(format(line))
    assert again == line
    assert read(format(again)) == again


@given(st.dictionaries(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), st.text()), st.lists(st.text(min_size=1), max_size=3))
@settings(max_examples=500, deadline=None)
def test_written_options_come_back_as_they_were(options: dict[str, str], words: list[str]) -> None:
    line = read(write("render", words, options))
    assert dict(line.options) == {name: clean(value) for name, value in options.items()}
    assert [part.value for part in line.words] == [clean(word) for word in words]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('render w prompt:"hero shoe"', "hero shoe"),
        ('RENDER w prompt="hero shoe"', "hero shoe"),
        ('/render w prompt: "hero shoe"', "hero shoe"),
        ("/ render w PROMPT:'hero shoe'", "hero shoe"),
        ("render w prompt:“hero shoe”", "hero shoe"),
        ('render w prompt:“hero shoe"', "hero shoe"),
        ("render w prompt:„hero shoe“", "hero shoe"),
        ("render w prompt:«hero shoe»", "hero shoe"),
        ("render w prompt:»hero shoe«", "hero shoe"),
        ("render w prompt:‘hero shoe’", "hero shoe"),
        ('render w prompt:"two\nlines"', "two\nlines"),
        ('render w prompt:"C:\\fonts \\(red\\)"', "C:\\fonts \\(red\\)"),
        ('render w prompt:"a \\\\ b"', "a \\ b"),
        ('render w prompt:"/cancel R-4F2K seed:9"', "/cancel R-4F2K seed:9"),
        ("render w prompt:(red shoe:1.2)", "(red shoe:1.2)"),
        ('render w prompt:""', ""),
        ("render w prompt:it's", "it's"),
        ("render w prompt:@everyone", "@everyone"),
        ("render w prompt:'tis", "'tis"),
    ],
)
def test_a_value_may_be_quoted_in_many_ways(text: str, value: str) -> None:
    line = read(text)
    assert line.command == "render"
    assert line.word(0) == "w"
    assert line.options == (("prompt", value),)


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("render w hero shoe, low sun", "hero shoe, low sun"),
        ("render w hero seed:7 shoe", "hero shoe"),
        ('render w "hero shoe"', "hero shoe"),
        ('render w a sign "open" at night', 'a sign "open" at night'),
        ("render w first line\nsecond line", "first line\nsecond line"),
        ("render w first line\r\nsecond line", "first line\nsecond line"),
        ("render w /cancel all", "/cancel all"),
        ("render w 16:9 of https://example.org/x?a=b", "16:9 of https://example.org/x?a=b"),
        ("render w a cat :) and (a dog:1.4)", "a cat :) and (a dog:1.4)"),
        ("render w null\x00 bell\x07 tab\there \u202egnp", "null bell tab here gnp"),
        ("render w", ""),
    ],
)
def test_bare_words_after_the_workflow_are_the_prompt(text: str, prompt: str) -> None:
    assert read(text).rest(1) == prompt


@pytest.mark.parametrize("text", ['render w prompt:"hero', 'render "', "render w “hero", 'find "depth" "shot', "render w «x"])
def test_an_open_quote_is_refused_with_advice(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(text)
    assert "never closed" in caught.value.message
    assert caught.value.hint


def test_empty_text_is_an_empty_command() -> None:
    assert read("").command == read("  /  ").command == read("\x00").command == ""


def test_a_hundred_kilobytes_are_read_and_far_more_are_refused() -> None:
    for piece in ("word ", "'a ", "(", "a:'b ", "\\'", "( a:1 ) "):
        text = "render w " + piece * (100_000 // len(piece))
        assert read(text).command == "render"
    with pytest.raises(TooLong):
        read("x" * (LONGEST + 1))


def test_only_known_names_may_have_a_blank_after_the_colon() -> None:
    text = "render w seed: 7 prompt: hero, note: low sun shot:sh010"
    assert read(text, names={"seed", "prompt"}).options == (("seed", "7"), ("prompt", "hero, note: low sun"), ("shot", "sh010"))
    assert read(text).options == (("shot", "sh010"),)


def test_what_needs_no_quotes_gets_none() -> None:
    assert [quote(one) for one in ("sh010", "768x512", "A-7Q0D", "a b", "", "seed:7", "x,")] == [
        *("sh010", "768x512", "A-7Q0D"),
        *('"a b"', '""', '"seed:7"', '"x,"'),
    ]
