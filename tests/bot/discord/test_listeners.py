"""People on Discord: commands, buttons, menus, forms and reactions, through the unmodified discord.py and a strict Discord."""

from __future__ import annotations

from storage.tables import Role
from tests.bot.discord.conftest import Studio, actions, words
from tests.simulators.discord import Person


def test_a_render_is_one_message_from_its_place_in_line_to_the_result(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    assert "Number 1 in line" in words(message)
    assert message.interaction is not None, "it is the answer to the command itself"
    studio.works()
    assert "Took" in words(message)
    assert [one["filename"].rpartition(".")[2] for one in message.attachments] == ["png"]
    assert message.attachments[0]["description"].startswith("hero shoe")
    assert [one for one in mia.sees(studio.channel) if one.author.bot] == [message]


def test_a_button_of_a_result_makes_another_message(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    (again,) = studio.said(mia.press(message, actions(message)["Reroll"]))
    studio.works()
    assert "Took" in words(again)
    assert "**From**" in words(again)
    vic = studio.person("Vic Low", Role.VIEWER)
    (refused,) = studio.said(vic.press(message, actions(message)["Reroll"]))
    assert refused.only_for == vic.user.id
    assert "refused" in words(refused)
