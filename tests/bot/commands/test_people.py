"""The commands on people, as everybody says them."""

from __future__ import annotations

import pytest

from bot import commands
from bot.request import ChatPlace, ChatRequest
from core.errors import Conflict
from core.exports import links
from core.security.signed_links import LinkedFile
from storage.people import members
from storage.tables import Member, RenderState, Role
from tests.bot.conftest import Talk
from tests.bot.terminal import Terminal
from tests.makers import make_member


@pytest.fixture
def kit(talk: Talk) -> Member:
    with talk.desk.writing() as session:
        for one in (talk.mia, talk.ana, talk.vic):
            members.add_handle(session, one.id or 0, "room", one.name_key)
        made = make_member(session, "Kit Adams", Role.ADMIN)
        members.add_handle(session, made.id, "slack", "T1/U1")
        return made


def stored(talk: Talk, member: Member) -> Member:
    with talk.desk.reading() as session:
        found = members.by_id(session, member.id or 0)
    assert found is not None
    return found


@pytest.mark.parametrize("line", ["/role @mia lead", "/role Mia Chen lead", '/role "Mia Chen" LEAD', "role @Mia Chen lead"])
def test_a_role_is_given_however_the_name_is_written(talk: Talk, kit: Member, line: str) -> None:
    said = talk.say(line, by=kit)
    assert said.text == "**Mia Chen** is now lead."
    assert stored(talk, talk.mia).role is Role.LEAD


def test_without_a_name_a_form_opens_and_says_the_same(talk: Talk, kit: Member) -> None:
    form = talk.say("/role", by=kit).form
    assert form is not None
    assert [(one.name, len(one.choices)) for one in form.fields] == [("member", 4), ("role", 5), ("project", 2)]
    filled = {"member": "Mia Chen", "role": "lead", "project": "everywhere"}
    assert talk.press(f"{form.command}:", by=kit, values=filled).text == "**Mia Chen** is now lead."
    assert "in playground" in talk.press("role:", by=kit, values=filled | {"role": "admin", "project": "playground"}).text
    here = talk.say("/role", by=talk.ana).form
    assert here is not None
    assert [choice.value for choice in here.fields[2].choices] == ["playground"], "a lead gives roles in projects"
    assert talk.say("/role", by=talk.vic).error == "refused"


def test_a_role_in_a_project_is_given_and_taken(talk: Talk, kit: Member) -> None:
    given = talk.say("/role @mia lead project:playground", by=kit)
    assert given.data["person"]["projects"] == {"playground": "lead"}
    assert talk.say("/people @mia", by=kit).data["people"][0]["projects"] == {"playground": "lead"}
    assert [one["name"] for one in talk.say("/people project:playground", by=kit).data["people"]] == ["Mia Chen"]
    taken = talk.say("/role @mia none project:playground", by=kit)
    assert taken.data["person"]["projects"] == {}


def test_a_role_below_the_one_overall_says_that_more_is_allowed(talk: Talk, kit: Member) -> None:
    assert "As artist overall they may do more there." in talk.say("/role @mia viewer project:playground", by=kit).text


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/role @nobody lead", "unknown-member"),
        ("/role @mia boss", "bad-input"),
        ("/role @mia none", "bad-input"),
        ("/role @mia lead project:nowhere", "unknown-project"),
        ("/role @kit lead", "last-admin"),
        ("/deactivate @kit", "last-admin"),
        ("/deactivate", "missing-input"),
        ("/reactivate @nobody", "unknown-member"),
        ("/people limit:0", "wrong-type"),
    ],
)
def test_what_makes_no_sense_is_refused_by_a_stable_code(talk: Talk, kit: Member, line: str, code: str) -> None:
    assert talk.say(line, by=kit).error == code


@pytest.mark.parametrize("line", ["/role @vic admin", "/deactivate @vic", "/reactivate @vic"])
def test_only_an_admin_manages_people(talk: Talk, kit: Member, line: str) -> None:
    for one in (talk.vic, talk.mia, talk.ana):
        refused = talk.say(line, by=one)
        assert refused.error == "refused"
        assert "Kit Adams" in refused.cards[0].text


