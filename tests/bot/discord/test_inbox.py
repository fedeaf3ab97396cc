"""What Slate has acknowledged on Discord, or heard there, is carried out, even if its process dies a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.discord.listeners import DiscordListener
from bot.discord.messages import Talk
from storage.clock import now
from storage.tables import Incoming
from tests.bot.discord.conftest import Studio, actions, words
from tests.simulators.discord import Message, Person
from tests.waiting import until


@pytest.fixture
def dying(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on the process acknowledges, and never comes to do anything; the returned function begins another one."""

    async def never(listener: Any, *args: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr("bot.discord.reply.WAIT", 0.0)
    monkeypatch.setattr("bot.discord.gateway_events.SETTLE", 0.0)
    monkeypatch.setattr("bot.incoming.inbox.ROUND", 0.05)
    acting = {(DiscordListener, "_carry_out"), (DiscordListener, "_press"), (Talk, "_carry_out"), (Talk, "_react")}
    alive = {(where, name): getattr(where, name) for where, name in acting}
    for where, name in acting:
        monkeypatch.setattr(where, name, never)

    def restart() -> None:
        until(lambda: len(left(studio)) == 1, "it is in the inbox")
        for (where, name), act in alive.items():
            monkeypatch.setattr(where, name, act)
        studio.restart()
        with studio.desk.writing() as session:
            for row in session.exec(select(Incoming).where(Incoming.done_at.is_(None))):  # type: ignore[union-attr]
                row.at = now() - timedelta(minutes=1)
                session.add(row)
        until(lambda: left(studio) == [], "nothing is left to do")
        studio.catches_up()

    return restart


def left(studio: Studio) -> list[Incoming]:
    with studio.desk.reading() as session:
        return [row for row in session.exec(select(Incoming)) if row.done_at is None or row.payload is not None]


def of_slate(studio: Studio, person: Person) -> list[Message]:
    return [one for one in person.sees(studio.channel) if one.author.bot and (one.components or one.content)]


def test_a_command_that_was_acknowledged_is_carried_out_by_the_next_process(
    studio: Studio, mia: Person, dying: Callable[[], None]
) -> None:
    done = mia.slash(studio.channel, "render", workflow="text-to-image", prompt="a boat", inputs="seed:7 steps:2 size:64x64")
    assert not done.late
    dying()
    studio.works()
    (message,) = [one for one in of_slate(studio, mia) if not one.only_for]
    assert "Took" in words(message)


def test_the_answer_to_a_command_comes_by_its_token_although_another_process_acknowledged_it(
    studio: Studio, mia: Person, dying: Callable[[], None]
) -> None:
    done = mia.slash(studio.channel, "queue")
    dying()
    (answer,) = done.said
    assert answer.only_for == mia.user.id
    assert "Nothing" in words(answer)


def test_a_command_that_nobody_acknowledged_in_time_is_answered_by_the_bot_itself(
    studio: Studio, mia: Person, dying: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.reply.WAIT", 60.0)
    studio.server.patience = 0.3
    done = mia.slash(studio.channel, "queue")
    assert done.late
    dying()
    (told,) = mia.sees(mia.direct())
    assert "Nothing" in words(told)


def test_a_message_to_slate_is_not_lost(studio: Studio, mia: Person, dying: Callable[[], None]) -> None:
    mia.says(studio.channel, "/render text-to-image a boat seed:7 steps:2 size:64x64", mention=True)
    dying()
    studio.works()
    (message,) = of_slate(studio, mia)
    assert "Took" in words(message)


@pytest.fixture
def shoe(studio: Studio, mia: Person) -> Message:
    message = studio.asks(mia)
    studio.works()
    return message


def test_a_pressed_button_is_not_lost(studio: Studio, mia: Person, shoe: Message, dying: Callable[[], None]) -> None:
    mia.press(shoe, actions(shoe)["Reroll"])
    dying()
    assert len(of_slate(studio, mia)) == 2


@pytest.mark.parametrize("still_there", [True, False])
def test_a_reaction_is_not_lost_and_counts_as_it_is_now(
    studio: Studio, shoe: Message, ana: Person, dying: Callable[[], None], still_there: bool
) -> None:
    ana.reacts("✅", shoe)
    shoe.reactions = shoe.reactions if still_there else {}
    dying()
    assert ("approved by Ana Ruiz" in words(shoe)) is still_there


def test_what_is_done_leaves_nothing_behind_and_is_not_done_again(studio: Studio, mia: Person) -> None:
    message = studio.asks(mia)
    studio.works()
    mia.press(message, actions(message)["Reroll"])
    mia.says(studio.channel, "warmer", to=message)
    mia.reacts("✅", message)
    studio.settles()
    until(lambda: left(studio) == [], "everything is marked as done")
    with studio.desk.reading() as session:
        assert len(session.exec(select(Incoming)).all()) == 4
