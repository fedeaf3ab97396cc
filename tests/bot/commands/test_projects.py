"""Which project a channel belongs to, which accounts a person has, and what follows from an answer that was shown."""

from __future__ import annotations

import pytest

from bot import commands
from bot.cards import Answer
from bot.channels import place_for
from bot.incoming.tracked import follow, subject_at
from bot.reactions import react
from bot.request import ChatPlace, ChatRequest
from core.people import accounts
from storage.chat import posts
from storage.people import projects
from storage.tables import Member
from tests.bot.conftest import Talk


def say(talk: Talk, place: ChatPlace, text: str, by: Member, user_id: str = "U1") -> Answer:
    return commands.answer(talk.desk, ChatRequest(by, place, text, user_id=user_id))


def test_a_channel_nobody_knew_belongs_to_the_default_project_until_a_lead_says_otherwise(talk: Talk) -> None:
    place = place_for(talk.desk, "slack", "C1", name="acme", tenant="T1")
    assert place.project is not None
    assert (place.project.slug, place.tenant) == ("playground", "T1")
    refused = say(talk, place, "/project new:Spring client:Acme", talk.mia)
    assert refused.error == "refused"
    made = say(talk, place, "/project new:Spring client:Acme", talk.ana)
    assert made.data == {"project": "spring", "name": "Spring", "client": "Acme", "reactions": ""}
    again = place_for(talk.desk, "slack", "C1", name="acme-spring", tenant="T1")
    assert again.project is not None
    assert again.project.slug == "spring"
    with talk.desk.reading() as session:
        kept = projects.channel(session, "slack", "C1")
    assert kept is not None
    assert (kept.name, kept.tenant) == ("acme-spring", "T1")
    back = say(talk, again, "/project playground", talk.ana)
    assert back.data["project"] == "playground"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/project nowhere", "unknown-project"),
        ("/project new:Spring", "missing-input"),
        ("/project playground new:Spring client:Acme", "bad-input"),
        ("/project reactions:nonsense", "bad-input"),
        ("/project reactions:✅=explode", "bad-input"),
    ],
)
def test_what_makes_no_sense_changes_nothing(talk: Talk, line: str, code: str) -> None:
    assert say(talk, talk.place, line, talk.ana).error == code


def test_a_project_has_its_own_reactions(talk: Talk) -> None:
    render = talk.ask()
    [asset] = talk.finish(render)
    say(talk, talk.place, "/project reactions:🚀=approve", talk.ana)
    place = place_for(talk.desk, "room", "general")
    assert react(talk.desk, talk.ana, place, asset.code, "✅", True) is None
    assert react(talk.desk, talk.ana, place, asset.code, "🚀", True) is not None
    shown = say(talk, place, "/project reactions:default", talk.ana)
    assert shown.data["reactions"] == ""


def test_two_accounts_become_one_person(talk: Talk) -> None:
    given = say(talk, ChatPlace("slack", "C1"), "/link", talk.mia)
    assert given.private
    assert given.copy == f"/link {given.data['code']}"
    joined = say(talk, ChatPlace("discord", "D1"), given.copy, talk.vic, user_id="42")
    assert joined.data == {"member": "Mia Chen"}
    wrong = say(talk, ChatPlace("discord", "D1"), "/link AAAAA-AAAAA", talk.vic, user_id="43")
    assert wrong.error == "bad-input"
    nowhere = commands.answer(
        talk.desk, ChatRequest(talk.vic, ChatPlace("room", "general"), f"/link {accounts.offer(talk.desk, talk.mia)}")
    )
    assert nowhere.error == "conflict"


def test_an_answer_about_one_thing_is_followed_and_a_private_one_is_not(talk: Talk) -> None:
    [asset] = talk.finish(talk.ask())
    answer = talk.say(f"/whatis {asset.code}")
    place = ChatPlace("slack", "C1", "", talk.project, "T1")
    post = follow(talk.desk, place, answer, "171.1")
    assert post is not None
    assert follow(talk.desk, place, answer, "171.1") is not None, "shown twice, it is followed once"
    private = talk.say("/help")
    assert follow(talk.desk, place, private, "171.2") is None
    with talk.desk.reading() as session:
        assert subject_at(session, "slack", "C1", "171.1") == asset.code
        assert subject_at(session, "slack", "C1", "171.2") == ""
        assert [one.id for one in posts.of_asset(session, asset.id or 0)] == [post.id]
    talk.say(f"/approve {asset.code}", by=talk.ana)
    with talk.desk.reading() as session:
        [kept] = posts.of_asset(session, asset.id or 0)
    assert kept.due, "the card follows what becomes of it"
