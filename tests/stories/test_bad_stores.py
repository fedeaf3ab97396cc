"""Redis, the database or the disk goes away in the middle: what was asked is kept whole or not at all, and goes on by itself."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from core.desk import Desk
from core.settings import Settings
from storage import valkey
from storage.blobs import open_blobs
from storage.database import Database
from storage.queue import Queue
from storage.tables import RenderState
from tests.conftest import missing
from tests.pictures import encoded, scene
from tests.postgres import Cluster, find_binaries
from tests.stories.conftest import Story, tell
from tests.stories.telling import Person
from tests.waiting import until

ASK = "/render text-to-image hero shoe seed:7 steps:2 size:64x64"


@contextmanager
def told(settings: Settings) -> Iterator[Story]:
    desk = Desk(settings, Database(settings.database), open_blobs(settings.blobs), Queue(settings.redis))
    with tell(desk) as story:
        yield story
    desk.close()


# Redis


def test_what_is_asked_while_redis_is_away_is_rendered_when_it_is_back(settings: Settings, tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="slate-v-", dir=tmp_path.parent))
    redis = valkey.start(folder, folder / "v.sock")
    with told(settings.model_copy(update={"redis_url": f"unix://{folder / 'v.sock'}"})) as story:
        mia = story.visitor("Mia Chen")
        redis.kill()
        redis.wait()
        asked = mia.asks(ASK)
        assert "Number 1 in line" in asked.text
        assert not mia.says("is anybody there?").error
        mia.reacts("🔥", to=asked)
        story.shop.sweeper.sweep()
        redis = valkey.start(folder, folder / "v.sock")
        story.works()
        assert mia.sees("Took", again=asked).tone == "done"
        assert [one.state for one in story.renders()] == [RenderState.DONE]
    redis.terminate()
    redis.wait()


# PostgreSQL


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this module's own, for it is switched off and on."""
    if find_binaries() is None:
        missing("PostgreSQL", "apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="slate-pg-") as folder, Cluster(Path(folder)) as cluster:
        yield cluster


@pytest.fixture
def on_postgres(settings: Settings, cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Story]:
    if not cluster.up:  # a test before this one failed while it was off
        cluster.start()
    name = f"s_{abs(hash(request.node.name)):x}"
    cluster.create(name)
    cluster.keep_what_is_committed(name)
    with told(settings.model_copy(update={"database_url": cluster.url(name), "lease_seconds": 2.0})) as story:
        yield story


def test_a_command_while_the_database_is_away_changes_nothing_and_may_be_said_again(on_postgres: Story, cluster: Cluster) -> None:
    story, mia = on_postgres, on_postgres.visitor("Mia Chen")
    before = story.rows()
    cluster.stop()
    for _ in range(2):
        told = mia.says(ASK, key="one-and-the-same")
        assert (told.error, told.away) == ("database-unavailable", True)
        assert "Try again in a moment" in told.words
    cluster.start()
    assert story.rows() == before
    for _ in range(2):
        mia.says(ASK, key="one-and-the-same")
    story.works()
    assert [one.state for one in story.renders()] == [RenderState.DONE]
    assert mia.sees("Took").tone == "done"


def test_a_database_that_comes_back_in_time_does_not_disturb_a_run(on_postgres: Story, cluster: Cluster) -> None:
    story, mia = on_postgres, on_postgres.visitor("Mia Chen")
    asked = mia.asks("/render text-to-image hero shoe steps:40 size:64x64")
    with story.working(0.1):
        mia.sees("step ", again=asked)
        cluster.stop()
        cluster.start()
    story.works_it_out(asked)
    assert mia.sees("Took", again=asked).tone == "done"
    assert (story.runs(asked), len(story.assets(asked))) == (["success"], 1)


def test_a_result_that_cannot_be_written_down_is_fetched_again_and_not_rendered_again(
    on_postgres: Story, cluster: Cluster
) -> None:
    story, mia = on_postgres, on_postgres.visitor("Mia Chen")
    asked = mia.asks("/render text-to-image hero shoe steps:20 size:64x64")
    runs: Callable[[], list[str]] = lambda: [one.outcome for one in story.shop.simulator.executed]  # noqa: E731
    with story.working(0.1):
        mia.sees("step ", again=asked)
        cluster.stop()
        until(lambda: runs() == ["success"], "ComfyUI has made it")
    cluster.start()
    assert story.render(asked).state is RenderState.RUNNING
    assert story.assets(asked) == []
    until(lambda: (story.shop.sweeper.sweep(), story.render(asked).state is RenderState.QUEUED)[1], "the sweeper found it")
    story.works_it_out(asked)
    assert mia.sees("Took", again=asked).tone == "done"
    assert (runs(), len(story.assets(asked))) == (["success"], 1)


# SQLite

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: str) -> Iterator[None]:
    """Another process holds the database's write lock."""
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.terminate()


