"""What the room's routes share: the desk, the signer, the bell, the templates and the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fastapi import Request
from sqlmodel import Session

from bot.cards import Answer
from bot.request import ChatPlace, ChatRequest, Completion
from bot.web.room_chat import PLATFORM
from bot.web.session import RENEWED_AFTER, Signer
from bot.web.templating import Templates
from bot.web.wakeups import Bell
from core.desk import Desk
from core.errors import NotFound
from core.people.roles import Permission, allow, visible_projects
from storage.people import members, projects
from storage.tables import Channel, Member, Project


class Commands(Protocol):
    """What the room needs of bot/commands: the one command set of all front ends."""

    def answer(self, desk: Desk, said: ChatRequest) -> Answer: ...

    def press(
        self,
        desk: Desk,
        member: Member,
        place: ChatPlace,
        action: str,
        values: Mapping[str, str] | None,
        *,
        key: str | None = None,
    ) -> Answer: ...

    def complete(self, desk: Desk, member: Member, place: ChatPlace, text: str, cursor: int) -> list[Completion]: ...


React = Callable[[Desk, Member, ChatPlace, str, str, bool], Answer | None]
"""(desk, member, place, subject, emoji, added) -> what to say about it, if anything."""


class NotJoined(Exception):
    """Nobody has picked a name in this browser yet."""


@dataclass(frozen=True)
class House:
    """The room of one process."""

    desk: Desk
    signer: Signer
    bell: Bell
    templates: Templates
    commands: Commands
    react: React


def house(request: Request) -> House:
    found: House = request.app.state.house
    return found


def visitor(request: Request) -> Member:
    """Who is asking. Raises NotJoined."""
    home = house(request)
    found = home.signer.session_of(request)
    if found is not None and not home.desk.queue.is_revoked(found.ident):
        with home.desk.reading() as session:
            member = members.by_id(session, found.member)
        if member is not None and member.active:
            home.desk.queue.note_seen(found.member)
            if found.age > RENEWED_AFTER:
                https = home.desk.settings.base_url.startswith("https:")
                request.state.cookie = home.signer.cookie(found.member, found.ident, https=https)
            return member
    raise NotJoined


def enter(session: Session, member: Member, slug: str) -> tuple[Channel, Project]:
    """The channel and its project, for a member who may see it. Raises NotFound, Refused."""
    channel = projects.channel(session, PLATFORM, slug)
    project = projects.by_id(session, channel.project_id) if channel else None
    if channel is None or project is None:
        raise NotFound(f"There is no channel #{slug[:60]}.", hint="Choose one from the list, or create one.")
    allow(session, member, Permission.SEE, project)
    return channel, project


def open_to(session: Session, member: Member) -> list[Channel]:
    """The room's channels that the member may see, by name."""
    seen = visible_projects(session, member)
    return [one for one in projects.channels(session, PLATFORM) if seen is None or one.project_id in seen]
