"""The feed: what changes arrives, a reader who comes back misses nothing, with Redis or without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx2
import pytest

from bot.cards import Card, to_json
from core.desk import Desk
from storage.chat import room
from storage.queue import Queue
from tests.web import Web, eventually

Event = tuple[str, str, Any]
"""(name, id, data)"""


@contextmanager
def feed(client: httpx2.Client, *, since: str = "", last: str = "") -> Iterator[Iterator[Event]]:
    headers = {"Last-Event-ID": last} if last else {}
    with client.stream("GET", "/feed", params={"channel": "general", "since": since}, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response.iter_lines())


def events(lines: Iterator[str]) -> Iterator[Event]:
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            found[name] = value
        elif "data" in found:
            yield found["event"], found["id"], json.loads(found["data"])
            found = {}


def messages(stream: Iterator[Event], count: int) -> list[Event]:
    got: list[Event] = []
    while len(got) < count:
        event = next(stream)
        if event[0] == "message":
            got.append(event)
    return got


def test_what_is_said_arrives_as_it_is_shown(web: Web) -> None:
    mia = web.client("Mia")
    with feed(mia) as stream:
        name, _, data = next(stream)
        assert name == "channels"
        assert "general" in data["html"]
        row = web.post("**hello**")
        (_, _, told), *_ = messages(stream, 1)
    assert (told["id"], told["thread"], told["mine"]) == (row, None, False)
    assert "<strong>hello</strong>" in told["html"]


def test_a_reader_who_comes_back_misses_nothing(web: Web) -> None:
    mia = web.client("Mia")
    first = web.post("one")
    with feed(mia) as stream:
        position = messages(stream, 1)[0][1]
    web.post("two")
    with web.desk.writing() as session:
        message = room.message(session, first)
        assert message is not None
        room.edit(session, message, text="one, edited")
    with feed(mia, last=position, since="ignored") as stream:
        told = messages(stream, 2)
    assert ["two" in told[0][2]["html"], "one, edited" in told[1][2]["html"]] == [True, True]


def test_a_long_absence_is_caught_up_in_order(web: Web) -> None:
    mia = web.client("Mia")
    with web.desk.writing() as session:
        for number in range(230):
            room.say(session, web.channel().id or 0, text=f"number {number}.")
    with feed(mia) as stream:
        told = messages(stream, 230)
    assert all(f"number {number}." in told[number][2]["html"] for number in range(230))


def test_other_channels_are_told_by_their_unread_count(web: Web) -> None:
    mia = web.client("Mia")
    mia.post("/channels", json={"name": "acme", "client": "Acme", "new_project": "Acme Spring"}).raise_for_status()
    with feed(mia) as stream:
        next(stream)
        web.post("look here", slug="acme")
        name, _, data = next(stream)
    assert name == "channels"
    assert "1 unread" in data["html"]


def test_private_messages_stay_private_in_the_feed(web: Web) -> None:
    mia = web.client("Mia")
    web.client("Ana")
    web.post("for Ana", only_for=web.member("Ana").id)
    web.post("for all")
    with feed(mia) as stream:
        (_, _, told), *_ = messages(stream, 1)
    assert "for all" in told["html"]


def test_a_running_card_is_edited_in_place(web: Web) -> None:
    mia = web.client("Mia")
    row = web.post(card=to_json(Card("R-1 · queued", "queued")))
    with feed(mia) as stream:
        messages(stream, 1)
        with web.desk.writing() as session:
            message = room.message(session, row)
            assert message is not None
            room.edit(session, message, card=to_json(Card("R-1 · running", "running")))
        web.desk.queue.call("room")
        (_, _, told), *_ = messages(stream, 1)
    assert told["id"] == row
    assert "tone-running" in told["html"]


def test_nobody_reads_the_feed_without_joining(web: Web) -> None:
    assert web.client().get("/feed", params={"channel": "general"}).status_code == 401


def test_a_member_who_is_put_away_is_shown_the_door(web: Web) -> None:
    mia = web.client("Mia")
    with feed(mia) as stream:
        next(stream)
        with web.desk.writing() as session:
            member = session.merge(web.member("Mia"))
            member.active = False
        web.desk.queue.call("room")
        assert next(stream)[0] == "closed"
        assert next(stream, None) is None, "and nothing more ever comes"


def test_feeds_end_when_the_room_closes(web: Web) -> None:
    mia = web.client("Mia")
    with feed(mia) as stream:
        next(stream)
        web.app.state.house.bell.close()
        with suppress(StopIteration):
            while True:
                next(stream)


@pytest.fixture
def lonely(desk: Desk) -> Iterator[Web]:
    """A room whose Redis is not there."""
    with Web(Desk(desk.settings, desk.database, desk.blobs, Queue("redis://127.0.0.1:1"))) as served:
        yield served


def test_without_redis_the_feed_looks_by_itself(lonely: Web) -> None:
    mia = lonely.client("Mia")
    with feed(mia) as stream:
        next(stream)
        assert not lonely.app.state.house.bell.connected
        lonely.post("still here")
        (_, _, told), *_ = messages(stream, 1)
    assert "still here" in told["html"]
    assert mia.get("/healthz").json() == {"ok": True, "database": "up", "redis": "away"}


def test_a_listener_that_has_gone_is_forgotten(web: Web) -> None:
    mia = web.client("Mia")
    with feed(mia) as stream:
        next(stream)
    web.post("anybody?")
    eventually(lambda: not web.app.state.house.bell._ears)
