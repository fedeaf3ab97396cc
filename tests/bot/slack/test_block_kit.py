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
from bot.slack.block_kit import CardContext
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


SHOWN = CardContext({"aa": "F1", "dd": "F2"}, "https://slate.example.com")


def all_text(block: Any) -> str:
    if isinstance(block, dict):
        return " ".join(all_text(value) for name, value in block.items() if name not in ("type", "style", "block_id"))
    return " ".join(map(all_text, block)) if isinstance(block, list) else str(block)


def read(page: block_kit.BlockPage) -> str:
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
    many = Card("Many", buttons=tuple(Button("find", str(n), str(n)) for n in range(125)))
    assert "25 more actions do not fit here" in read(block_kit.message(many, SHOWN))
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


def elements(page: block_kit.BlockPage) -> list[Any]:
    rich = [block for block in page.blocks if block["type"] == "rich_text"]
    return [one for block in rich for section in block["elements"] for one in section["elements"]]


def notes(page: block_kit.BlockPage) -> list[Any]:
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


def result(number: int) -> Card:
    code = f"A-{number:04}"
    fields = (Field("By", "Mia <@U1>"), Field("For", "Acme · Spring · sh010"), Field("Seed", "7"))
    buttons = tuple(Button(verb, code, verb) for verb in ("reroll", "vary", "approve", "reject", "edit"))
    picture = Picture(code, "a shoe", "image/png", "aa")
    return Card(f"{code} · *hero* shoe", "done", code, "hero shoe", fields, (picture,), None, buttons, "Made", f"/assets/{code}")


def test_five_results_are_a_list_of_at_most_ten_blocks_with_a_menu_that_shows_one() -> None:
    more = Card("There is more", buttons=(Button("find", "shoe page:2", "More"), Button("find", "shoe", "✕ by Mia")))
    answer = Answer("Found 9.", (*map(result, range(5)), more), chips=("by Mia",))
    (page,) = block_kit.pages(answer, SHOWN)
    assert len(page.blocks) <= 10
    assert problems(list(page.blocks)) == []
    sections = [block for block in page.blocks if block["type"] == "section"]
    assert [one["accessory"]["slack_file"] for one in sections] == [{"id": "F1"}] * 5
    assert sections[0]["text"]["text"].endswith("*<https://slate.example.com/assets/A-0000|A-0000>*")
    assert {field["type"] for one in sections for field in one["fields"]} == {"plain_text"}, "people's words are not parsed"
    menus = [one for block in page.blocks if block["type"] == "actions" for one in block["elements"] if "options" in one]
    assert [option["value"] for option in menus[0]["options"]] == [f"whatis:A-{n:04}" for n in range(5)]
    private = block_kit.pages(replace(answer, private=True), SHOWN)[0]
    assert "whatis:A-0000 private:yes" in read(private)


def test_a_card_has_a_few_buttons_and_a_menu_of_the_rest() -> None:
    verbs = ("reroll", "vary", "approve", "reject", "upscale", "edit", "provenance", "copy")
    page = block_kit.message(Card("R-4F2K", "done", "R-4F2K", buttons=tuple(Button(one, "R-4F2K", one) for one in verbs)), SHOWN)
    (actions,) = [block for block in page.blocks if block["type"] == "actions"]
    assert [one["type"] for one in actions["elements"]] == ["button"] * 4 + ["overflow"]
    assert [one["value"] for one in actions["elements"][-1]["options"]] == [f"{one}:R-4F2K" for one in verbs[4:]]


def test_each_picture_of_several_has_its_number_and_its_menu() -> None:
    batch = tuple(
        Picture(
            f"A-000{n}",
            f"{n} of 4: a shoe",
            "image/png",
            "aa",
            number=n,
            buttons=(Button("approve", f"A-000{n}", f"Approve {n}"),),
        )
        for n in (1, 2, 3, 4)
    )
    page = block_kit.message(Card("Batch", "done", "R-4F2K", pictures=batch), SHOWN)
    images = [block for block in page.blocks if block["type"] == "image"]
    assert [one["title"]["text"] for one in images] == ["1 · A-0001", "2 · A-0002", "3 · A-0003", "4 · A-0004"]
    assert len({one["alt_text"] for one in images}) == 4
    menus = [one for block in page.blocks if block["type"] == "actions" for one in block["elements"]]
    assert [(one["placeholder"]["text"], one["options"][0]["value"]) for one in menus] == [
        (f"Picture {n} …", f"approve:A-000{n}") for n in (1, 2, 3, 4)
    ]


def test_times_are_shown_in_the_readers_own_zone() -> None:
    page = block_kit.message(
        Card("Done", "done", "R-4F2K", fields=(Field("At", "2026-03-12 14:03 UTC"),), footer="A-7Q0D · 2026-03-12 14:03 UTC"),
        SHOWN,
    )
    dates = [one for one in elements(page) if one["type"] == "date"]
    assert [(one["timestamp"], one["fallback"]) for one in dates] == [(1773324180, "2026-03-12 14:03 UTC")]
    assert [one["type"] for one in notes(page)] == ["plain_text", "mrkdwn"]
