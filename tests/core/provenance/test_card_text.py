"""Text on the card: any script, in the right order, cut only where it may be, never wider than its place."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image

from core.provenance.card import bidi
from core.provenance.card.clusters import LONGEST, clean, clusters, is_emoji
from core.provenance.card.fonts import language_of
from core.provenance.card.ink import Pen
from core.provenance.card.text import ELLIPSIS, Style, Typesetter
from tests.conftest import missing
from tests.core.card_parts import BUNDLED, MACHINE, UNSHAPED, said

BODY = Style(22)
SETTERS = pytest.mark.parametrize("setter", [MACHINE, BUNDLED, UNSHAPED], ids=["machine", "bundled", "unshaped"])


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("a\x00b\x1bc\x7f\x9f", "abc"),
        ("  two\t\n words\u00a0here\u2028 ", "two words here"),
        ("left\u202eright\u2066x\u2069", "leftrightx"),
        ("soft\u00adhyphen\ufeff\u200b", "softhyphen"),
        ("e\u0301", "é"),
        ("half \ud83d pair", "half � pair"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
        (" \x00 ", ""),
    ],
)
def test_text_is_made_fit_to_draw(given_text: str, shown: str) -> None:
    assert clean(given_text) == shown


def test_a_text_of_a_hundred_thousand_characters_is_cut_before_anything_is_measured() -> None:
    assert len(clean("x" * 100_000)) == LONGEST


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ab", ["a", "b"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("👨‍👩‍👧‍👦!", ["👨‍👩‍👧‍👦", "!"]),
        ("🇩🇪🇯🇵", ["🇩🇪", "🇯🇵"]),
        ("🇩🇪🇯", ["🇩🇪", "🇯"]),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿x", ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", "x"]),
        ("1️⃣2", ["1️⃣", "2"]),
        ("❤️a", ["❤️", "a"]),
        ("🏳️‍🌈", ["🏳️‍🌈"]),
        ("क्षत्रिय", ["क्ष", "त्रि", "य"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("A\u0323\u0302b", ["A\u0323\u0302", "b"]),
        ("a\u200d", ["a\u200d"]),
        ("\u200d\u200d", []),
        ("\U000e0067x", ["x"]),
        ("각", ["각"]),
        ("\u1100\u1161\u11a8x", ["\u1100\u1161\u11a8", "x"]),
    ],
)
def test_what_a_reader_sees_as_one_stays_one(text: str, pieces: list[str]) -> None:
    assert clusters(text) == pieces


def test_a_tower_of_marks_is_lowered() -> None:
    (piece,) = clusters("Z" + "\u0337\u0322\u031b\u0317" * 10)
    assert sum(unicodedata.combining(char) > 0 for char in piece) == 4


@pytest.mark.parametrize(
    ("piece", "answer"), [("🎬", True), ("✅", True), ("❤️", True), ("❤", False), ("⌚︎", False), ("a", False), ("1", False)]
)
def test_which_characters_are_colour_pictures(piece: str, answer: bool) -> None:
    assert is_emoji(piece) is answer


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("abc", "000"),
        ("אבג", "111"),
        ("ab אב cd", "00011000"),
        ("אב ab", "11122"),
        ("אב 12", "11122"),
        ("ا 12, 34", "11221122"),
        ("ا 1,2", "11222"),
        ("אב (ab) ג", "111122111"),
        ("אב (hello) 123", "11112222211222"),
        ("ab (אב) cd", "0000110000"),
        ("אב 5%", "11122"),
        ("אב!", "111"),
        ("ab אב!", "000110"),
        ("אב ", "111"),
        ("1-2 אב", "222111"),
        ("123", "000"),
        ("()", "00"),
        (")(", "00"),
    ],
)
def test_directions_follow_the_standard(text: str, levels: str) -> None:
    base = bidi.base_level(text)
    assert "".join(str(level) for level in bidi.levels(list(text), base)) == levels


@pytest.mark.parametrize(
    ("levels", "order"),
    [([0, 1, 0], [0, 1, 2]), ([1, 2, 1], [2, 1, 0]), ([0, 1, 2, 1, 0], [0, 3, 2, 1, 4]), ([], []), ([2, 2], [0, 1])],
)
def test_runs_are_drawn_in_visual_order(levels: list[int], order: list[int]) -> None:
    assert bidi.visual_order(levels) == order


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Hero shoe", "Hero shoe"),
        ("שלום (Hero) 2027", "2027 |Hero| םולש"),
        ("Client שלום here", "Client םולש here"),
        ("東京 tokyo", "東京 tokyo"),
    ],
)
def test_mixed_directions_stand_as_a_reader_expects(text: str, seen: str) -> None:
    (line,) = BUNDLED.lines(text, BODY, 900, 1)
    assert said(line).replace("(", "|").replace(")", "|") == seen


@pytest.mark.parametrize(
    ("word", "face"),
    [
        ("Zoë Łukasiewicz", "figo"),
        ("Ελλάδα", "figo"),
        ("Москва", "figo"),
        ("العربية", "figo"),
        ("עברית", "figo"),
        ("ไทย", "figo"),
        ("हिन्दी", "figo"),
        ("ქართული", "figo"),
        ("东京汉字", "cjk-zh-Hans"),
        ("繁體漢字", "cjk-zh-Hant"),
        ("東京の夕焼け", "cjk-ja"),
        ("한국어", "cjk-ko"),
        ("✎", "symbol2"),
        ("⚜", "symbol1"),
    ],
)
def test_each_script_is_drawn_with_a_font_that_has_it(word: str, face: str) -> None:
    (line,) = BUNDLED.lines(word, BODY, 900, 1)
    faces = {run.face for run in line.runs if run.text.strip()}
    assert {one.name for one in faces if one} == {face}
    assert all(run.face and run.face.has(run.text) for run in line.runs)


@SETTERS
def test_every_letter_drawn_is_really_in_its_font(setter: Typesetter) -> None:
    for text in ("Ǝ x́ ﷺ", "Tiếng Việt", "שָׁלוֹם", "نستعلیق", "ᐃᓄᒃ", "☃ 𝔸 ♫", "ひらがな"):
        for line in setter.lines(text, BODY, 900, 1):
            assert all(run.face.has(run.text) for run in line.runs if run.face)


def test_emoji_are_drawn_in_colour_and_whole() -> None:
    if MACHINE.book.emoji is None:
        missing("A colour emoji font", "apt-get install fonts-noto-color-emoji")
    (line,) = MACHINE.lines("👍🏽👨‍👩‍👧‍👦🇩🇪 ok", BODY, 900, 1)
    assert [run.text for run in line.runs if run.emoji] == ["👍🏽", "👨‍👩‍👧‍👦", "🇩🇪"]
    canvas = Image.new("RGB", (300, BODY.pitch), "white")
    Pen(MACHINE.book.shaping).write(canvas, line, (4, 0), BODY, (0, 0, 0))
    assert canvas.convert("HSV").getextrema()[1][1] > 120  # some of it is strongly coloured


def test_without_an_emoji_font_the_code_number_is_shown() -> None:
    (line,) = BUNDLED.lines("🫠 ok", BODY, 900, 1)
    assert line.runs[0].text == "🫠"
    assert line.runs[0].face is None
    assert line.runs[0].width > BODY.size
    assert BUNDLED.unknown("🫠 ok \ue000") == ("🫠", "\ue000")


def test_a_box_with_a_code_number_is_not_empty() -> None:
    canvas = Image.new("L", (60, BODY.pitch))
    Pen(shaping=False).write(
        drawn := canvas.convert("RGB"), BUNDLED.lines("\ue123", BODY, 60, 1)[0], (4, 0), BODY, (255, 255, 255)
    )
    box = drawn.getbbox()
    assert box
    inside = drawn.crop((box[0] + 2, box[1] + 2, box[2] - 2, box[3] - 2))
    assert inside.getbbox() is not None


def test_without_shaping_a_right_to_left_word_is_turned_and_its_brackets_too() -> None:
    (line,) = UNSHAPED.lines("שלום (אב)", BODY, 900, 1)
    assert "".join(run.text for run in line.runs) == "(בא) םולש"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("カメラ", "ja"),
        ("東京の", "ja"),
        ("서울", "ko"),
        ("跑鞋", "zh-Hans"),
        ("標題", "zh-Hant"),
        ("働", "ja"),
        ("x", "zh-Hans"),
    ],
)
def test_han_shapes_follow_the_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 90, ["one two", "three"]),
        ("one two three four", 90, ["one two", "three f…"]),
        ("slate-sim-photo_v2", 110, ["slate-sim-", "photo_v2"]),
        ("", 90, []),
        ("\x00", 90, []),
    ],
)
def test_lines_break_at_good_places(text: str, width: int, lines: list[str]) -> None:
    assert [said(line) for line in BUNDLED.lines(text, BODY, width, 2)] == lines


def test_closing_marks_do_not_begin_a_line() -> None:
    found = [said(line) for line in BUNDLED.lines("「東京の夕焼け」、「低い太陽」。" * 3, BODY, 180, 9)]
    assert not [line for line in found if line[0] in "」、。" or line[-1] == "「"]


def test_a_name_of_two_hundred_letters_without_a_space_is_shortened() -> None:
    lines = BUNDLED.lines("n" * 200, BODY, 300, 2)
    assert len(lines) == 2
    assert said(lines[1]).endswith(ELLIPSIS)


@given(text=some.text(max_size=120), width=some.integers(1, 400), most=some.integers(1, 4), size=some.sampled_from([14, 22, 38]))
@settings(max_examples=150, deadline=None)
@SETTERS
def test_no_line_is_ever_too_wide_or_lost(setter: Typesetter, text: str, width: int, most: int, size: int) -> None:
    style = Style(size)
    lines = setter.lines(text, style, max(width, size * 3), most)
    assert len(lines) <= most
    assert all(line.width <= max(width, size * 3) for line in lines)
    assert bool(lines) == bool(clusters(clean(text)))


@given(text=some.text(alphabet="abאבا١2 !東🎬\u0301", max_size=40))
@settings(max_examples=150, deadline=None)
def test_every_piece_is_drawn_exactly_once(text: str) -> None:
    shown = clean(text)
    drawn = "".join(run.text for line in BUNDLED.lines(text, BODY, 10_000, 1) for run in line.runs)
    assert sorted(drawn) == sorted("".join(clusters(shown)))


@given(text=some.text(min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_ink_stays_in_its_strip(text: str) -> None:
    canvas = Image.new("RGB", (500, BODY.pitch + 40))
    for line in BUNDLED.lines(text, BODY, 440, 1):
        Pen(BUNDLED.book.shaping).write(canvas, line, (20, 20), BODY, (255, 255, 255))
    box = canvas.getbbox() or (20, 20, 20, 20)
    assert box[1] >= 20
    assert box[3] <= 20 + BODY.pitch


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Low sun behind three ridges", ["Low sun behind", "three ridges"]),
        ("Short", ["Short"]),
        ("", []),
        ("An ellipsis… is no reason to cut it", ["An ellipsis… is no", "reason to cut it"]),
        ("m" * 30 + " and more", ["m" * 12, "m" * 12, "m" * 6 + " and more"]),
    ],
)
def test_a_title_leaves_no_word_alone(title: str, lines: list[str]) -> None:
    assert [said(line) for line in BUNDLED.balanced(title, Style(38, "bold"), 400, 3)] == lines
