"""Forum channels as shot boards: a post is a shot, tagged with how its newest picture stands, where there is such a tag."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.cards import Card
from bot.discord.rest import Json, Rest
from core.desk import Desk
from core.errors import SlateError
from storage.chat import posts
from storage.tables import Post

log = structlog.get_logger(__name__)

FORUM = 15
STATES = ("queued", "running", "done", "failed", "cancelled", "approved", "rejected")
"""What a tag may be called to be set by Slate; every other tag stays as people set it."""
_MOST_TAGS = 5


@dataclass(frozen=True)
class Board:
    """A forum's tags that mean a state, by their ids."""

    tags: dict[str, str]


class Boards:
    """Which channels are boards, asked for once and then known."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._known: dict[str, Board | None] = {}

    def show(self, desk: Desk, post: Post, card: Card) -> None:
        """Let the shot's post carry the state of what was just shown in it. A board that cannot be tagged is left as it is."""
        if not post.thread_ref or post.kept.get("tag") == card.tone:
            return
        try:
            self._show(post, card.tone)
        except SlateError as problem:
            log.warning("discord.board", channel=post.channel_id, problem=problem.message)
            return
        with desk.writing() as session:
            posts.keep(session, post.id, tag=card.tone)

    def _show(self, post: Post, state: str) -> None:
        board = self._board(post.channel_id)
        if board is None or state not in board.tags.values():
            return
        thread = self._rest.call("GET", f"/channels/{post.thread_ref}").body
        others = [str(one) for one in thread.get("applied_tags", ()) if str(one) not in board.tags]
        wanted = next(identity for identity, name in board.tags.items() if name == state)
        tags = [*others[: _MOST_TAGS - 1], wanted]
        if tags != [str(one) for one in thread.get("applied_tags", ())]:
            self._rest.call("PATCH", f"/channels/{post.thread_ref}", {"applied_tags": tags})

    def _board(self, channel_id: str) -> Board | None:
        if channel_id not in self._known:
            self._known[channel_id] = board_of(self._rest.call("GET", f"/channels/{channel_id}").body)
        return self._known[channel_id]


def board_of(channel: Json) -> Board | None:
    """A channel as a board; None when it is no forum or has no tag that means a state."""
    named = {str(one["id"]): str(one["name"]).casefold() for one in channel.get("available_tags", ())}
    tags = {identity: name for identity, name in named.items() if name in STATES}
    return Board(tags) if channel.get("type") == FORUM and tags else None
