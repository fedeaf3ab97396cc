"""Answers as text and tables of a terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from bot.cards import Answer, Button, Card, Field, Form, FormField, Picture, Progress
from bot.cli import terminal_output
from bot.cli.error_output import at_terminal


def printed(answer: Answer, width: int = 100) -> str:
    out = StringIO()
    console = Console(file=out, width=width, highlight=False)
    for piece in terminal_output.pieces(answer, "http://slate.example"):
        console.print(piece)
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


def test_a_search_is_a_table_and_its_sentence_stands_above() -> None:
    row = {
        "asset": "A-7Q0D",
        "by": "Mia",
        "workflow": "product-depth",
        "version": 3,
        "created": "2026-03-12T09:30:00+00:00",
        "seed": "7",
    }
    shown = printed(
        Answer("Mia made it.", chips=("by: Mia",), data={"answer": "Mia made it.", "results": [row]}), 140
    ).splitlines()
    assert shown[:2] == ["Mia made it.", "by: Mia"]
    assert "product-depth@3" in shown[3]
    assert "2026-03-12 09:30" in shown[3]


def test_a_narrow_terminal_cuts_nothing_off_a_table() -> None:
    row = {
        "asset": "A-7Q0D",
        "by": "Mia",
        "project": "acme-spring",
        "workflow": "text-to-image-lora",
        "version": 3,
        "seed": "8" * 19,
    }
    shown = printed(Answer("Mia made it.", data={"answer": "Mia made it.", "results": [row]}), 60)
    assert "…" not in shown
    assert shown.count("8") == 19


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
