"""Any Card fits into a Slack message; what does not fit is said to be left out; nothing people write pings or formats."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from slack_sdk.models.blocks import Block

from bot.cards import Answer, Button, Card, Field, Picture, Progress
from bot.slack import block_kit
from bot.slack.block_kit import Shown
from tests.simulators.slack.blocks import problems

SEEDS = some.integers(0, 2**64)
TONES = ("plain", "queued", "running", "done", "failed", "cancelled", "error", "approved", "rejected")
ODD = ("", " ", "\n", "x", "<!channel>", "*b*", "&", "👩🏽‍🚀", "\ud800", "\u202e", "\x00", "ffi", "é", "`", "word ", "\u2028")


class Any_:
    """Cards nobody would make, by dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def words(self, most: int = 9000) -> str:
        return self.dice.choice(ODD) * self.dice.choice((1, 1, 2, 7, 75, 150, self.dice.randint(0, most)))

    def many(self, most: int) -> range:
        return range(self.dice.choice((0, 1, 2, self.dice.randint(0, most))))

    def picture(self) -> Picture:
        mime = self.dice.choice(("image/png", "image/webp", "video/mp4", "", "x" * 300))
        asset, preview = self.dice.choice(("A-7Q0D", "")), self.dice.choice(("", "dd"))
        return Picture(asset, self.words(), mime, self.dice.choice(("aa", "bb")), preview)

    def button(self) -> Button:
        return Button(self.words(90), self.words(400), self.words(200), self.dice.choice(("plain", "primary", "danger")))

    def progress(self) -> Progress | None:
        left = self.dice.choice((None, -3.0, 1e9))
        return self.dice.choice((None, Progress(self.dice.uniform(-1, 2), self.words(), left)))

    def card(self) -> Card:
        fields = tuple(Field(self.words(300), self.words(), self.dice.random() < 0.7) for _ in self.many(120))
        pictures, buttons = tuple(self.picture() for _ in self.many(40)), tuple(self.button() for _ in self.many(120))
        subject, link = self.dice.choice(("R-4F2K", self.words())), self.dice.choice(("/assets/A-7Q0D", self.words()))
        tone = self.dice.choice(TONES)
        return Card(
            self.words(), tone, subject, self.words(60_000), fields, pictures, self.progress(), buttons, self.words(), link
        )


SHOWN = Shown({"aa": "F1", "dd": "F2"}, "https://slate.example.com")


def all_text(block: Any) -> str:
    if isinstance(block, dict):
        return " ".join(all_text(value) for name, value in block.items() if name not in ("type", "style", "block_id"))
    return " ".join(map(all_text, block)) if isinstance(block, list) else str(block)


def read(page: block_kit.Page) -> str:
    return all_text(list(page.blocks))


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_any_card_fits_into_one_message(seed: int) -> None:
    page = block_kit.message(Any_(seed).card(), SHOWN)
    assert problems(list(page.blocks)) == []
    assert 0 < len(page.text) <= 3000 * 5  # entities count five at most
    assert len(page.blocks) <= 40
    assert json.dumps(page.blocks).encode()
    for block in Block.parse_all(list(page.blocks)):
        block.validate_json()


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_any_answer_fits_into_a_few_messages(seed: int) -> None:
    some = Any_(seed)
    cards, chips = tuple(some.card() for _ in some.many(12)), tuple(some.words() for _ in some.many(5))
    made = block_kit.pages(Answer(some.words(60_000), cards, chips=chips, copy=some.words(60_000)), SHOWN)
    assert len(made) <= 3
    assert [problems(list(page.blocks)) for page in made if problems(list(page.blocks))] == []


def test_what_does_not_fit_is_said_to_be_left_out() -> None:
    long = Card("Long", text="word " * 9000, fields=tuple(Field(f"Label {n}", "v" * 900, short=False) for n in range(90)))
    shown = read(block_kit.message(long, SHOWN))
    assert "characters more." in shown
    assert "lines more." in shown
    many = Card("Many", buttons=tuple(Button("find", str(n), str(n)) for n in range(100)))
    assert "… and 25 more to press" in read(block_kit.message(many, SHOWN))
    batch = tuple(Picture(f"A-{n:04}", "a shoe", "image/png", "aa") for n in range(14))
    gallery = block_kit.message(Card("Batch", pictures=batch), SHOWN)
    assert sum(block["type"] == "image" for block in gallery.blocks) == 10
    answers = block_kit.pages(Answer(cards=tuple(replace(many, title=str(n)) for n in range(60))), SHOWN)
    assert (len(answers), "There is more than fits here" in read(answers[-1])) == (3, True)