def test_the_list_shows_accounts_to_admins_and_to_oneself_only(talk: Talk, kit: Member) -> None:
    talk.say("/help")
    everybody = {one["name"]: one for one in talk.say("/people", by=kit).data["people"]}
    assert list(everybody) == ["Ana Ruiz", "Kit Adams", "Mia Chen", "Vic Low"]
    assert everybody["Kit Adams"]["accounts"] == [{"platform": "slack", "name": "", "active": True}]
    assert everybody["Mia Chen"]["last_seen"]
    assert everybody["Vic Low"]["last_seen"] is None
    seen = {one["name"]: "accounts" in one for one in talk.say("/people", by=talk.mia).data["people"]}
    assert seen == {"Ana Ruiz": False, "Kit Adams": False, "Mia Chen": True, "Vic Low": False}
    assert talk.say("/people", by=talk.vic).error == "refused"


def test_a_long_list_says_how_many_are_left(talk: Talk, kit: Member) -> None:
    shown = talk.say("/people limit:2", by=kit)
    assert shown.data["count"] == 4
    assert "and 2 more" in shown.cards[0].footer


def test_one_person_is_shown_with_what_they_may_do_and_buttons_for_an_admin(talk: Talk, kit: Member) -> None:
    [card] = talk.say("/people @mia", by=kit).cards
    assert "render" in card.fields[-1].value
    assert [one.label for one in card.buttons] == ["Make viewer", "Make lead", "Make admin", "Deactivate"]
    assert talk.press(card.buttons[1].action, by=kit).text == "**Mia Chen** is now lead."
    assert talk.say("/people @mia", by=talk.ana).cards[0].buttons == ()


def test_a_leaver_s_waiting_renders_are_cancelled_and_what_they_made_stays(talk: Talk, kit: Member) -> None:
    made, waiting = talk.ask(), talk.ask("render text-to-image another shoe seed:8")
    talk.finish(made)
    gone = talk.say("/deactivate @mia", by=kit)
    assert gone.data["cancelled"] == [waiting.code]
    assert talk.reread(waiting).state is RenderState.CANCELLED
    assert talk.say("/find shoe").error == "refused"
    assert talk.say(f"/whatis {made.code}", by=talk.ana).error == ""
    assert talk.press(gone.buttons[0].action, by=kit).data["active"]
    assert talk.say("/find shoe").error == ""


def test_the_links_that_a_leaver_made_are_taken_back(talk: Talk, kit: Member) -> None:
    file = LinkedFile(talk.desk.blobs.put(b"a picture"), "hero.png", "image/png")
    mine, theirs = links.make(talk.desk, file, by=talk.mia), links.make(talk.desk, file, by=talk.ana)
    gone = talk.say("/deactivate @mia", by=kit)
    assert "1 link was revoked" in gone.text
    with pytest.raises(Conflict, match="revoked"):
        links.follow(talk.desk, mine.rpartition("/")[2])
    assert links.follow(talk.desk, theirs.rpartition("/")[2]).filename == "hero.png"
    assert [one["action"] for one in talk.say("/audit action:revoked by:@kit", by=kit).data["events"]] == ["link:revoked"]


def test_names_and_roles_are_completed(talk: Talk, kit: Member) -> None:
    def offered(text: str, by: Member) -> list[str]:
        return [one.value for one in commands.complete(talk.desk, by, talk.place, text, len(text))]

    assert offered("/role mi", kit)[0] == '"Mia Chen"'
    assert offered('/role "Mia Chen" le', kit)[0] == "lead"
    assert "admin" not in offered('/role "Mia Chen" ', talk.ana)
    assert offered("/deactivate an", talk.vic) == []
    assert offered("/audit by:mi", kit) == ['by:"Mia Chen"']
    assert offered("/audit by:mi", talk.vic) == []


def test_the_operating_system_s_user_makes_an_admin_when_none_is_left(slate: Terminal, talk: Talk) -> None:
    assert slate.json("role", "Ana Ruiz", "admin")["person"]["role"] == "admin"
    assert slate("role", "Mia Chen", "admin", "--as", "Vic Low") == 4
    assert slate("role") == 2
    assert slate("deactivate", "Vic Low") == 0
    assert stored(talk, talk.vic).active is False
    assert slate("role", "Ana Ruiz", "artist", "--as", "Ana Ruiz") == 0, "the system's user is an admin, too"


def test_nobody_is_the_operating_system_s_user_but_at_the_command_line(talk: Talk) -> None:
    said = ChatRequest(talk.mia, ChatPlace("cli"), "/role @mia admin")
    assert commands.answer(talk.desk, said).error == "refused"
