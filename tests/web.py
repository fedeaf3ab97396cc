"""A room served on loopback for tests, and browser-like clients that come in through its door."""

from __future__ import annotations

import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx2
import uvicorn
from PIL import Image

from core.desk import Desk
from hooks.app import create_app
from storage.chat import room
from storage.people import members, projects
from storage.tables import Channel, Member


class Web:
    """A served room."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = create_app(desk)
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=0, log_level="error", proxy_headers=False, timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._clients: list[httpx2.Client] = []

    def __enter__(self) -> Web:
        self._thread.start()
        eventually(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self.app.state.house.bell.close()
        self._server.should_exit = True
        self._thread.join(10)
        self.app.state.house.bell.join()

    @property
    def url(self) -> str:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def client(self, name: str = "") -> httpx2.Client:
        """A browser-like client; with a name it has joined the room."""
        made = httpx2.Client(base_url=self.url, timeout=20)
        self._clients.append(made)
        if name:
            made.post("/join", json={"name": name, "time_zone": "Europe/Berlin"}).raise_for_status()
        return made

    def member(self, name: str) -> Member:
        with self.desk.reading() as session:
            found = members.by_key(session, name.casefold())
            assert found is not None
            return found

    def channel(self, slug: str = "general") -> Channel:
        with self.desk.reading() as session:
            found = projects.channel(session, "room", slug)
            assert found is not None
            return found

    def post(self, text: str = "", slug: str = "general", **more: Any) -> int:
        """A message put there directly, by Slate unless `by` says otherwise."""
        with self.desk.writing() as session:
            message = room.say(session, self.channel(slug).id or 0, text=text, **more)
            row = message.id or 0
        self.desk.queue.call("room")
        return row

    def seen(self, name: str, slug: str = "general") -> list[str]:
        """The texts of the channel (its threads too) that `name` sees."""
        with self.desk.reading() as session:
            found = room.changed_since(session, self.channel(slug).id or 0, 0, seen_by=self.member(name).id or 0)
            return [
                one.text or str((one.answer or one.card or {}).get("text", "")) for one in sorted(found, key=lambda m: m.id or 0)
            ]


def eventually(true: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until `true()` holds; a failure names nothing but the deadline, so give it a telling name."""
    over = threading.Event()
    timer = threading.Timer(seconds, over.set)
    timer.start()
    try:
        while not true():
            assert not over.is_set(), f"it did not come true within {seconds} s"
            over.wait(0.02)
    finally:
        timer.cancel()


def picture(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    data = BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return data.getvalue()
