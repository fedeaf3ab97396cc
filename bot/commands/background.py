"""Commands that take long: in chat they are acknowledged at once, kept as rows, and carried out by a job of the clerk."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.cards import Answer
from bot.request import Attachment, ChatPlace, ChatRequest
from core.errors import Refused
from core.schemas.room import WorkingSchema
from storage.chat import seen_events
from storage.clock import now
from storage.people import members, projects
from storage.queue import CHAT

if TYPE_CHECKING:
    from bot.commands.command import Asked
    from core.desk import Desk

PLATFORM = "command"
"""What the inbox calls the commands that wait to be carried out."""
JOB = "bot.jobs.carry_out_commands"
_READY = timedelta(minutes=1)
"""How long ago a new command was last cared for, as far as the inbox knows: so anybody may take it at once."""


def begin(asked: Asked, doing: str) -> Answer:
    """Keep the command, to be carried out once and soon; `doing` says what is being done. Raises DatabaseUnavailable."""
    key = asked.said.key or secrets.token_hex(16)
    with asked.desk.writing() as session:
        seen_events.first(session, PLATFORM, key, payload=packed(asked.said), at=now() - _READY)
        asked.desk.queue.put_after(session, CHAT, JOB)
    return Answer(f"{doing} The answer comes as a message.", private=True, schema=WorkingSchema(working=key))


def packed(said: ChatRequest) -> dict[str, Any]:
    """The request as JSON."""
    place = said.place
    return {
        "member": said.member.id,
        "text": said.text,
        "attachments": [asdict(one) for one in said.attachments],
        "key": said.key,
        "user": said.user_id,
        "platform": place.platform,
        "tenant": place.tenant,
        "channel": place.channel_id,
        "thread": place.thread_ref,
        "project": place.project.id if place.project else None,
        "reply": dict(place.reply),
    }


def unpacked(desk: Desk, payload: dict[str, Any]) -> ChatRequest:
    """The request again, in the name of the member as they are now. Raises Refused, DatabaseUnavailable."""
    with desk.reading() as session:
        member = members.by_id(session, int(payload["member"]))
        project = projects.by_id(session, payload["project"]) if payload["project"] else None
    if member is None or not member.active:
        raise Refused("You are no longer active here.", hint="An admin can change that.")
    place = ChatPlace(
        payload["platform"], payload["channel"], payload["thread"], project, payload["tenant"], reply=payload["reply"]
    )  # fmt: skip
    attachments = tuple(Attachment(**one) for one in payload["attachments"])
    return ChatRequest(member, place, payload["text"], attachments, payload["key"], payload["user"], now=True)
