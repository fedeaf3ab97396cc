"""What people say in a mention or below a result, and what it stands for."""

from __future__ import annotations

import pytest

from bot.mentions import line_of
from tests.bot.conftest import Talk


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("warmer, seed 7", 'vary {R} seed:7 prompt:"hero shoe, low sun, warmer"'),
        ("steps 30 and seed: 8", "vary {R} steps:30 seed:8"),
        ("seed:9 in blue", 'vary {R} seed:9 prompt:"hero shoe, low sun, in blue"'),
        ('prompt:"a boot"', 'vary {R} prompt:"a boot"'),
        ("again", "reroll {R}"),
        ("One more!", "reroll {R}"),
        ("who made this?", "find who made this? {R}"),
        ("who approved it", "find who approved it {R}"),
        ("which lora was that", "find which lora was that {R}"),
        ("wer hat das gemacht", "find wer hat das gemacht {R}"),
        ("what is this?", "whatis {R}"),
        ("/approve", "approve"),
        ("tag {R} hero", "tag {R} hero"),
        ("Thanks!", ""),
        ("", ""),
    ],
)
def test_below_a_result(talk: Talk, said: str, line: str) -> None:
    render = talk.ask()
    made = line_of(talk.desk, said.format(R=render.code), subject=render.code)
    assert made.lstrip("/") == line.format(R=render.code)


@pytest.mark.parametrize(
    ("said", "files", "line"),
    [
        ("who made the depth shot for Acme?", False, "/find who made the depth shot for Acme?"),
        ("render text-to-image a shoe", False, "/render text-to-image a shoe"),
        ("", True, "/whatis"),
        ("What is this?", True, "/whatis"),
        ("help", False, "/help"),
        ("hello", False, ""),
    ],
)
def test_elsewhere(talk: Talk, said: str, files: bool, line: str) -> None:
    assert line_of(talk.desk, said, files=files) == line


def test_the_line_does_what_was_meant(talk: Talk) -> None:
    render = talk.ask()
    varied = talk.ask(line_of(talk.desk, "warmer, seed 11", subject=render.code))
    assert varied.parent_id == render.id
    assert (varied.seed, varied.inputs["prompt"], varied.inputs["steps"]) == (
        "11",
        "hero shoe, low sun, warmer",
        render.inputs["steps"],
    )


def test_below_an_upload_it_is_a_variation_all_the_same(talk: Talk) -> None:
    assert line_of(talk.desk, "warmer", subject="A-7Q0D") == "/vary A-7Q0D warmer"
