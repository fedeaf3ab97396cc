"""The feed of one browser: server-sent events made from revisions, so that a reader who comes back misses nothing.

An event's id is the reader's cursor: `channel row:revision` for each channel, joined by dots (`3:17.5:2`). The browser sends
the last one back when it reconnects. Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.web.app_state import House, open_to
from bot.web.message_views import MessageView, message_views
from bot.web.sidebar import shelves
from core.errors import StoreError
from core.people import sessions
from storage.chat import room
from storage.people import members
from storage.tables import Member

log = structlog.get_logger(__name__)

BATCH = 100
"""Messages looked up at a time."""
_BREATH = 15.0
"""Seconds after which a silent feed sends a comment, so that proxies keep it open."""


@dataclass
class Reader:
    """Who reads what, and how far: the state of one feed."""

    member_id: int
    channel: str
    session: int | None = None
    """The row of the browser's session: the feed ends with it."""
    cursor: dict[int, int] = field(default_factory=dict)
    shown: str = ""
    """The list of channels as last sent."""
    out: bool = False
    """Whether the reader may read no more; their feed ends."""

    @property
    def position(self) -> str:
        return write_cursor(self.cursor)


def write_cursor(cursor: dict[int, int]) -> str:
    """
    >>> write_cursor({3: 17, 5: 2}), read_cursor("3:17.5:2"), read_cursor("nonsense")
    ('3:17.5:2', {3: 17, 5: 2}, {})
    """
    return ".".join(f"{row}:{revision}" for row, revision in sorted(cursor.items()))


def read_cursor(text: str) -> dict[int, int]:
    """A cursor as written; what cannot be read counts as not seen."""
    parts = [part.partition(":") for part in text[:10_000].split(".")]
    return {int(row): int(rev) for row, _, rev in parts if row.isdecimal() and rev.isdecimal() and len(row + rev) < 30}


async def stream(house: House, reader: Reader) -> AsyncIterator[str]:
    """Events until the reader goes away or the room closes."""
    silent = 0.0
    yield "retry: 1000\n: welcome\n\n"
    with house.bell.listening() as ear:
        while not house.bell.over:
            events, more = await asyncio.to_thread(_look, house, reader)
            for one in events:
                yield one
            if reader.out:
                return
            silent = 0.0 if events else silent
            if more:
                continue
            patience = house.bell.patience
            if not await ear.hears(patience):
                silent += patience
            if silent >= _BREATH:
                silent = 0.0
                yield ": still here\n\n"


def _look(house: House, reader: Reader) -> tuple[list[str], bool]:
    """What is new for the reader, and whether there is more; a database that is away is asked again later."""
    try:
        return _news(house, reader)
    except StoreError as problem:
        log.warning("room.feed-waits", code=problem.code)
        return [], False


def _news(house: House, reader: Reader) -> tuple[list[str], bool]:
    with house.desk.reading() as session:
        member = members.by_id(session, reader.member_id)
        over = reader.session is not None and not sessions.holds(session, house.desk.settings, reader.session)
        if member is None or not member.active or over:
            reader.out = True
            return [event("closed", {}, "")], False
        channels = {one.id: one for one in open_to(session, member) if one.id is not None}
        newest = room.revisions(session, channels)
        here = next((row for row, one in channels.items() if one.channel_id == reader.channel), None)
        changed = {row: revision for row, revision in newest.items() if revision > reader.cursor.get(row, 0)}
        messages = []
        if here in changed and here is not None:
            messages = room.changed_since(session, here, reader.cursor.get(here, 0), seen_by=reader.member_id, limit=BATCH)
        full = len(messages) == BATCH
        made = [_told(house, reader, view, here) for view in message_views(session, messages, member)]
        reader.cursor |= {row: revision for row, revision in changed.items() if not (full and row == here)}
        if changed or not reader.shown:
            made += _sidebar(house, reader, member, shelves(session, member, reader.channel))
    return made, full


def _told(house: House, reader: Reader, view: MessageView, here: int | None) -> str:
    if here is not None:
        reader.cursor[here] = max(view.revision, reader.cursor.get(here, 0))
    facts = {"id": view.id, "thread": view.thread_id, "mine": view.mine}
    return event("message", facts | {"html": house.templates.part("message.html", "message", view)}, reader.position)


def _sidebar(house: House, reader: Reader, member: Member, found: list[Any]) -> list[str]:
    html = house.templates.part("channels.html", "channels", found)
    if html == reader.shown:
        return []
    reader.shown = html
    return [event("channels", {"html": html}, reader.position)]


def event(name: str, data: dict[str, Any], cursor: str) -> str:
    return f"event: {name}\nid: {cursor}\ndata: {json.dumps(data)}\n\n"
