"""Backends follow the configured servers, whatever moves where."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from storage.database import Database
from storage.rendering import backends
from storage.tables import BackendState

NORTH, SOUTH = "http://north.invalid:8188", "http://south.invalid:8188"


def in_use(session: Session) -> dict[str, str]:
    return {one.name: one.url for one in backends.in_use(session)}


def states(session: Session) -> dict[str, BackendState]:
    return {one.name: one.state for one in backends.everything(session)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"gpu-01": NORTH}, {"gpu-01": SOUTH, "gpu-02": NORTH}),
        ({"gpu-01": NORTH, "gpu-02": SOUTH}, {"gpu-01": SOUTH, "gpu-02": NORTH}),
        ({"gpu-01": NORTH, "gpu-02": SOUTH}, {"gpu-01": SOUTH}),
        ({"gpu-01": NORTH}, {"big": NORTH}),
        ({}, {"gpu-01": NORTH}),
    ],
)
def test_servers_may_change_places(database: Database, before: dict[str, str], after: dict[str, str]) -> None:
    with database.writing() as session:
        backends.sync(session, before.items())
    with database.writing() as session:
        backends.sync(session, after.items())
    with database.reading() as session:
        assert in_use(session) == after


def test_a_server_that_is_no_longer_named_takes_nothing_and_is_kept_for_what_it_made(database: Database) -> None:
    with database.writing() as session:
        backends.sync(session, [("gpu-01", NORTH), ("gpu-02", SOUTH)])
        backends.sync(session, [("gpu-01", NORTH)])
        assert states(session) == {"gpu-01": BackendState.DOWN, "gpu-02": BackendState.DRAINING}
        backends.sync(session, [("gpu-01", NORTH), ("gpu-02", SOUTH)])
        assert states(session) == {"gpu-01": BackendState.DOWN, "gpu-02": BackendState.DOWN}
        assert in_use(session) == {"gpu-01": NORTH, "gpu-02": SOUTH}


def test_a_backends_change_of_state_is_told_once(database: Database) -> None:
    with database.writing() as session:
        (one,) = backends.sync(session, [("gpu-01", NORTH)])
        assert backends.mark(session, one.id, state=BackendState.UP)
        assert not backends.mark(session, one.id, state=BackendState.UP)
        assert not backends.mark(session, one.id, warm_models="sdxl")


def test_the_fair_clock_never_goes_back(database: Database) -> None:
    with database.writing() as session:
        backends.pool_for_update(session, "house")
        backends.advance(session, "house", 7.0)
        backends.advance(session, "house", 3.0)
        session.expire_all()
        assert backends.pool_for_update(session, "house").virtual_time == 7.0
