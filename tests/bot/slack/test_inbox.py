"""What Slate has acknowledged is carried out, even if its process dies a moment later."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.slack.app import build_app, carry_out_again
from bot.slack.runtime import Front
from storage.clock import now
from storage.tables import Incoming
from tests.bot.slack.conftest import SHOE, Studio
from tests.stories.telling import Person


def dies(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process acknowledges, and is no more before anything is done."""

    def nothing(act: Callable[[], object]) -> Future[None]:
        return Future()

    monkeypatch.setattr(studio.front, "soon", nothing)
    monkeypatch.setattr(studio.front, "later", nothing)
    monkeypatch.setattr(studio.front.inbox, "done", lambda key: None)


def the_next_one_starts(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Front:
    """Another process listens, a little later than the first one was last heard of."""
    monkeypatch.undo()
    with studio.story.desk.writing() as session:
        for row in session.exec(select(Incoming).where(Incoming.done_at.is_(None))):  # type: ignore[union-attr]
            row.at = now() - timedelta(minutes=1)
            session.add(row)
    front = Front(studio.story.desk, studio.front.workspaces)
    front.inbox.tend(carry_out_again(build_app(front)))
    front.settle()
    studio.story.catches_up()
    return front


def left(studio: Studio) -> list[Incoming]:
    with studio.story.desk.reading() as session:
        return [row for row in session.exec(select(Incoming)) if row.done_at is None or row.payload is not None]


def acknowledged(studio: Studio, mia: Person, kind: str) -> None:
    """Mia says it, and Slack has heard that it came."""
    people, user = studio.slack.people, studio.user(mia)
    if kind == "slash":
        studio.slack.run(people.slash(user, studio.general, *SHOE.split(" ", 1)))
    else:
        studio.slack.do(people.say, user, studio.general, f"<@{studio.install.bot}> {SHOE.removeprefix('/')}")
    studio.slack.settle()


@pytest.mark.parametrize("kind", ["slash", "mention"])
def test_a_command_acknowledged_by_a_process_that_dies_is_carried_out_by_the_next(
    studio: Studio, mia: Person, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies(studio, monkeypatch)
    acknowledged(studio, mia, kind)
    assert [one for one in studio.client(mia).read() if one.subject] == []
    assert len(left(studio)) == 1
    front = the_next_one_starts(studio, monkeypatch)
    try:
        assert len([one for one in studio.client(mia).read() if one.subject]) == 1
        assert left(studio) == []
    finally:
        front.close()


def test_what_is_done_leaves_nothing_behind(studio: Studio, mia: Person) -> None:
    mia.asks(SHOE)
    assert left(studio) == []


def test_what_ends_every_process_is_given_up_at_last(studio: Studio, mia: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    dies(studio, monkeypatch)
    acknowledged(studio, mia, "slash")
    for _ in range(4):
        front = Front(studio.story.desk, studio.front.workspaces)
        with studio.story.desk.writing() as session:
            for row in session.exec(select(Incoming).where(Incoming.done_at.is_(None))):  # type: ignore[union-attr]
                row.at = now() - timedelta(minutes=1)
                session.add(row)
        front.inbox.tend(lambda errand, payload: None)
        front.close()
    assert left(studio) == []
