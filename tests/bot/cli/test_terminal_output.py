"""Answers as text and tables of a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from bot.cards import Answer, Button, Card, Field, Form, FormField, Picture, Progress
from bot.cli import terminal_output
from bot.cli.error_output import at_terminal
from core.schemas.renders import RenderList, RenderSchema
from core.schemas.search import ResultSchema, SearchSchema


def printed(answer: Answer, width: int = 100) -> str:
    out = StringIO()
    console = Console(file=out, width=width, highlight=False)
    for piece in terminal_output.pieces(answer, "http://slate.example"):
        console.print(piece, crop=False)
    return out.getvalue()


def test_a_card_shows_everything_a_person_needs() -> None:
    shown = printed(
        Answer(
            cards=(
                Card(
                    "R-4F2K · hero shoe",
                    tone="done",
                    text="hero shoe, low sun",
                    fields=(Field("By", "Mia Chen"), Field("Seed", "18446744073709551615")),
                    pictures=(Picture("A-7Q0D", "a shoe", "image/png", "ab" * 32, width=768, height=512),),
                    progress=Progress(0.5, "step 10/20"),
                    buttons=(Button("reroll", "R-4F2K", "Reroll"),),
                    footer="done",
                    link="/assets/A-7Q0D",
                ),
            )
        )
    )
    for wanted in (
        "R-4F2K",
        "Mia Chen",
        "18446744073709551615",
        "768×512",
        "slate fetch A-7Q0D",
        "http://slate.example/assets/A-7Q0D",
    ):
        assert wanted in shown
    assert "━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ step 10/20" in shown


@pytest.mark.parametrize("text", ["[red]shoe[/red]", "[link=http://x]y[/link]", "back\\[slash]", "**", "日本語 ✨ שלום"])
def test_text_of_people_is_never_markup(text: str) -> None:
    assert text in printed(Answer(cards=(Card("x", text=text),)))


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202e", "\r", "\x00"])
def test_control_sequences_are_taken_out(hostile: str) -> None:
    shown = printed(Answer(f"a{hostile}b", cards=(Card(f"c{hostile}d", fields=(Field(f"e{hostile}f", f"g{hostile}h"),)),)))
    assert not set(hostile) & set("\x1b\x9b\x07\x00\r\u202e") & set(shown)


def test_bold_signs_of_a_sentence_do_not_reach_the_terminal() -> None:
    assert printed(Answer("**Mia Chen** made it on 12 March.")) == "Mia Chen made it on 12 March.\n"


ROW = ResultSchema(
    asset="A-7Q0D",
    render=None,
    by="Mia Chen",
    client="Acme Sportswear",
    project="acme-spring",
    shot="sh010",
    workflow="text-to-image-lora",
    version=3,
    models=[],
    seed="18446744073709551615",
    status="approved",
    created=datetime(2026, 3, 12, 9, 30, tzinfo=UTC),
    prompt="hero shoe on wet asphalt, low sun, long shadows, 85 mm, shallow depth of field, very detailed laces",
    inferred={},
)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_search_fits_the_terminal_and_breaks_no_id_seed_or_name(width: int) -> None:
    found = SearchSchema(answer="Mia made it.", understood=[], results=[ROW], choices=[], without=[], after="", rows=[])
    shown = printed(Answer("Mia made it.", chips=("by: Mia",), schema=found), width)
    lines = shown.splitlines()
    assert lines[:2] == ["Mia made it.", "by: Mia"]
    assert max(map(len, lines)) <= width
    words = shown.split()
    for whole in ("A-7Q0D", "18446744073709551615", "text-to-image-lora@3", "acme-spring/sh010", "2026-03-12", "approved"):
        assert whole in words
    assert "hero shoe on wet asphalt" in shown


@pytest.mark.parametrize("width", [60, 80])
def test_the_queue_fits_the_terminal_and_says_why(width: int) -> None:
    why = "waits for gpu-02, which has the model loaded; two renders of others are before it"
    row = RenderSchema(
        render="R-4F2K", state="queued", error=None, assets=[], by="Mia Chen", client="Acme", project="acme-spring", shot="sh010",
        verb="render", workflow="product-depth", version=2, inputs={}, seed="7", created=None, started=None, finished=None,
        progress=0.0, position=12, reason=why,
    )  # fmt: skip
    shown = printed(Answer("", schema=RenderList(renders=[row])), width)
    assert max(map(len, shown.splitlines())) <= width
    assert {"R-4F2K", "acme-spring/sh010", "product-depth@2", "queued"} <= set(shown.split())
    assert "number 12" in " ".join(shown.split())


def test_an_address_is_never_broken_over_lines() -> None:
    link = "https://slate.example/get/" + "x" * 190
    shown = printed(Answer(f"The package: {link}", cards=(Card("Sent", text=f"The link: {link}"),)), 80)
    assert shown.count(link) == 2


def test_what_the_card_says_is_not_said_twice() -> None:
    answer = Answer("This is A-7Q0D.", cards=(Card("A-7Q0D", text="This is A-7Q0D.\n\nhero shoe"),))
    assert printed(answer).count("This is A-7Q0D.") == 1


def test_a_form_becomes_the_line_to_type() -> None:
    fields = (FormField("prompt", "Prompt", "text", value="a red shoe", required=True), FormField("seed", "Seed", "text"))
    shown = printed(Answer(form=Form("Edit R-4F2K", "vary R-4F2K", fields)))
    assert "Prompt (required)" in shown
    assert 'slate vary R-4F2K prompt="a red shoe"' in shown


@pytest.mark.parametrize(
    ("chat", "terminal"),
    [
        (
            "Write /render text-to-image a red shoe; /workflows lists all.",
            "Write slate render text-to-image a red shoe; slate workflows lists all.",
        ),
        ("`/help needs-work` tells more.", "`slate help needs-work` tells more."),
        ("/srv/slate/data is full, http://x/y too, and/or", "/srv/slate/data is full, http://x/y too, and/or"),
    ],
)
def test_hints_of_chat_are_put_in_the_terminals_words(chat: str, terminal: str) -> None:
    assert at_terminal(chat) == terminal
