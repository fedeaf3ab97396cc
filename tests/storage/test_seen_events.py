"""Each event of a platform is taken in once, however often it is delivered; workspaces come and go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from storage.chat import seen_events
from storage.clock import now
from storage.database import Database
from storage.people import workspaces


def test_an_event_delivered_by_many_at_once_is_taken_in_by_one(database: Database) -> None:
    def deliver(_: int) -> bool:
        with database.writing() as session:
            return seen_events.first(session, "slack", "Ev1")

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(deliver, range(12))) == [False] * 11 + [True]
    with database.writing() as session:
        assert seen_events.first(session, "discord", "Ev1")


def test_an_event_whose_handling_failed_may_come_again(database: Database) -> None:
    try:
        with database.writing() as session:
            assert seen_events.first(session, "slack", "Ev2")
            raise RuntimeError("power cut")
    except RuntimeError:
        pass
    with database.writing() as session:
        assert seen_events.first(session, "slack", "Ev2")


def test_old_events_are_forgotten(database: Database) -> None:
    with database.writing() as session:
        seen_events.first(session, "slack", "Ev3")
        assert seen_events.forget(session, now() - timedelta(hours=1)) == 0
        assert seen_events.forget(session, now() + timedelta(seconds=1)) == 1
        assert seen_events.first(session, "slack", "Ev3")


def test_a_workspace_that_removed_slate_keeps_no_token_and_may_install_it_again(database: Database) -> None:
    with database.writing() as session:
        workspaces.save(session, "slack", "T1", name="Acme", sealed_token="sealed", scopes="chat:write")
        workspaces.save(session, "slack", "T1", settings={"trouble": "C9"})
        assert workspaces.revoke(session, "slack", "T1")
        assert not workspaces.revoke(session, "slack", "T1")
        kept = workspaces.find(session, "slack", "T1")
        assert kept is not None
        assert (kept.sealed_token, kept.name, kept.settings) == ("", "Acme", {"trouble": "C9"})
        assert list(workspaces.installed(session, "slack")) == []
        workspaces.save(session, "slack", "T1", sealed_token="another")
        assert [one.tenant for one in workspaces.installed(session, "slack")] == ["T1"]
        assert [one.tenant for one in workspaces.everything(session, "discord")] == []
