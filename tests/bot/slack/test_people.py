"""People in Slack: newcomers, closed accounts, fresh names, joined accounts; and that nothing they write pings or leaks."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from storage.people import members, projects, workspaces
from storage.tables import Role
from tests.bot.slack.conftest import SHOE, Studio
from tests.makers import make_member
from tests.stories.telling import Person


def change(studio: Studio, person: Person, **facts: Any) -> None:
    """Slack tells that somebody's profile changed."""
    for name, value in facts.items():
        setattr(studio.user(person), name, value)
    event = {"type": "user_change", "user": studio.user(person).as_json(), "event_ts": "1.1"}
    studio.do(studio.slack.events.tell, studio.house.team, event)


def test_a_newcomer_comes_in_under_the_name_slack_shows_with_the_usual_role(studio: Studio, mia: Person) -> None:
    lee = studio.slack.do(studio.slack.user, studio.house.team, "Lee Wong", avatar="https://a.slack-edge.com/lee.png")
    studio.general.members.add(lee.id)
    studio.run(studio.slack.people.slash(lee, studio.general, *SHOE.split(" ", 1)))
    with studio.story.desk.reading() as session:
        member, handle = members.by_key(session, "lee wong"), members.handle(session, "slack", f"{studio.house.team}/{lee.id}")
    assert member is not None
    assert handle is not None
    assert (member.role, handle.name, handle.avatar_url) == (Role.ARTIST, "Lee Wong", "https://a.slack-edge.com/lee.png")
    assert studio.story.renders()[0].member_id == member.id


@pytest.mark.parametrize("kind", ["is_restricted", "is_ultra_restricted", "is_stranger"])
def test_guests_and_strangers_get_nothing_until_an_admin_lets_them_in(studio: Studio, mia: Person, kind: str) -> None:
    guest = studio.slack.do(studio.slack.user, studio.house.team, "Gil Guest", kinds=(kind,))
    studio.general.members.add(guest.id)
    name = f"{studio.house.team}/{guest.id}"
    for line in ("/find shoe", "/help ", SHOE):
        studio.run(studio.slack.people.slash(guest, studio.general, *line.partition(" ")[::2]))
    with studio.story.desk.reading() as session:
        assert members.handle(session, "slack", name) is None
    assert studio.story.renders() == []
    studio.story.person("Kit", Role.ADMIN).asks("/workspace guests:viewer")
    studio.run(studio.slack.people.slash(guest, studio.general, "/find", "shoe"))
    with studio.story.desk.reading() as session:
        handle = members.handle(session, "slack", name)
        assert handle is not None
        assert members.by_id(session, handle.member_id).role is Role.VIEWER  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["is_restricted", "is_stranger"])
def test_a_guest_from_before_guests_were_refused_gets_nothing_until_an_admin_lets_them_in(
    studio: Studio, mia: Person, kind: str
) -> None:
    mia.says("/find shoe")  # somebody has to be the first, who becomes admin
    guest = studio.slack.do(studio.slack.user, studio.house.team, "Gil Guest", kinds=(kind,))
    studio.general.members.add(guest.id)
    with studio.story.desk.writing() as session:
        before = make_member(session, "Gil Guest", Role.ARTIST)
        members.add_handle(session, before.id or 0, "slack", f"{studio.house.team}/{guest.id}")
    asked = len(studio.slack.calls("users.info"))
    for _ in range(2):
        studio.run(studio.slack.people.slash(guest, studio.general, *SHOE.split(" ", 1)))
    assert studio.story.renders() == []
    assert len(studio.slack.calls("users.info")) == asked + 1, "Slack is asked about an old account once"
    studio.story.person("Kit", Role.ADMIN).asks('/admit "Gil Guest"')
    studio.run(studio.slack.people.slash(guest, studio.general, *SHOE.split(" ", 1)))
    assert [one.member_id for one in studio.story.renders()] == [before.id]


def test_who_becomes_a_guest_of_the_workspace_is_refused_from_then_on(studio: Studio, mia: Person, ana: Person) -> None:
    mia.asks(SHOE)
    change(studio, ana, kinds=("is_ultra_restricted",))
    assert ana.says(SHOE).error == "refused"
    change(studio, ana, kinds=())
    assert ana.asks(SHOE).tone == "queued"


