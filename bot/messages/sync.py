"""Keeps chat messages in step with what they are about: the newest state, once, even after a crash or a race."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import structlog
from sqlmodel import Session

from bot import show
from bot.cards import Card
from bot.incoming import job_answers, tracked
from bot.incoming.job_answers import JobAnswer
from bot.web.room_chat import RoomChat
from core.desk import Desk
from core.errors import ChatBusy, ChatError, ChatGone, ChatRefused, DatabaseUnavailable, NotFound, SlateError
from storage.chat import posts
from storage.clock import now
from storage.files import assets
from storage.people import members
from storage.queue import OUTBOX
from storage.rate_limit import Budget
from storage.rendering import renders
from storage.tables import Post

log = structlog.get_logger(__name__)

MOST_REFUSALS = 400
"""A message that was refused so often, which takes about a week, is given up."""
LONGEST_PAUSE = 1800.0
"""Seconds between two attempts to show a message that the platform goes on refusing."""


class Chat(Protocol):
    """What a platform offers to be written to.

    Every verb raises ChatBusy when the platform asks for a pause or does not answer, ChatGone when the place is not there any
    more, ChatRefused when Slate may not do it there.
    """

    def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Post the card and return the message's reference; posting the same Post again makes no second message."""
        ...

    def edit(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Change the message in place; returns its reference, a new one where the message was gone and was posted again."""
        ...

    def answer(self, desk: Desk, post: Post, given: JobAnswer) -> str:
        """Give a job's answer where `post` says, or to whoever asked alone. Returns its reference, "" for none that is followed.

        What was sent of it is remembered in `post`, and not sent again.
        """
        ...

    def tell(self, desk: Desk, tenant: str, user_id: str, card: Card, alt: str = "") -> None:
        """Show the card to one person only, of the platform's own id."""
        ...

    def budgets(self, post: Post) -> Sequence[Budget]:
        """What sending this Post now costs; empty where a platform is ours and has no limits."""
        ...


def chats(desk: Desk) -> Mapping[str, Chat]:
    """Every platform that is set up here, by name."""
    found: dict[str, Chat] = {"room": RoomChat()}
    if desk.settings.slack:
        from bot.slack.chat import SlackChat

        found["slack"] = SlackChat(desk)
    if desk.settings.discord_token:
        from bot.discord.chat import DiscordChat

        found["discord"] = DiscordChat(desk)
    return found


def bring_in_step(desk: Desk, render_id: int, *, speak: Mapping[str, Chat] | None = None) -> None:
    """Show the render as it is now in every message of it that is behind; where there are limits, the outbox does."""
    with desk.reading() as session:
        behind = [post for post in posts.of_render(session, render_id) if post.due]
    _bring_all(desk, behind, speak if speak is not None else chats(desk))


def catch_up(desk: Desk, *, speak: Mapping[str, Chat] | None = None) -> None:
    """Show everything that is behind and that no job cares for any more."""
    speak = speak if speak is not None else chats(desk)
    free = [name for name, chat in speak.items() if not chat.budgets(Post(platform=name, channel_id=""))]
    with desk.reading() as session:
        behind = posts.due(session, now(), platforms=free)
    _bring_all(desk, behind, speak)
    desk.queue.call(OUTBOX)


def _bring_all(desk: Desk, behind: Sequence[Post], speak: Mapping[str, Chat]) -> None:
    paced = False
    for post in behind:
        chat = speak.get(post.platform)
        if chat is not None and chat.budgets(post):
            paced = True
        else:
            bring(desk, post, chat)
    if paced:
        desk.queue.call(OUTBOX)


def bring(desk: Desk, post: Post, chat: Chat | None) -> float:
    """Bring one message in step, or note why it is not and when to try again; another message never waits for it.

    Returns the seconds of pause the platform asks for, usually 0. Raises DatabaseUnavailable.
    """
    if chat is None:
        _wait_for_permission(desk, post, f"no front end for {post.platform}")
        return 0.0
    try:
        while not _show(desk, post, chat):
            pass  # somebody showed a later state while we showed an earlier one: show the newest again
    except NotFound as gone:
        _give_up(desk, post, gone.message)
    except (ChatGone, ChatRefused) as problem:
        if post.error != problem.message:
            _tell_asker(desk, post, chat, problem)
        _wait_for_permission(desk, post, problem.message)
    except DatabaseUnavailable:
        raise
    except ChatBusy as busy:
        _try_later(desk, post, busy.message, pause=busy.retry_after)
        return busy.retry_after
    except SlateError as problem:
        _try_later(desk, post, problem.message)
    except Exception as bug:  # noqa: BLE001  the edge: a message that cannot be written must not be tried without a pause
        _try_later(desk, post, f"a bug of ours ({type(bug).__name__})", bug)
    return 0.0


def _show(desk: Desk, post: Post, chat: Chat) -> bool:
    """Show the newest state; False when another process may have been overtaken by us."""
    with desk.reading() as session:
        current = posts.by_id(session, post.id or 0)
        shown = card_of(session, current) if current is not None else None
    if current is None:
        return True
    if (given := job_answers.of(current)) is not None:
        _give(desk, current, chat, given)
        return True
    if shown is None:
        raise NotFound("What it shows no longer exists.")
    card, alt = shown
    again = bool(current.message_ref)
    if not again:
        current.message_ref = chat.post(desk, current, card, alt)
        again = post.tried_at is not None  # an earlier attempt may have got through: then this is its message, as it was then
    reference = chat.edit(desk, current, card, alt) if again else current.message_ref
    with desk.writing() as session:
        return posts.shown(session, current, current.wanted, reference) or not _newer(posts.by_id(session, post.id or 0), current)


def _give(desk: Desk, post: Post, chat: Chat, given: JobAnswer) -> None:
    """Give an answer, once; one that may not be shown in its channel is for whoever asked alone."""
    try:
        reference = chat.answer(desk, post, given)
    except (ChatGone, ChatRefused) as problem:
        if given.private:
            log.warning("post.answer-lost", post=post.id, platform=post.platform, why=problem.message)
            reference = ""
        else:
            log.info("post.answer-private", post=post.id, platform=post.platform, why=problem.message)
            reference = chat.answer(desk, post, given.privately())
    subject = tracked.subject_of(given.answer) if reference else ""
    with desk.writing() as session:
        asset, render = tracked.about(session, subject)
        if asset is None and render is None:
            posts.drop(session, post.id)
            return
        kept = {"files": post.kept["files"]} if "files" in post.kept else {}
        kept |= {"sentence": given.answer.text} if given.answer.text and asset else {}
        posts.become(session, post.id, kept, render_id=render, asset_id=asset)
        posts.shown(session, post, post.wanted, reference)


def card_of(session: Session, post: Post) -> tuple[Card, str] | None:
    """What the message of a Post shows now, and one line that stands for it; None when its subject is gone."""
    if post.asset_id is not None:
        asset = assets.by_id(session, post.asset_id)
        return (show.asset_card(session, asset, sentence=post.kept.get("sentence", "")), show.alt_of(asset)) if asset else None
    render = renders.by_id(session, post.render_id or 0)
    return (show.render_card(session, render), show.render_alt(session, render)) if render else None


def _newer(stored: Post | None, ours: Post) -> bool:
    return stored is not None and stored.shown > ours.wanted


def _tell_asker(desk: Desk, post: Post, chat: Chat, problem: ChatError) -> None:
    """Say to whoever asked that their message cannot be shown, where they can be reached; a person may be able to help."""
    with desk.reading() as session:
        render = renders.by_id(session, post.render_id) if post.render_id else None
        handle = members.handle_on(session, render.member_id, post.platform) if render else None
    if render is None or handle is None:
        return
    card = Card(f"{render.code} goes on, but I cannot show it there.", "error", text=problem.message, footer=problem.code)
    if problem.hint:
        card = Card(card.title, card.tone, text=f"{card.text}\n{problem.hint}", footer=card.footer)
    try:
        chat.tell(desk, post.tenant, handle.user_id, card, card.title)
    except SlateError as also:
        log.warning("post.asker-not-told", post=post.id, platform=post.platform, why=also.message)


def _wait_for_permission(desk: Desk, post: Post, why: str) -> None:
    """A platform that refuses may allow it again (a scope, an invitation, an archived channel opened): with growing pauses."""
    if post.attempts >= MOST_REFUSALS:
        _give_up(desk, post, why)
        return
    seconds = min(LONGEST_PAUSE if post.attempts > 20 else LONGEST_PAUSE / 6, 10.0 * 2 ** min(post.attempts, 10))
    _try_later(desk, post, why, pause=seconds)


def _give_up(desk: Desk, post: Post, why: str) -> None:
    if post.error != why:
        log.warning("post.given-up", post=post.id, platform=post.platform, why=why)
    with desk.writing() as session:
        posts.failed(session, post, why, None)


def _try_later(desk: Desk, post: Post, why: str, bug: Exception | None = None, pause: float = 0.0) -> None:
    if post.error != why:  # a trouble that lasts is told once
        log.warning("post.failed", post=post.id, platform=post.platform, why=why, exc_info=bug)
    seconds = pause or min(300, 2.0 ** min(post.attempts + 1, 8))
    with desk.writing() as session:
        posts.failed(session, post, why, now() + timedelta(seconds=seconds))
