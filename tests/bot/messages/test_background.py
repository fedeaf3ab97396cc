"""Commands that take long are acknowledged at once, done by the clerk, and answered once, whoever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from bot import commands
from bot.cards import Answer
from bot.commands.background import PLATFORM
from bot.incoming import inbox
from bot.messages.background import Background
from bot.messages.sync import catch_up
from bot.request import Attachment, ChatPlace, ChatRequest
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.errors import ChatRefused, DatabaseUnavailable
from core.people import projects
from storage.clock import now
from storage.people import members
from storage.people import projects as storage_projects
from storage.tables import Incoming, Member, Post, RoomMessage
from tests.makers import make_member
from tests.pictures import encoded, scene


@pytest.fixture
def mia(desk: Desk) -> Member:
    with desk.writing() as session:
        projects.ensure_defaults(session)
        return make_member(session, "Mia Chen")


@pytest.fixture
def asked(desk: Desk, mia: Member) -> ChatRequest:
    """Mia drops a picture into the room and asks what it is."""
    data = encoded(scene(3, 64, 64))
    picture = Attachment("lost.png", "image/png", desk.blobs.put(data), len(data))
    with desk.reading() as session:
        project = storage_projects.everything(session)[0]
    return ChatRequest(mia, ChatPlace("room", "general", project=project), "/whatis", (picture,), key="k-1")


@pytest.fixture
def clerk(desk: Desk) -> Iterator[Background]:
    made = Background(desk)
    yield made
    made.close()


def given(desk: Desk) -> list[RoomMessage]:
    """What the room shows when the outbox has caught up."""
    catch_up(desk, speak={"room": RoomChat()})
    with desk.reading() as session:
        return list(session.exec(select(RoomMessage)))


def rows(desk: Desk) -> list[Incoming]:
    with desk.reading() as session:
        return list(session.exec(select(Incoming).where(Incoming.platform == PLATFORM)))


def age(desk: Desk) -> None:
    """Nobody has cared for anything for a while."""
    with desk.writing() as session:
        for row in session.exec(select(Incoming)):
            row.at = now() - timedelta(minutes=1)
            session.add(row)


def test_it_is_acknowledged_at_once_and_answered_by_a_message(desk: Desk, asked: ChatRequest, clerk: Background) -> None:
    told = commands.answer(desk, asked)
    assert (told.private, told.data["working"]) == (True, "k-1")
    assert given(desk) == [], "nothing is done yet"
    clerk.drain()
    (message,) = given(desk)
    assert message.answer is not None
    assert "lost.png" in message.answer["text"]
    with desk.reading() as session:
        assert session.exec(select(Post)).all() == [], "nothing is left of the way it went"


def test_a_command_that_comes_twice_is_done_once(desk: Desk, asked: ChatRequest, clerk: Background) -> None:
    commands.answer(desk, asked)
    commands.answer(desk, asked)
    clerk.drain()
    commands.answer(desk, asked)
    clerk.drain()
    assert len(given(desk)) == 1


def test_the_command_line_and_what_is_quick_are_answered_directly(desk: Desk, asked: ChatRequest) -> None:
    assert "lost.png" in commands.answer(desk, replace(asked, place=ChatPlace("cli"))).text
    assert commands.answer(desk, replace(asked, text="/whatis A-7Q0D", attachments=())).error == "unknown-asset"
    assert commands.answer(desk, replace(asked, text="/export A-7Q0D", attachments=())).error == "unknown-asset"
    assert rows(desk) == []


def test_what_a_clerk_that_died_has_begun_is_done_by_another_and_told_once(
    desk: Desk, asked: ChatRequest, clerk: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.answer(desk, asked)
    dying = Background(desk)
    monkeypatch.setattr(dying, "_carry_out", lambda errand, payload: None)
    dying.look()
    dying.close()
    clerk.look()
    assert [row.attempts for row in rows(desk)] == [1], "another clerk leaves alone what somebody works on"
    age(desk)
    clerk.drain()
    assert len(given(desk)) == 1
    assert [row.payload for row in rows(desk)] == [None]


def test_a_clerk_that_was_believed_dead_does_not_answer_a_second_time(
    desk: Desk, asked: ChatRequest, clerk: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.answer(desk, asked)
    slow = Background(desk)
    right = slow._answer

    def overtaken(payload: dict[str, object]) -> Answer:
        age(desk)
        clerk.drain()
        return right(payload)

    monkeypatch.setattr(slow, "_answer", overtaken)
    slow.look()
    slow.close()
    assert len(given(desk)) == 1


def test_a_failure_is_told_to_whoever_asked_in_words(desk: Desk, asked: ChatRequest, clerk: Background) -> None:
    commands.answer(desk, replace(asked, text="/restore"))
    clerk.drain()
    (message,) = given(desk)
    assert message.only_for == asked.member.id
    assert message.answer is not None
    assert message.answer["error"] == "not-found"
    assert "picture" in message.answer["cards"][0]["title"]


def test_what_never_comes_to_its_end_is_given_up_in_words(
    desk: Desk, asked: ChatRequest, clerk: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.answer(desk, asked)
    for _ in range(inbox.MOST_ATTEMPTS):
        dying = Background(desk)
        monkeypatch.setattr(dying, "_carry_out", lambda errand, payload: None)
        dying.look()
        dying.close()
        age(desk)
    clerk.drain()
    (message,) = given(desk)
    assert message.answer is not None
    assert (message.answer["error"], message.only_for) == ("unfinished", asked.member.id)


def test_while_the_database_is_away_it_is_not_failed_but_done_later(
    desk: Desk, asked: ChatRequest, clerk: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.answer(desk, asked)
    away = Background(desk)
    sorry = commands.sorry(DatabaseUnavailable())
    monkeypatch.setattr("bot.messages.background.commands.answer", lambda desk, said: sorry)
    away.look()
    away.close()
    monkeypatch.undo()
    assert given(desk) == []
    age(desk)
    clerk.drain()
    assert "lost.png" in str([one.answer for one in given(desk)])


def test_a_leaver_gets_nothing(desk: Desk, asked: ChatRequest, clerk: Background) -> None:
    commands.answer(desk, asked)
    with desk.writing() as session:
        member = members.by_id(session, asked.member.id or 0)
        assert member is not None
        member.active = False
        members.save(session, member)
    clerk.drain()
    assert "no longer active" in str([one.answer for one in given(desk)])


def test_what_may_not_be_shown_in_the_channel_is_told_to_whoever_asked(
    desk: Desk, asked: ChatRequest, clerk: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.answer(desk, asked)
    clerk.drain()
    public = RoomChat.answer

    def only_alone(chat: RoomChat, desk: Desk, post: Post, answer: object) -> str:
        if not answer.private:  # type: ignore[attr-defined]
            raise ChatRefused("Slate may not write there.")
        return public(chat, desk, post, answer)  # type: ignore[arg-type]

    monkeypatch.setattr(RoomChat, "answer", only_alone)
    assert [one.only_for for one in given(desk)] == [asked.member.id]
