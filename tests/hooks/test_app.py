"""The web process: health, errors as pages and as data, a stop that does not wait for feeds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from core import errors
from core.desk import Desk, open_desk
from core.people.projects import ensure_defaults
from core.settings import Settings
from hooks.app import STATUS, status_of
from storage.database import Database
from tests.web import Web, eventually


@pytest.fixture
def web(desk: Desk) -> Iterator[Web]:
    with desk.writing() as session:
        ensure_defaults(session)
    with Web(desk) as served:
        yield served


def every(kind: type[errors.SlateError]) -> list[type[errors.SlateError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in every(below))]


@pytest.mark.parametrize("kind", every(errors.SlateError))
def test_each_error_has_a_status(kind: type[errors.SlateError]) -> None:
    assert 400 <= status_of(kind("said")) < 600


def test_the_nearest_class_upwards_decides() -> None:
    assert status_of(errors.UnknownRender()) == STATUS[errors.NotFound]
    assert status_of(errors.TooLong()) == 413
    assert status_of(errors.OutOfRange()) == 422


def test_health_is_told(web: Web) -> None:
    assert web.client().get("/healthz").json() == {"ok": True, "database": "up", "redis": "up"}


def test_health_is_told_while_all_shared_threads_are_taken(web: Web) -> None:
    over, taken = threading.Event(), threading.Semaphore(0)

    def hold() -> None:
        taken.release()
        over.wait(20)

    web.app.add_api_route("/hold", hold)
    others = [threading.Thread(target=lambda: web.client().get("/hold"), daemon=True) for _ in range(60)]
    for one in others:
        one.start()
    try:
        assert all(taken.acquire(timeout=20) for _ in range(40)), "as many as there are"
        assert web.client().get("/healthz", timeout=10).json()["ok"]
    finally:
        over.set()
        for one in others:
            one.join(20)


def test_a_database_that_is_away_is_told_and_nothing_breaks(web: Web, tmp_path: Path) -> None:
    mia = web.client("Mia")
    lost = Desk(web.desk.settings, Database(f"sqlite:///{tmp_path / 'no-tables.db'}"), web.desk.blobs, web.desk.queue)
    house = web.app.state.house
    object.__setattr__(house, "desk", lost)
    try:
        assert mia.get("/healthz").status_code == 503
        told = mia.get("/c/general")
        assert (told.status_code, told.json()["error"]) == (503, "database-unavailable")
    finally:
        object.__setattr__(house, "desk", web.desk)
        lost.database.close()


def test_errors_are_pages_for_people_and_data_for_programs(web: Web) -> None:
    mia = web.client("Mia")
    page = mia.get("/c/nowhere", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "There is no channel #nowhere." in page.text
    assert mia.get("/c/nowhere").json()["error"] == "not-found"
    assert mia.get("/nothing").json()["message"] == "There is nothing at this address."
    assert mia.get("/c/general/older", params={"before": "x"}).status_code == 422
    assert mia.get("/c/general/say").status_code == 405


def test_static_files_are_there_and_nothing_else(web: Web) -> None:
    stranger = web.client()
    for name in ("room.css", "room.js", "mark.svg"):
        assert stranger.get(f"/static/{name}").status_code == 200
    assert stranger.get("/static/../pages.py").status_code == 404
    assert stranger.get("/static/%2e%2e/pages.py").status_code == 404


def test_it_stops_at_once_though_a_feed_is_open(sqlite_url: str, tmp_path: Path, redis_url: str) -> None:
    desk = open_desk(Settings(data=tmp_path / "data", database_url=sqlite_url, redis_url=redis_url))
    with desk.writing() as session:
        ensure_defaults(session)
    desk.close()
    environment = os.environ | {
        "SLATE_DATA": str(tmp_path / "data"),
        "SLATE_DATABASE_URL": sqlite_url,
        "SLATE_REDIS_URL": redis_url,
    }
    socket = tmp_path / "web.sock"
    command = [sys.executable, "-m", "uvicorn", "hooks.app:create_app", "--factory", "--uds", str(socket), "--log-level", "error"]
    process = subprocess.Popen(command, env=environment)
    try:
        eventually(socket.exists, 30)
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(socket)), base_url="http://localhost", timeout=20) as client:
            client.post("/join", json={"name": "Mia"}).raise_for_status()
            with client.stream("GET", "/feed", params={"channel": "general"}) as response:
                lines = response.iter_lines()
                assert any("channels" in line for line in lines)
                process.send_signal(signal.SIGTERM)
                assert "still here" not in "".join(lines), "the feed ended, instead of waiting on"
        assert process.wait(8) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
