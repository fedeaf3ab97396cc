"""The sandbox: honest calls come back as they are, and whatever passes a limit or reaches out is ended and told in words."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import BadPicture, SandboxBusy, SealUnavailable, TooCostly, TooManyPixels
from core.security import sandbox
from core.security.sandbox import Allowance, SandboxPlan, SandboxPool

ROOT = Path(__file__).parents[3]
CALLS = "tests.core.security.sandbox_calls"
PLAN = SandboxPlan(
    workers=2, allowance=Allowance(memory=256 << 20, cpu_seconds=1, wall_seconds=100, result=8 << 20), readable=(str(ROOT),)
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")


@pytest.fixture(scope="module")
def pool() -> Iterator[SandboxPool]:
    made = SandboxPool(PLAN)
    yield made
    made.close()


def call(pool: SandboxPool, name: str, *args: object) -> object:
    return pool.call(f"{CALLS}:{name}", args, {})


def test_values_and_pictures_come_back_as_they_are(pool: SandboxPool) -> None:
    value = {"text": "ö", "numbers": (1, 2.5, None), "large": b"x" * 300_000, "set": frozenset({1})}
    assert call(pool, "same", value) == value
    picture = call(pool, "picture", 300, 200)
    assert (picture.size, picture.getpixel((299, 199))) == ((300, 200), (1, 2, 3))  # type: ignore[attr-defined]


def test_one_worker_serves_many_calls(pool: SandboxPool) -> None:
    assert len({call(pool, "process_number") for _ in range(20)}) == 1


def test_errors_come_back_as_they_were_raised(pool: SandboxPool) -> None:
    with pytest.raises(TooManyPixels) as told:
        call(pool, "refuses")
    assert (told.value.message, told.value.hint, told.value.facts) == ("Far too many.", "Fewer.", {"pixels": 7})
    with pytest.raises(ValueError, match="a value"):
        call(pool, "raises")


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [("hoards", (1 << 30,), "memory"), ("spins", (), "computing"), ("same", (b"x" * (20 << 20),), "")],
)
def test_what_passes_a_limit_is_ended_and_the_next_call_works(
    pool: SandboxPool, name: str, args: tuple[object, ...], told: str
) -> None:
    if name == "same":
        assert call(pool, name, *args) == args[0]  # what was sent may come back: the allowance grows with the input
    else:
        with pytest.raises(TooCostly, match=told):
            call(pool, name, *args)
    assert call(pool, "kind_of", b"\x89PNG\r\n\x1a\n") == "image/png"


def test_a_call_that_waits_for_ever_is_ended(pool: SandboxPool) -> None:
    hasty = SandboxPool(replace(PLAN, allowance=replace(PLAN.allowance, wall_seconds=0.3)))
    with pytest.raises(TooCostly, match="longer"):
        call(hasty, "waits")
    hasty.close()


def test_a_worker_that_breaks_down_is_a_damaged_file(pool: SandboxPool) -> None:
    with pytest.raises(BadPicture, match="broke down"):
        call(pool, "breaks_down")
    assert call(pool, "same", 1) == 1


def test_a_result_of_a_foreign_class_is_not_built(pool: SandboxPool) -> None:
    with pytest.raises(TooCostly):
        call(pool, "foreign")


def test_a_result_larger_than_allowed_is_refused(pool: SandboxPool) -> None:
    with pytest.raises(TooCostly):
        call(pool, "picture", 2000, 2000)


def test_workers_know_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLATE_SECRET", "hush")
    fresh = SandboxPool(PLAN)
    assert "hush" not in str(call(fresh, "environment"))
    fresh.close()


@linux
def test_workers_read_no_data_write_nothing_connect_nowhere_and_start_nothing(pool: SandboxPool, tmp_path: Path) -> None:
    (tmp_path / "room.key").write_text("hush")
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name, *args in (
            ("reads", str(tmp_path / "room.key")),
            ("writes", str(tmp_path / "new")),
            ("connects", server.getsockname()[1]),
            ("starts_a_program",),
        ):
            with pytest.raises(OSError, match=r"not permitted|denied"):
                call(pool, str(name), *args)
    assert not (tmp_path / "new").exists()


def test_a_lost_server_is_replaced() -> None:
    fresh = SandboxPool(PLAN)
    call(fresh, "same", 1)
    assert fresh._server is not None
    fresh._server.process.kill()
    fresh._server.process.wait()
    assert [call(fresh, "same", number) for number in range(3)] == [0, 1, 2]
    fresh.close()


def test_when_too_many_wait_the_next_is_told_to_come_back() -> None:
    narrow = SandboxPool(replace(PLAN, workers=1, waiting=1, wait_seconds=0.1))
    held = narrow._turn()
    with held, pytest.raises(SandboxBusy):
        call(narrow, "same", 1)
    assert call(narrow, "same", 1) == 1
    narrow.close()


def test_strangers_never_take_every_worker(pool: SandboxPool) -> None:
    with sandbox.for_strangers(), pool._turn():
        assert not pool._free_for_strangers.acquire(blocking=False)
        done = threading.Thread(target=lambda: call(pool, "same", 1))
    with sandbox.for_strangers():
        turn = pool._turn()
        with turn:
            done.start()
            done.join()


def test_a_call_may_ask_once_what_only_this_process_can_answer(pool: SandboxPool) -> None:
    assert pool.call(f"{CALLS}:asks", (1,), {}, lambda question: question.upper()) == [b"QUESTION 0"]
    for times, answer in ((2, bytes.upper), (1, None)):
        with pytest.raises(TooCostly):
            pool.call(f"{CALLS}:asks", (times,), {}, answer)
    with pytest.raises(TooCostly):
        pool.call(f"{CALLS}:asks_nonsense", (), {}, bytes.upper)


def test_a_worker_whose_question_cannot_be_answered_ends_and_the_error_is_told(pool: SandboxPool) -> None:
    def fails(question: bytes) -> bytes:
        raise SealUnavailable("The key is away.")

    with pytest.raises(SealUnavailable, match="The key is away"):
        pool.call(f"{CALLS}:asks", (1,), {}, fails)
    assert call(pool, "same", 1) == 1
