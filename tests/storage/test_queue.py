"""Redis carries, and may lose everything: nobody who enqueues is told of a failure, and whoever serves comes back."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import redis
import rq
import structlog
from rq import Callback
from rq.serializers import JSONSerializer

from storage import queue_worker, valkey
from storage.database import Database
from storage.known_jobs import JOBS
from storage.queue import CHAT, Queue
from tests.waiting import until

TESTED = {"builtins.print", "builtins.int", "no.such.job"}


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    opened = Queue(redis_url, jobs=TESTED)
    yield opened
    opened.close()


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Queue]:
    """A queue whose Redis is away."""
    opened = Queue(f"unix://{tmp_path}/none.sock")
    yield opened
    opened.close()


def test_a_job_is_carried_out_once(queue: Queue, capfd: pytest.CaptureFixture[str]) -> None:
    assert queue.put(CHAT, "builtins.print", "hello")
    assert queue.length(CHAT) == 1
    queue.serve([CHAT], burst=True)
    assert capfd.readouterr().out == "hello\n"
    assert queue.length(CHAT) == 0


def test_a_job_that_fails_or_that_nobody_knows_keeps_no_other_from_its_turn(
    queue: Queue, capfd: pytest.CaptureFixture[str]
) -> None:
    for job, given in (("builtins.int", "no number"), ("no.such.job", ""), ("builtins.print", "the next")):
        queue.put(CHAT, job, given)
    queue.serve([CHAT], burst=True)
    assert "the next" in capfd.readouterr().out


@pytest.mark.parametrize("ending", ["on_success", "on_failure", "on_stopped"])
def test_a_job_that_calls_others_back_is_dropped(queue: Queue, capfd: pytest.CaptureFixture[str], ending: str) -> None:
    plain = rq.Queue(CHAT, connection=queue.redis, serializer=JSONSerializer)
    plain.enqueue("builtins.print", "called", **{ending: Callback("os.abort")})
    queue.serve([CHAT], burst=True)
    assert "called" not in capfd.readouterr().out
    assert queue.length(CHAT) == 0


def test_a_foreign_job_is_refused_logged_and_dropped(redis_url: str, tmp_path: Path) -> None:
    ours = Queue(redis_url)
    for name, args in (("os.system", [f"touch {tmp_path}/ran"]), ("bot.jobs.show_render", [{"a": 1}]), ("core.desk.here", [])):
        ours.rq(CHAT).enqueue(name, *args)
    with structlog.testing.capture_logs() as logged:
        ours.serve([CHAT], burst=True)
    assert [one["event"] for one in logged if one["log_level"] == "error"] == ["queue.foreign-job"] * 3
    assert (list(tmp_path.iterdir()), ours.length(CHAT), list(ours.redis.scan_iter("rq:job:*"))) == ([], 0, [])
    ours.close()


@pytest.mark.parametrize(
    "fields", [{"data": b"x"}, {"data": b"x", "created_at": "yesterday"}, {}], ids=["data", "time", "nothing"]
)
@pytest.mark.parametrize("ident", ["a.b", "a b", "ab"])
def test_an_entry_that_cannot_be_read_does_not_end_the_worker(
    queue: Queue, capfd: pytest.CaptureFixture[str], ident: str, fields: dict[str, Any]
) -> None:
    if fields:
        queue.redis.hset(f"rq:job:{ident}", mapping=fields)
    queue.redis.rpush(queue.rq(CHAT).key, ident)
    queue.put(CHAT, "builtins.print", "the next")
    queue.serve([CHAT], burst=True)
    assert "the next" in capfd.readouterr().out


def test_every_job_that_is_queued_by_name_is_known_and_there() -> None:
    root = Path(__file__).parents[2]
    written = {
        name
        for floor in ("bot", "core", "storage", "hooks")
        for path in (root / floor).rglob("*.py")
        for name in re.findall(r'"((?:bot|core)\.jobs\.\w+)"', path.read_text())
    }
    assert written == JOBS
    for name in JOBS:
        module, _, function = name.rpartition(".")
        assert callable(getattr(import_module(module), function))


def test_the_first_named_queue_goes_first(queue: Queue, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("later", "sooner"):
        queue.put(name, "builtins.print", name)
    queue.serve(["sooner", "later"], burst=True)
    assert capfd.readouterr().out == "sooner\nlater\n"


def test_what_is_put_after_a_commit_is_not_put_when_there_is_none(queue: Queue, database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            queue.put_after(session, CHAT, "builtins.print", "never")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert queue.length(CHAT) == 0
    with database.writing() as session:
        queue.put_after(session, CHAT, "builtins.print", "now")
        assert queue.length(CHAT) == 0
    assert queue.length(CHAT) == 1


def test_a_redis_that_is_away_fails_nobody_who_only_hints(nowhere: Queue) -> None:
    with structlog.testing.capture_logs() as told:
        assert not nowhere.put(CHAT, "builtins.print", "lost")
        nowhere.call("room")
        nowhere.keep_preview(1, b"picture")
    assert nowhere.preview(1) is None
    assert not nowhere.ping()
    assert [line["event"] for line in told if line["log_level"] == "warning"] == ["queue.away"]
    with pytest.raises(redis.RedisError):
        nowhere.length(CHAT)


def test_a_preview_is_the_newest(queue: Queue) -> None:
    assert queue.preview(7) is None
    queue.keep_preview(7, b"first")
    queue.keep_preview(7, b"second")
    assert queue.preview(7) == b"second"


def test_a_worker_comes_back_to_a_redis_that_was_killed_and_lost_the_end_of_its_file(tmp_path: Path) -> None:
    socket, url = tmp_path / "v.sock", f"unix://{tmp_path / 'v.sock'}"
    server = valkey.start(tmp_path / "redis", socket)
    program = f"from storage.queue import Queue\nQueue({url!r}, jobs=['builtins.print']).serve(['chat'])\n"
    queue = Queue(url)
    with (tmp_path / "out").open("wb") as out, subprocess.Popen([sys.executable, "-u", "-c", program], stdout=out) as worker:
        queue.put(CHAT, "builtins.print", "before")
        until(lambda: queue.length(CHAT) == 0, "the first job is taken")
        server.kill()
        server.wait()
        (newest,) = (tmp_path / "redis" / "appendonlydir").glob("*.incr.aof")
        newest.write_bytes(newest.read_bytes()[:-7])
        server = valkey.start(tmp_path / "redis", socket)
        queue.put(CHAT, "builtins.print", "after")
        until(lambda: (tmp_path / "out").read_text().endswith("after\n"), "the second job is done")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    queue.close()
    valkey.shut_down(socket)
    server.wait(10)


def test_a_worker_that_is_told_to_stop_while_redis_is_away_finishes_its_job(redis_url: str) -> None:
    """The error of a lost Redis, raised in the signal's handler, would end the render that is being carried out."""
    queue = Queue(redis_url)
    worker = queue_worker.Server([queue.rq("q")], connection=queue.redis, serializer=queue_worker.JSONSerializer)
    worker.stopping = lambda: None
    worker.connection = redis.Redis(port=1)
    worker._state = "busy"
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        worker.request_stop(signal.SIGTERM, None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert worker.told_to_stop
    assert worker._stop_requested
