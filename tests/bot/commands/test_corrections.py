"""What was mistyped is put right by a press, and everything that is wrong is said at once."""

from __future__ import annotations

import pytest

from bot.cards import Button
from tests.bot.conftest import Talk


def buttons(talk: Talk, line: str) -> tuple[Button, ...]:
    answer = talk.say(line)
    assert answer.error, answer
    return answer.cards[0].buttons


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("/render txet-to-image a red shoe seed:7", "render:text-to-image a red shoe seed:7"),
        ("/rendre text-to-image a red shoe", "render:text-to-image a red shoe"),
        ("/render text-to-image a red shoe stpes:3", "render:text-to-image a red shoe steps:3"),
    ],
)
def test_did_you_mean_is_a_button_that_says_the_line_again(talk: Talk, line: str, meant: str) -> None:
    found = {one.action for one in buttons(talk, line)}
    assert meant in found
    assert not talk.press(meant).error


def test_a_line_too_long_for_a_button_is_left_to_be_typed(talk: Talk) -> None:
    assert buttons(talk, "/render txet-to-image " + "a long prompt " * 20) == ()


def test_everything_that_is_wrong_is_said_at_once(talk: Talk) -> None:
    answer = talk.say("/render text-to-image a shoe steps:0 cfg:abc stpes:3")
    said = f"{answer.cards[0].title} {answer.cards[0].text}"
    assert answer.error == "unknown-input"
    assert [word for word in ("stpes", "steps", "cfg") if f"`{word}`" not in said] == []
    wrong = talk.say("/render text-to-image a shoe steps:0 cfg:abc").data["error"]["facts"]["problems"]
    assert [name for name, _ in wrong] == ["steps", "cfg"]


def test_slate_before_a_command_is_the_command(talk: Talk) -> None:
    assert talk.say("/slate queue").data == talk.say("/queue").data
    assert talk.say("/slate").cards[0].title == "Commands"
