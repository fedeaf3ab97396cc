"""One room, several people: what everybody sees, what only one sees, threads, feeds that come back, and help."""

from __future__ import annotations

import json

import pytest

from bot.commands import TABLE
from tests.stories.conftest import Story
from tests.stories.in_the_room import Browser
from tests.stories.telling import Person
from tests.web import Web

SHOE = "/render text-to-image hero shoe, low sun seed:7 steps:2 size:128x128"


def test_people_see_each_others_words_and_pictures(story: Story, mia: Person, ana: Person) -> None:
    mia.says("morning!")
    assert ana.sees("morning!").author == "Mia Chen"
    asked = mia.asks(SHOE)
    assert ana.sees("Number 1 in line", again=asked).subject == asked.subject
    story.works()
    done = ana.sees("Took", again=asked)
    assert ana.opens(done.pictures[0]) == mia.opens(done.pictures[0])


def test_an_answer_for_one_stays_with_that_one(story: Story, mia: Person, ana: Person) -> None:
    asked = mia.asks(SHOE)
    for line in ("/help", "/queue", "/workflows", f"/copy {asked.subject}", "/rendr x"):
        mia.says(line)
        ana.does_not_see(line)
    assert mia.sees("Commands").private
    ana.does_not_see("Commands")
    ana.does_not_see("There is no command")


def test_a_thread_is_about_its_picture(story: Story, mia: Person, ana: Person) -> None:
    asked = mia.asks(SHOE)
    story.works()
    done = mia.sees("Took", again=asked)
    ana.says("could it be warmer?", to=done)
    assert mia.sees("could it be warmer?").thread == done.ref
    varied = mia.asks("/vary hero shoe, warm evening sun", to=done)
    assert varied.thread == done.ref
    assert story.render(varied).parent_id == story.render(done).id
    ana.says("/approve that is it", to=done)
    mia.sees("approved by Ana Ruiz: that is it", again=done)


@pytest.mark.only_in("room", reason="its channels are made in its own pages")
def test_each_channel_has_its_project_and_its_own_talk(story: Story, mia: Person, ana: Person) -> None:
    front = ana.front
    assert isinstance(front, Browser)
    front.client.post("/channels", json={"name": "acme", "client": "Acme", "new_project": "Acme Spring"}).raise_for_status()
    there = story.visitor("Mia Chen", "acme")
    asked = there.asks(SHOE)
    assert asked.fields["For"] == "Acme · Acme Spring"
    mia.does_not_see("hero shoe")
    assert "Mia Chen" not in str(mia.texts())


def feed(person: Person, since: str = "") -> tuple[list[str], str]:
    """The html of the messages a feed brings up to one that says `over`, and the position it is at then."""
    front = person.front
    assert isinstance(front, Browser)
    told, at = [], ""
    with front.client.stream("GET", "/feed", params={"channel": "general"}, headers={"Last-Event-ID": since}) as answer:
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            at = value if name == "id" else at
            if name == "data" and '"id"' in value:
                told.append(str(json.loads(value)["html"]))
                if ">over<" in told[-1]:
                    return told, at
    raise AssertionError("the feed ended")


@pytest.mark.only_in("room", reason="the feed is the room's")
def test_a_web_process_that_is_started_again_misses_nothing_in_the_feed(story: Story, mia: Person) -> None:
    asked = mia.asks(SHOE)
    mia.says("over")
    _, position = feed(mia)
    story.room.web.__exit__()
    story.works()
    with Web(story.desk) as again:
        story.room.web = again
        back = story.visitor("Mia Chen")
        back.says("and over")
        back.says("over")
        told, _ = feed(back, since=position)
    assert any(f'data-subject="{asked.subject}"' in html and "Took" in html for html in told), "what happened meanwhile"
    assert sum("and over" in html for html in told) == 1


def as_elsewhere(text: str) -> str:
    """Slack's one command is taken off: `/slate find` there is `/find` elsewhere."""
    return text.replace("/slate ", "/")


def test_every_command_has_help(mia: Person) -> None:
    for command in TABLE:
        shown = mia.asks(f"/help {command.name}")
        assert shown.private
        assert f"/{command.name}" in as_elsewhere(shown.text)
        assert len(shown.fields["Examples"]) > 3


def test_help_lists_every_command_and_the_reactions(mia: Person) -> None:
    shown = mia.asks("/help")
    assert [command.name for command in TABLE if f"/{command.name} " not in as_elsewhere(shown.text)] == []
    assert "✅" in shown.text
