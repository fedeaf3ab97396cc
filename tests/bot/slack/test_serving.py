"""The process `slate slack`: it waits for a Slack that is away, ends when its token is no good, and prints the manifest."""

from __future__ import annotations

import threading

import pytest

from bot.cli.entry import run
from bot.cli.error_output import ExitCode
from bot.slack.ack_first import Rush
from bot.slack.manifest import CHECKED_IN
from bot.slack.runtime import HANDS, READERS
from bot.slack.socket_mode import SlackSockets
from core.desk import Desk
from core.errors import ChatRefused
from tests.bot.slack.conftest import Studio
from tests.stories.in_slack import RUNNING
from tests.stories.telling import Person
from tests.waiting import until


def test_a_slack_that_is_away_at_first_is_waited_for(studio: Studio) -> None:
    studio.slack.fail("apps.connections.open", status=503)
    sockets = SlackSockets(studio.story.desk)
    serving = threading.Thread(target=sockets.serve)
    before = studio.slack.wires.connected
    serving.start()
    until(lambda: studio.slack.wires.connected == before + 1, "it listens")
    sockets.stop()
    serving.join(10)
    assert not serving.is_alive()
    sockets.close()


@pytest.mark.parametrize("listening", [True, False], ids=["while it listens", "while it connects"])
def test_who_stops_says_goodbye_and_leaves_nobody_listening(desk: Desk, listening: bool) -> None:
    slack = RUNNING[desk.settings.slack_api_url]
    wires = slack.wires
    before = set(threading.enumerate())
    sockets = SlackSockets(desk)
    sockets.open()
    until(lambda: not listening or len(wires.sockets) == 1, "it listens")
    assert len(slack.calls("apps.connections.open")) == 1, "there is one connection, not a second one that ends the first"
    sockets.close()
    until(lambda: wires.sockets == [], "it has hung up")
    assert wires.goodbyes == [1000] * wires.connected
    assert [one.name for one in set(threading.enumerate()) - before] == []


def test_a_command_is_acknowledged_whatever_there_is_to_do(studio: Studio, mia: Person) -> None:
    free = threading.Event()
    for _ in range(READERS + HANDS):
        studio.front.soon(lambda: free.wait(30))
        studio.front.later(lambda: bool(free.wait(30)) and None)
    receipt = studio.slack.run(studio.slack.people.slash(studio.user(mia), studio.general, "/queue", ""))
    assert receipt.error == ""
    assert studio.whispers(mia) == []
    free.set()
    studio.front.settle()
    assert any("Nothing is running" in text for text in studio.whispers(mia))


def test_work_lets_those_who_come_at_the_same_moment_be_acknowledged_first() -> None:
    rush, done = Rush(), threading.Event()

    def work() -> None:
        rush.wait()
        done.set()

    rush.came()
    rush.came()
    worker = threading.Thread(target=work)
    worker.start()
    rush.acknowledged()
    assert not done.is_set()
    rush.acknowledged()
    worker.join(10)
    assert done.is_set()
    rush.came()
    rush.wait()  # a rush that does not end stops nobody for long


def test_a_token_that_is_no_good_ends_the_process_with_a_sentence(desk: Desk) -> None:
    settings = desk.settings.model_copy(update={"slack_app_token": "xapp-wrong"})
    sockets = SlackSockets(Desk(settings, desk.database, desk.blobs, desk.queue))
    with pytest.raises(ChatRefused) as problem:
        sockets.serve()
    sockets.close()
    assert "docs/slack.md" in problem.value.hint


def test_the_command_line_prints_the_manifest_and_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["slack", "--manifest"]) == ExitCode.DONE
    assert capsys.readouterr().out == CHECKED_IN.read_text(encoding="utf-8")
    assert run(["slack", "--manifest", "--address", "https://slate.acme.example"]) == ExitCode.DONE
    assert "request_url: https://slate.acme.example/slack/events" in capsys.readouterr().out
    assert run(["slack"]) == ExitCode.USAGE
    assert "SLATE_SLACK_APP_TOKEN" in capsys.readouterr().err
