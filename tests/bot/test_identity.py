"""Who is speaking, and how newcomers come in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot import identity
from core.desk import Desk, open_desk
from core.errors import BadInput, Refused, TooLong, UnknownMember
from core.settings import Settings
from storage.people import audit, members
from storage.tables import Role


def test_the_first_in_the_room_is_admin_and_later_ones_are_artists(desk: Desk) -> None:
    assert identity.join_room(desk, "Kit").role is Role.ADMIN
    assert identity.join_room(desk, "Mia").role is Role.ARTIST


def test_the_door_tells_whoever_was_deactivated_that_they_are_out(desk: Desk) -> None:
    identity.join_room(desk, "Kit")
    mia = identity.join_room(desk, "Mia")
    with desk.writing() as session:
        session.merge(mia).active = False
    with pytest.raises(Refused, match="Mia is no longer active here"):
        identity.join_room(desk, "Mia")


def test_the_role_of_newcomers_is_a_setting(settings: Settings) -> None:
    desk = open_desk(settings.model_copy(update={"newcomer_role": "viewer"}))
    identity.join_room(desk, "Kit")
    assert identity.join_room(desk, "Mia").role is Role.VIEWER
    desk.close()


def test_an_impossible_role_for_newcomers_is_said_plainly(settings: Settings) -> None:
    desk = open_desk(settings.model_copy(update={"newcomer_role": "boss"}))
    identity.join_room(desk, "Kit")
    with pytest.raises(BadInput, match="SLATE_NEWCOMER_ROLE"):
        identity.join_room(desk, "Mia")
    desk.close()


@pytest.mark.parametrize("again", ["Mia Chen", "MIA CHEN", " mia  chen ", "Ｍｉａ Chen"])
def test_the_same_name_is_the_same_person(desk: Desk, again: str) -> None:
    first = identity.join_room(desk, "Mia Chen")
    assert identity.join_room(desk, again).id == first.id


@pytest.mark.parametrize(("name", "error"), [("", BadInput), ("a\nb", BadInput), ("x" * 61, TooLong)])
def test_impossible_names_stay_outside(desk: Desk, name: str, error: type[BadInput]) -> None:
    with pytest.raises(error):
        identity.join_room(desk, name)
    with desk.reading() as session:
        assert not members.anybody(session)


def test_a_chat_user_is_one_member_for_ever(desk: Desk) -> None:
    first = identity.member_for(desk, "slack", "U1", "Mia")
    assert identity.member_for(desk, "slack", "U1", "Mia the Great").id == first.id


def test_two_chat_users_of_one_name_are_two_members(desk: Desk) -> None:
    first = identity.member_for(desk, "slack", "U1", "Mia")
    second = identity.member_for(desk, "slack", "U2", "mia")
    assert first.id != second.id
    assert second.name == "mia 2"
    assert identity.member_for(desk, "slack", "U3", "y" * 60).name == "y" * 60
    assert identity.member_for(desk, "slack", "U4", "y" * 60).name == "y" * 58 + " 2"


def test_who_came_by_chat_is_known_in_the_room_by_name(desk: Desk) -> None:
    mia = identity.member_for(desk, "slack", "U1", "Mia")
    assert identity.join_room(desk, "mia").id == mia.id
    assert identity.member_for(desk, "room", "mia", "Mia").id == mia.id
    with desk.reading() as session:
        assert mia.id is not None
        assert [one.platform for one in members.handles(session, mia.id)] == ["slack", "room"]


def test_whoever_runs_the_command_line_is_admin_and_does_not_take_the_rooms_first_place(desk: Desk) -> None:
    runner, new = identity.at_terminal(desk)
    assert (runner.role, new) == (Role.ADMIN, True)
    assert identity.at_terminal(desk) == (runner, False)
    assert identity.join_room(desk, "Kit").role is Role.ADMIN
    assert identity.join_room(desk, "Mia").role is Role.ARTIST


def test_a_new_name_on_the_command_line_is_a_newcomer_like_any_other(desk: Desk) -> None:
    with pytest.raises(UnknownMember):
        identity.at_terminal(desk, "Kit")
    kit, _ = identity.join_at_terminal(desk, "Kit")
    mia, new = identity.join_at_terminal(desk, "Mia")
    assert (kit.role, mia.role, new) == (Role.ADMIN, Role.ARTIST, True)
    assert identity.at_terminal(desk, "MIA") == (mia, False)


def test_joining_is_on_record(desk: Desk) -> None:
    kit = identity.join_room(desk, "Kit")
    with desk.reading() as session:
        [event] = audit.about(session, identity.subject(kit))
    assert (event.action, event.actor_id) == ("member:joined", kit.id)
    assert event.after == {"name": "Kit", "role": "admin", "platform": "room"}


def test_of_many_who_come_at_once_one_is_admin_and_nobody_is_there_twice(desk: Desk) -> None:
    names = [f"Person {number % 4}" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        joined = list(pool.map(lambda name: identity.join_room(desk, name), names))
    assert len({member.id for member in joined}) == 4
    with desk.reading() as session:
        assert [one.role for one in members.everybody(session)].count(Role.ADMIN) == 1


@pytest.mark.parametrize("name", ["Міа Chen", "Mia C\u200bhen", "Slate", "ѕlate"])
def test_nobody_takes_a_name_that_looks_like_another(desk: Desk, name: str) -> None:
    identity.join_room(desk, "Mia Chen")
    with pytest.raises(BadInput):
        identity.join_room(desk, name)


def test_somebody_from_a_chat_whose_name_looks_like_another_gets_a_number(desk: Desk) -> None:
    identity.member_for(desk, "slack", "U1", "Mia")
    assert identity.member_for(desk, "slack", "U2", "Міа").name == "Міа 2"
