"""The room as a chat that Slate writes to: posts a render's message and keeps it in step."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from bot.cards import Card, to_json
from bot.incoming.job_answers import JobAnswer
from core.desk import Desk
from core.errors import NotFound
from storage.chat import room
from storage.database import after_commit
from storage.people import projects
from storage.rate_limit import Budget
from storage.tables import Channel, Post, RoomMessage

PLATFORM = "room"
"""What Channel, Handle, Post and Place call the room."""

TOPIC = "room"
"""The queue topic that wakes the feeds."""


class RoomChat:
    """What `bot/jobs.py` needs of a platform, over the room's own rows."""

    def post(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Post the card where `post` says and return the message's reference.

        Doing it again for the same Post (a job that was doubled, a process killed in between) changes that one message.
        Raises NotFound when the channel is gone.
        """
        with desk.writing() as session:
            channel = _channel(session, post)
            key = f"post:{post.id}"
            there = room.by_key(session, key)
            if there is None:
                thread = _row(post.thread_ref)
                there = room.say(session, _id(channel), text=alt, card=to_json(card), thread_id=thread, key=key)
            else:
                room.edit(session, there, text=alt, card=to_json(card))
            ring(desk, session)
            return str(there.id)

    def edit(self, desk: Desk, post: Post, card: Card, alt: str = "") -> str:
        """Bring the message of `post` in step; one that is not there any more is posted again. Raises NotFound as `post`."""
        with desk.writing() as session:
            there = self._message(session, post)
            if there is not None:
                room.edit(session, there, text=alt, card=to_json(card))
                ring(desk, session)
                return str(there.id)
        return self.post(desk, post, card, alt)

    def answer(self, desk: Desk, post: Post, given: JobAnswer) -> str:
        """Put the answer in the place of its acknowledgement; a question that is answered to all becomes visible to all."""
        only_for = given.member_id if given.private else None
        with desk.writing() as session:
            channel, answer = _channel(session, post), post.kept["job"]["answer"]
            key = given.reply.get("message") or f"post:{post.id}"
            there = room.by_key(session, key)
            if there is None:
                thread = _row(post.thread_ref)
                room.say(session, _id(channel), answer=answer, key=key, thread_id=thread, only_for=only_for)
            else:
                room.edit(session, there, answer=answer, only_for=only_for)
            asked = room.by_key(session, given.reply.get("asked", ""))
            if asked is not None and not given.private:
                room.edit(session, asked, only_for=None)
            ring(desk, session)
            return ""  # a message of the room says itself what it is about

    def tell(self, desk: Desk, tenant: str, user_id: str, card: Card, alt: str = "") -> None:
        """Nothing: whoever is in the room sees its messages; there is no other way to reach them."""

    def budgets(self, post: Post) -> Sequence[Budget]:
        """None: it is ours."""
        return ()

    def _message(self, session: Session, post: Post) -> RoomMessage | None:
        row = _row(post.message_ref)
        return room.message(session, row) if row is not None else room.by_key(session, f"post:{post.id}")


def ring(desk: Desk, session: Session) -> None:
    """Wake the feeds once the session's transaction is committed."""
    after_commit(session, lambda: desk.queue.call(TOPIC))


def _channel(session: Session, post: Post) -> Channel:
    channel = projects.channel(session, PLATFORM, post.channel_id)
    if channel is None:
        raise NotFound(f"The room has no channel `{post.channel_id}`.", hint="It was removed; the render itself is safe.")
    return channel


def _row(reference: str) -> int | None:
    return int(reference) if reference.isdecimal() else None


def _id(channel: Channel) -> int:
    assert channel.id is not None
    return channel.id
