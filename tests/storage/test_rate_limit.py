"""Budgets are kept by all processes together, and by each alone while Redis is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from storage.queue import Queue
from storage.rate_limit import Budget, Pacing


@pytest.fixture(params=["together", "alone"])
def pacing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pacing]:
    url = request.getfixturevalue("redis_url") if request.param == "together" else f"unix://{tmp_path}/none.sock"
    with redis.Redis.from_url(url) as server:
        yield Pacing(server)


def test_a_burst_is_free_and_then_one_must_wait(pacing: Pacing) -> None:
    budget = Budget("slack:C1", every=600.0, burst=3)
    assert [pacing.take([budget]) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0 < pacing.take([budget]) <= 600
    assert pacing.take([Budget("slack:C2", every=600.0)]) == 0.0


def test_a_call_that_costs_two_budgets_spends_both_or_none(pacing: Pacing) -> None:
    channel, workspace = Budget("channel", every=600.0), Budget("workspace", every=600.0, burst=2)
    assert pacing.take([channel, workspace]) == 0.0
    assert pacing.take([channel, workspace]) > 0
    assert pacing.take([workspace]) == 0.0, "the refused call had spent nothing"
    assert pacing.take([workspace]) > 0


def test_a_pause_the_other_side_asks_for_is_kept_whatever_was_saved_up(pacing: Pacing) -> None:
    budget = Budget("slack:C1", every=1.0, burst=10)
    pacing.hold(budget, 300.0)
    assert 290 < pacing.take([budget]) <= 301


def test_what_costs_nothing_never_waits(pacing: Pacing) -> None:
    assert pacing.take([]) == 0.0


def test_two_processes_share_a_budget(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as one, redis.Redis.from_url(redis_url) as two:
        budget = Budget("shared", every=600.0)
        assert Pacing(one).take([budget]) == 0.0
        assert Pacing(two).take([budget]) > 0


@pytest.mark.parametrize("give_back", [True, False])
def test_a_lease_is_one_s_own_until_it_is_given_back(redis_url: str, give_back: bool) -> None:
    with redis.Redis.from_url(redis_url) as server:
        pacing = Pacing(server)
        token = pacing.lease("outbox:C1", 60)
        assert token is not None
        assert pacing.lease("outbox:C1", 60) is None
        pacing.release("outbox:C1", token if give_back else "somebody else's")
        free: Callable[[object], bool] = bool
        assert free(pacing.lease("outbox:C1", 60)) is give_back


def test_one_rate_limiter_of_a_process_still_holds_while_redis_is_away(tmp_path: Path) -> None:
    queue = Queue(f"unix://{tmp_path / 'nobody-listens'}")
    budget = Budget("verify:203.0.113.9", every=600.0, burst=3)
    assert [queue.pacing.take([budget]) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0 < queue.pacing.take([budget]) <= 600
    assert queue.pacing.take([Budget("verify:203.0.113.10", every=600.0)]) == 0.0
    queue.close()