def test_a_database_that_stays_locked_is_told_and_what_was_asked_is_asked_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database._BUSY_MS", 200)
    with told(settings) as story:
        mia = story.visitor("Mia Chen")
        path = str(story.desk.database.url.database)
        with story.nothing_is_kept(), held(path):
            told_ = mia.says(ASK, key="one-and-the-same")
            assert (told_.error, "Nothing was changed" in told_.words) == ("database-unavailable", True)
        mia.says(ASK, key="one-and-the-same")
        story.works()
        assert mia.sees("Took").tone == "done"
        assert [one.state for one in story.renders()] == [RenderState.DONE]


def test_a_database_locked_in_the_middle_of_a_run_costs_no_second_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database._BUSY_MS", 200)
    with told(settings.model_copy(update={"lease_seconds": 2.0})) as story:
        mia = story.visitor("Mia Chen")
        asked = mia.asks("/render text-to-image hero shoe steps:20 size:64x64")
        with story.working(0.1):
            mia.sees("step ", again=asked)
            with held(str(story.desk.database.url.database)):
                until(lambda: story.runs(asked) == ["success"], "ComfyUI has made it")
        story.works_it_out(asked, rounds=200)
        assert mia.sees("Took", again=asked).tone == "done"
        assert (story.runs(asked), len(story.assets(asked))) == (["success"], 1)


def test_a_database_without_room_says_so_and_keeps_what_it_has(story: Story, mia: Person) -> None:
    mia.says("hello")
    before = story.rows()
    with story.desk.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    story.desk.database.close()

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}").fetchall()

    event.listen(story.desk.database.engine, "connect", limit)
    answers = [mia.says("/render text-to-image " + "long " * 3000) for _ in range(3)]
    event.remove(story.desk.database.engine, "connect", limit)
    story.desk.database.close()
    assert {one.error for one in answers} == {"database-unavailable"}
    assert all("no room left" in (one.words or str(one.seen)) for one in answers)
    assert story.rows() == before
    assert not mia.says(ASK).error


# the disk


class Disk:
    """The disk of the file store: a real, tiny one where this process may mount one, else fsync that says it is full."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        folder.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
        self.mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0

    def fill(self) -> None:
        if not self.mounted:
            self.monkeypatch.setattr(os, "fsync", _no_room)
            return
        with pytest.raises(OSError, match="No space left"):
            self._fill(self.folder / "filler")

    def _fill(self, filler: Path) -> None:
        with filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)

    def make_room(self) -> None:
        self.monkeypatch.undo()
        (self.folder / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


def _no_room(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(settings.data / "blobs", monkeypatch)
    yield made
    made.close()


@pytest.mark.only_in("room", reason="the disk is full for a worker, not for a chat")
def test_a_full_disk_makes_the_result_wait_and_not_be_rendered_again(disk: Disk, story: Story, mia: Person) -> None:
    asked = mia.asks(ASK)
    disk.fill()
    story.works_it_out(asked, rounds=1)
    waiting = mia.sees("no room left on our disk; it goes on when there is", again=asked)
    assert waiting.tone == "queued"
    assert (story.assets(asked), [name for name in story.files() if ".new-" in name]) == ([], [])
    disk.make_room()
    story.works_it_out(asked)
    done = mia.sees("Took", again=asked)
    assert mia.opens(done.originals[0])
    assert (story.runs(asked), len(story.assets(asked))) == (["success"], 1)


def test_a_full_disk_takes_no_upload_and_says_so(disk: Disk, story: Story, mia: Person) -> None:
    picture = encoded(scene(4))
    mia.says("hello")
    disk.fill()
    with story.nothing_is_kept():
        told_ = mia.drops(picture)
    assert (told_.error, "Free some room" in told_.words) == ("disk-full", True)
    disk.make_room()
    assert mia.drops(picture).error == ""
