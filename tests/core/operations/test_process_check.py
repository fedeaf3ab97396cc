"""The doctor sees every process: what runs, what does not and should, and what is of another version."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.metadata import version

from core.desk import Desk
from core.operations.findings import State
from core.operations.process_check import expected, processes
from storage import presence
from storage.clock import now
from storage.rendering import backends
from tests.waiting import until

VERSION = version("slate")


def present(name: str, serves: str = "", of: str = VERSION) -> presence.Presence:
    moment = now().isoformat()
    return presence.Presence(name, serves, of, "host", os.getpid(), moment, moment)


def test_without_any_process_slate_up_is_the_advice(desk: Desk) -> None:
    [only] = processes(desk)
    assert (only.state, "slate up" in only.fix) == (State.IDLE, True)


def test_what_should_run_and_does_not_is_named_with_its_command(desk: Desk) -> None:
    with desk.writing() as session:
        backends.sync(session, [("gpu-01", "http://127.0.0.1:1")])
    for one in (present("web"), present("clerk"), present("worker", "gpu-01", "0.0.1")):
        presence.write(desk.queue, one)
    found = {one.part: one for one in processes(desk)}
    assert {name: one.state for name, one in found.items()} == {
        "web": State.FINE,
        "clerk": State.FINE,
        "worker": State.WARNING,
        "archivist": State.WARNING,
        "sweeper": State.WARNING,
    }
    assert "0.0.1" in found["worker"].text
    assert "gpu-01" in found["worker"].text
    assert "`slate sweeper`" in found["sweeper"].fix


def test_chat_platforms_are_expected_where_they_are_set_up(desk: Desk) -> None:
    tokens = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1", "discord_token": "token"}
    names = [name for name, _ in expected(replace(desk, settings=desk.settings.model_copy(update=tokens)))]
    assert {"slack", "discord"} <= set(names)
    assert not {"slack", "discord"} & {name for name, _ in expected(desk)}


def test_a_process_that_announces_itself_is_seen(desk: Desk) -> None:
    over = presence.announce(desk.settings.redis, "sweeper", VERSION)
    until(lambda: [one.name for one in presence.present(desk.queue)] == ["sweeper"], "it is seen")
    over.set()
