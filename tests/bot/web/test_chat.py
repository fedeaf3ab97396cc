"""Slate writes to the room: one message a Post, whatever is doubled, lost or removed."""

from __future__ import annotations

import pytest

from bot.cards import Card
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.errors import NotFound
from core.people.projects import ensure_defaults
from storage.chat import posts, room
from storage.people import projects
from storage.tables import Post

QUEUED, DONE = Card("R-1 · queued", "queued"), Card("R-1 · done", "done")


@pytest.fixture
def post(desk: Desk) -> Post:
    with desk.writing() as session:
        ensure_defaults(session)
        return posts.add(session, Post(platform="room", channel_id="general"))


def titles(desk: Desk) -> list[str]:
    with desk.reading() as session:
        channel = projects.channel(session, "room", "general")
        assert channel is not None
        return [(one.card or {})["title"] for one in room.changed_since(session, channel.id or 0, 0, seen_by=0)]


def test_posting_twice_changes_the_one_message(desk: Desk, post: Post) -> None:
    first = RoomChat().post(desk, post, QUEUED, "queued")
    again = RoomChat().post(desk, post, DONE, "done")
    assert first == again
    assert titles(desk) == [DONE.title]


def test_a_message_is_edited_in_place(desk: Desk, post: Post) -> None:
    post.message_ref = RoomChat().post(desk, post, QUEUED)
    RoomChat().edit(desk, post, DONE)
    assert titles(desk) == [DONE.title]


@pytest.mark.parametrize("reference", ["9999", "nonsense", ""])
def test_a_message_that_is_gone_is_posted_again(desk: Desk, post: Post, reference: str) -> None:
    post.message_ref = reference
    RoomChat().edit(desk, post, DONE)
    assert titles(desk) == [DONE.title]


def test_a_channel_that_is_gone_is_told(desk: Desk, post: Post) -> None:
    post.channel_id = "gone"
    with pytest.raises(NotFound, match="no channel `gone`"):
        RoomChat().post(desk, post, QUEUED)


def test_a_post_of_a_thread_goes_into_the_thread(desk: Desk, post: Post) -> None:
    root = RoomChat().post(desk, post, QUEUED)
    with desk.writing() as session:
        inner = posts.add(session, Post(platform="room", channel_id="general", thread_ref=root))
    RoomChat().post(desk, inner, DONE)
    with desk.reading() as session:
        assert [(one.card or {})["title"] for one in room.thread(session, int(root), seen_by=0)] == [DONE.title]