def test_the_rest_of_a_batch_is_named_with_links() -> None:
    batch = tuple(Picture(f"A-{n:04}", "a shoe", "image/png", "aa") for n in range(14))
    shown = read(block_kit.message(Card("Batch", pictures=batch), SHOWN))
    assert "https://slate.example.com/assets/A-0013" in shown


@pytest.mark.parametrize("words", ["<!channel> <@U123> <#C1>", "*bold* _it_ ~no~ `code` :smile:", "<https://evil|click>", "&lt;"])
def test_peoples_words_are_never_parsed(words: str) -> None:
    """Rich text and plain text are shown as they are; what stands for the blocks is escaped."""
    page = block_kit.message(Card(words, "done", "R-4F2K", words + ".", fields=(Field(words, words),), footer=words), SHOWN)
    assert '"mrkdwn"' not in json.dumps(page.blocks)
    assert {element["type"] for element in elements(page)} == {"text"}
    assert {element.get("emoji") for element in notes(page)} == {False}
    assert "<" not in page.text
    assert words in read(page)


def elements(page: block_kit.Page) -> list[Any]:
    rich = [block for block in page.blocks if block["type"] == "rich_text"]
    return [one for block in rich for section in block["elements"] for one in section["elements"]]


def notes(page: block_kit.Page) -> list[Any]:
    return [one for block in page.blocks if block["type"] == "context" for one in block["elements"]]


def test_a_result_shows_its_mark_its_picture_its_facts_and_its_buttons() -> None:
    card = Card(
        "R-4F2K · hero shoe",
        "approved",
        "R-4F2K",
        "hero shoe, low sun",
        (Field("By", "Mia Chen"), Field("Seed", "7"), Field("Models", "a\nb", short=False)),
        (Picture("A-7Q0D", "a shoe", "image/png", "aa"),),
        buttons=(Button("reroll", "R-4F2K", "Reroll", "primary"),),
        footer="A-7Q0D · 2026-03-12",
        link="/assets/A-7Q0D",
    )
    title, text, picture, facts, actions, footer = block_kit.message(card, SHOWN, "R-4F2K is done").blocks
    assert all_text(title).split() == ["✅", "https://slate.example.com/assets/A-7Q0D", "R-4F2K", "·", "hero", "shoe"]
    assert title["block_id"] == "card:R-4F2K"
    assert all_text(text) == "hero shoe, low sun"
    assert (picture["slack_file"], picture["alt_text"]) == ({"id": "F1"}, "a shoe")
    assert "".join(one["text"] for one in facts["elements"][0]["elements"]) == "By Mia Chen    Seed 7\nModels\na\nb"
    assert actions["elements"][0]["action_id"] == "reroll:R-4F2K"
    assert all_text(footer) == "A-7Q0D · 2026-03-12 False"


def test_a_film_is_shown_as_its_still_with_a_link_to_the_film() -> None:
    film = Picture("A-7Q0D", "waves", "video/mp4", "zz", preview="dd")
    page = block_kit.message(Card("Film", pictures=(film,)), SHOWN)
    assert [block["slack_file"] for block in page.blocks if block["type"] == "image"] == [{"id": "F2"}]
    assert "(video/mp4)" in read(page)
    assert "/assets/A-7Q0D" in read(page)


def test_how_far_a_render_is_stands_in_one_line() -> None:
    page = block_kit.message(Card("Running", "running", progress=Progress(0.43, "step 12/28 on gpu-03", 9)), SHOWN)
    assert "▰▰▰▰▰▰▱▱▱▱▱▱▱▱  43% · step 12/28 on gpu-03 · about 9 s left" in read(page)
