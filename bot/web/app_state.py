"""What the room's routes share: the desk, the signer, the bell, the templates and the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog
from fastapi import Request
from sqlmodel import Session

from bot.cards import Answer
from bot.request import ChatPlace, ChatRequest, Completion
from bot.web.room_chat import PLATFORM
from bot.web.session import Signer, cookie, token_of
from bot.web.templating import Templates
from bot.web.wakeups import Bell
from core.desk import Desk
from core.errors import NotFound, StoreError
from core.people import sessions
from core.people.openid import OpenIdProvider
from core.people.roles import Permission, allow, visible_projects
from storage.people import projects
from storage.tables import Channel, Member, Project

log = structlog.get_logger(__name__)


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
    """Nobody is signed in in this browser."""


@dataclass(frozen=True)
class House:
    """The room of one process."""

    desk: Desk
    signer: Signer
    bell: Bell
    templates: Templates
    commands: Commands
    react: React
    openid: OpenIdProvider | None = None
    """Where people sign in with an identity provider."""


def house(request: Request) -> House:
    found: House = request.app.state.house
    return found


def visitor(request: Request) -> Member:
    """Who is asking. Raises NotJoined."""
    home = house(request)
    token = token_of(request, home.desk.settings)
    if token:
        with home.desk.reading() as session:
            found = sessions.held(session, home.desk.settings, token)
        if found is not None:
            home.desk.queue.note_seen(found.member.id)
            request.state.session = found.row
            if found.stale:
                _note_use(home.desk, found.row)
                request.state.cookie = cookie(token, home.desk.settings)
            return found.member
    raise NotJoined


def _note_use(desk: Desk, row: int) -> None:
    """Note that the session was used; a database that cannot be written just now is no reason to turn anybody away."""
    try:
        with desk.writing() as session:
            sessions.note_use(session, row)
    except StoreError as problem:
        log.warning("web.session-not-noted", code=problem.code)


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
