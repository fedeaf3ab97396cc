"""The list of channels, by client and project, with what is unread in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from bot.web.app_state import open_to
from storage.chat import room
from storage.people import projects
from storage.tables import Channel, Member


@dataclass(frozen=True)
class ChannelView:
    slug: str
    name: str
    unread: int
    here: bool


@dataclass(frozen=True)
class Shelf:
    """The channels of one project."""

    client: str
    project: str
    slug: str
    channels: tuple[ChannelView, ...]


def shelves(session: Session, member: Member, here: str) -> list[Shelf]:
    """All channels the member may see; `here` is the slug of the open one."""
    open_ = open_to(session, member)
    unread = room.unread(session, member.id or 0, [one.id for one in open_ if one.id is not None])
    known = projects.by_ids(session, {one.project_id for one in open_})
    clients = {one.id: one.name for one in projects.clients(session)}
    made = []
    for row, project in known.items():
        views = _views([one for one in open_ if one.project_id == row], unread, here)
        made.append(Shelf(clients.get(project.client_id, ""), project.name, project.slug, views))
    return sorted(made, key=lambda shelf: (shelf.client.casefold(), shelf.slug))


def _views(channels: Sequence[Channel], unread: dict[int, int], here: str) -> tuple[ChannelView, ...]:
    return tuple(
        ChannelView(one.channel_id, one.name, 0 if one.channel_id == here else unread.get(one.id or 0, 0), one.channel_id == here)
        for one in channels
    )