def test_a_closed_account_loses_access_at_once_and_gets_it_back_when_it_is_opened_again(studio: Studio, mia: Person) -> None:
    shoe = studio.shoe(mia)
    change(studio, mia, deleted=True)
    assert mia.says(SHOE).error == "refused"
    assert mia.presses("Reroll", on=shoe).error == "refused"
    mia.reacts("✅", to=shoe)
    assert "Verdict" not in mia.sees(again=shoe).fields
    assert len(studio.story.renders()) == 1
    change(studio, mia, deleted=False)
    assert mia.asks(SHOE).tone == "queued"


def test_names_of_people_and_channels_are_kept_fresh(studio: Studio, mia: Person) -> None:
    change(studio, mia, name="Mia Chen-Ruiz", avatar="https://a.slack-edge.com/new.png")
    assert (studio.handle(mia).name, studio.handle(mia).avatar_url) == ("Mia Chen-Ruiz", "https://a.slack-edge.com/new.png")
    event = {"type": "channel_rename", "channel": {"id": studio.general.id, "name": "studio"}, "event_ts": "1.1"}
    studio.do(studio.slack.events.tell, studio.house.team, event)
    with studio.story.desk.reading() as session:
        channel = projects.channel(session, "slack", studio.general.id)
    assert channel is not None
    assert (channel.name, channel.tenant) == ("studio", studio.house.team)


def test_two_accounts_become_one_person_by_a_code(studio: Studio, mia: Person, ana: Person) -> None:
    code = ana.says("/link").copied
    told = mia.says(code)
    assert "Ana Ruiz" in told.words
    asked = mia.asks(SHOE)
    assert asked.fields["By"] == "Ana Ruiz"


def test_a_mention_of_somebody_is_their_name_to_slate(studio: Studio, mia: Person, ana: Person) -> None:
    studio.shoe(mia)
    text = f"<@{studio.install.bot}> find by:<@{studio.user(mia).id}> shoe"
    studio.do(studio.slack.people.say, studio.user(ana), studio.general, text)
    assert ana.sees("Understood as: by Mia Chen").pictures


@pytest.mark.parametrize("words", ["<!channel> <!here> <!everyone>", "*bold* _it_ `code`", "<https://evil.example|Slack>"])
def test_what_people_write_neither_pings_nor_formats(studio: Studio, mia: Person, words: str) -> None:
    asked = mia.asks(f'/render text-to-image prompt:"{words} @channel" steps:1 size:64x64')
    studio.story.works()
    mia.says(f"/find {words}")
    mia.says(f'/reject {asked.subject} "{words}"')
    studio.story.catches_up()
    for message in (one for one in studio.general.messages if one.by_app):
        assert set(re.findall(r'"mrkdwn", "text": "([^"]{6})', json.dumps(message.blocks))) <= {"<!date"}, (
            "times alone are parsed"
        )
        assert all("<" not in text for text in (message.text, *message.shown)), message.text
        kinds = {
            part["type"] for block in message.blocks for row in block.get("elements", []) for part in row.get("elements", [])
        }
        assert kinds <= {"text", "link", "date"}
    parsed = [one for call in studio.slack.calls("chat.postMessage") for one in ("parse", "link_names") if one in call.args]
    assert parsed == []


def test_a_private_answer_is_seen_by_nobody_else(studio: Studio, mia: Person, ana: Person) -> None:
    studio.shoe(mia)
    mia.says("/find hero shoe private:yes")
    mia.says("/provenance R-ZZZZ")
    assert len(studio.whispers(mia)) == 2
    assert studio.whispers(ana) == []


def test_no_token_is_ever_logged_nor_kept_in_the_open(
    studio: Studio, mia: Person, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = studio.install.token
    studio.slack.fail("chat.update", status=503)
    studio.slack.fail("files.getUploadURLExternal", error="some_new_error")
    mia.asks(SHOE)
    studio.story.works()
    studio.install.revoked = True
    mia.says("/render text-to-image another")
    studio.story.works()
    output = capsys.readouterr()
    told = output.out + output.err + caplog.text + repr(studio.story.desk.settings) + repr(studio.front.workspaces.__dict__)
    for secret in (token, studio.slack.app_token, studio.slack.signing_secret):
        assert secret not in told
    with studio.story.desk.reading() as session:
        kept = workspaces.find(session, "slack", studio.house.team)
    assert kept is not None
    assert token not in str(kept)
