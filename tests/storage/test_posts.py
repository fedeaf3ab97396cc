"""A post is due exactly while its message shows less than it should."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from storage.chat import posts
from storage.clock import now
from storage.database import Database
from storage.tables import Post
from tests.makers import make_member, make_project, make_render, make_version


@pytest.fixture
def session(database: Database) -> Any:
    with database.writing() as opened:
        yield opened


def put_up(session: Session) -> Post:
    render = make_render(session, make_member(session, f"Mia {id(object())}"), make_project(session), make_version(session))
    return posts.add(session, Post(platform="room", channel_id="general", render_id=render.id))


def due(session: Session) -> list[int]:
    session.expire_all()
    return [post.id for post in posts.due(session, now())]


def test_a_new_post_is_due_until_it_is_shown(session: Session) -> None:
    post = put_up(session)
    assert due(session) == [post.id]
    assert posts.shown(session, post, 1, "m-1")
    assert due(session) == []
    assert posts.at(session, "room", "general", "m-1") is not None


def test_a_change_makes_every_post_about_its_subject_due_and_no_other(session: Session) -> None:
    post, other = put_up(session), put_up(session)
    for one in (post, other):
        posts.shown(session, one, 1, "m")
    assert posts.touch(session, [post.render_id]) == [post.id]
    assert due(session) == [post.id]


def test_showing_an_earlier_state_leaves_the_post_due(session: Session) -> None:
    post = put_up(session)
    posts.touch(session, [post.render_id])
    assert posts.shown(session, post, 1, "m-1")
    assert due(session) == [post.id]
    assert posts.shown(session, post, 2, "m-1")
    assert due(session) == []


def test_who_was_overtaken_is_told_so(session: Session) -> None:
    post = put_up(session)
    posts.touch(session, [post.render_id])
    assert posts.shown(session, post, 2, "m-1")
    assert not posts.shown(session, post, 1, "m-1")
    assert due(session) == []


def test_a_failed_post_waits_for_its_next_try_and_a_change_ends_the_waiting(session: Session) -> None:
    post = put_up(session)
    posts.failed(session, post, "it is away", now() + timedelta(minutes=1))
    assert due(session) == []
    posts.touch(session, [post.render_id])
    assert due(session) == [post.id]
    assert (post.attempts, post.error) == (1, "it is away")


def test_a_post_is_given_up_only_if_nothing_changed_since(session: Session) -> None:
    post = put_up(session)
    session.expunge(post)  # as the clerk read it
    posts.failed(session, post, "the channel is gone", None)
    assert due(session) == []
    posts.touch(session, [post.render_id])
    posts.failed(session, post, "the channel is gone", None)
    assert due(session) == [post.id]
