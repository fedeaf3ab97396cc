"""Keeps chat messages in step with what they are about: the newest state, once, even after a crash or a race."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from bot import show
from bot.cards import Card
from bot.room.chat import RoomChat
from core.desk import Desk
from core.errors import DatabaseUnavailable, NotFound, SlateError
from storage import posts
from storage import renders as rows
from storage.clock import now
from storage.tables import Post

log = structlog.get_logger(__name__)


class Chat(Protocol):
    """What a platform offers to be written to."""

    def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Post the card and return the message's reference; posting the same Post again makes no second message."""
        ...

    def edit(self, desk: Desk, post: Post, card: Card, alt: str = "") -> None:
        """Change the message in place."""
        ...


def chats() -> Mapping[str, Chat]:
    """Every platform Slate can write to, by name."""
    return {"room": RoomChat()}


def bring_in_step(desk: Desk, render_id: int, *, speak: Mapping[str, Chat] | None = None) -> None:
    """Show the render as it is now in every message of it that is behind."""
    speak = speak if speak is not None else chats()
    with desk.reading() as session:
        behind = [post for post in posts.of_render(session, render_id) if post.due]
    for post in behind:
        _bring(desk, post, speak.get(post.platform))


def _bring(desk: Desk, post: Post, chat: Chat | None) -> None:
    """Bring one message in step, or note why it is not and when to try again; another message never waits for it."""
    if chat is None:
        _give_up(desk, post, f"no front end for {post.platform}")
        return
    try:
        while not _show(desk, post, chat):
            pass  # somebody showed a later state while we showed an earlier one: show the newest again
    except NotFound as gone:
        _give_up(desk, post, gone.message)
    except DatabaseUnavailable:
        raise
    except SlateError as problem:
        _try_later(desk, post, problem.message)
    except Exception as bug:  # noqa: BLE001  the edge: a message that cannot be written must not be tried without a pause
        _try_later(desk, post, f"a bug of ours ({type(bug).__name__})", bug)


def _show(desk: Desk, post: Post, chat: Chat) -> bool:
    """Show the newest state; False when another process may have been overtaken by us."""
    with desk.reading() as session:
        current = posts.by_id(session, post.id or 0)
        render = rows.by_id(session, post.render_id or 0)
        if current is None or render is None:
            return True
        card, alt = show.render_card(session, render), show.render_alt(session, render)
    reference = current.message_ref
    if reference:
        chat.edit(desk, current, card, alt)
    else:
        reference = chat.post(desk, current, card, alt)
    with desk.writing() as session:
        return posts.shown(session, current, current.wanted, reference) or not _newer(posts.by_id(session, post.id or 0), current)


def _newer(stored: Post | None, ours: Post) -> bool:
    return stored is not None and stored.shown > ours.wanted


def _give_up(desk: Desk, post: Post, why: str) -> None:
    if post.error != why:
        log.warning("post.given-up", post=post.id, platform=post.platform, why=why)
    with desk.writing() as session:
        posts.failed(session, post, why, None)


def _try_later(desk: Desk, post: Post, why: str, bug: Exception | None = None) -> None:
    if post.error != why:  # a trouble that lasts is told once
        log.warning("post.failed", post=post.id, platform=post.platform, why=why, exc_info=bug)
    pause = timedelta(seconds=min(300, 2.0 ** min(post.attempts + 1, 8)))
    with desk.writing() as session:
        posts.failed(session, post, why, now() + pause)
