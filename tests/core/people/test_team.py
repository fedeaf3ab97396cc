"""Roles are given and taken, people leave and come back, and an admin is always left."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from sqlmodel import Session

from core.desk import Desk
from core.errors import BadInput, Conflict, LastAdmin, Refused, UnknownMember
from core.people import accounts, projects, team
from core.people.roles import Permission, allow, role_in
from storage.people import audit, members
from storage.tables import Member, Project, Role


def person(session: Session, name: str, role: Role = Role.ARTIST) -> Member:
    made = members.add(session, name, name.casefold(), role)
    members.add_handle(session, made.id, "slack", f"T1/U{made.id}")
    return made


@pytest.fixture
def kit(desk: Desk) -> Member:
    with desk.writing() as session:
        return person(session, "Kit", Role.ADMIN)


@pytest.fixture
def mia(desk: Desk) -> Member:
    with desk.writing() as session:
        return person(session, "Mia Chen")


@pytest.fixture
def orchid(desk: Desk, kit: Member) -> Project:
    with desk.writing() as session:
        projects.ensure_defaults(session)
        return projects.add(session, "Acme", "Orchid", by=kit)


def change(desk: Desk, by: Member, of: str, role: Role, project: Project | None = None, operator: str = "") -> bool:
    with desk.writing() as session:
        member = team.for_change(session, of)
        if project is not None:
            return team.set_project_role(session, member, project, role, by=by, operator=operator)
        return team.set_role(session, member, role, by=by, operator=operator)


def test_an_admin_changes_a_role_and_it_is_on_record(desk: Desk, kit: Member, mia: Member) -> None:
    assert change(desk, kit, "@mia", Role.LEAD)
    assert not change(desk, kit, "mia chen", Role.LEAD), "said twice, it changes nothing"
    with desk.reading() as session:
        [event] = audit.about(session, f"member/{mia.id}")
        allow(session, mia, Permission.APPROVE, None)
    assert (event.action, event.actor_id) == ("member:role-changed", kit.id)
    assert (event.before, event.after) == ({"role": "artist"}, {"name": "Mia Chen", "role": "lead"})


def test_a_role_holds_at_once_also_for_a_request_that_began_before(desk: Desk, kit: Member, mia: Member) -> None:
    change(desk, kit, "Mia Chen", Role.VIEWER)
    assert mia.role is Role.ARTIST, "as it was read when the request began"
    with desk.writing() as session, pytest.raises(Refused):
        allow(session, mia, Permission.RENDER, None)


def test_a_lead_gives_roles_in_the_own_project_and_none_above_the_own(
    desk: Desk, kit: Member, mia: Member, orchid: Project
) -> None:
    with desk.writing() as session:
        lea = person(session, "Lea")
    assert change(desk, kit, "Lea", Role.LEAD, orchid)
    assert change(desk, lea, "Mia Chen", Role.LEAD, orchid)
    with pytest.raises(Refused, match="may not give or take away the role admin"):
        change(desk, lea, "Mia Chen", Role.ADMIN, orchid)
    with pytest.raises(Refused):
        change(desk, lea, "Mia Chen", Role.LEAD)
    with desk.writing() as session:
        other = projects.add(session, "Acme", "Rose", by=kit)
    with pytest.raises(Refused):
        change(desk, lea, "Mia Chen", Role.ARTIST, other)


def test_a_lead_takes_no_role_away_that_is_above_the_own(desk: Desk, kit: Member, mia: Member, orchid: Project) -> None:
    with desk.writing() as session:
        lea = person(session, "Lea", Role.LEAD)
    change(desk, kit, "Mia Chen", Role.ADMIN, orchid)
    with pytest.raises(Refused, match="admin"):
        change(desk, lea, "Mia Chen", Role.VIEWER, orchid)


def test_a_project_role_is_taken_away_again(desk: Desk, kit: Member, mia: Member, orchid: Project) -> None:
    change(desk, kit, "Mia Chen", Role.LEAD, orchid)
    with desk.writing() as session:
        assert team.set_project_role(session, team.for_change(session, "Mia Chen"), orchid, None, by=kit)
        assert role_in(session, mia, orchid) is Role.ARTIST
    with desk.reading() as session:
        events = audit.about(session, f"member/{mia.id}")
    assert [one.after["role"] for one in events] == ["lead", None]


@pytest.mark.parametrize("act", ["lower", "deactivate"])
def test_the_last_admin_cannot_be_lost(desk: Desk, kit: Member, mia: Member, act: str) -> None:
    with desk.writing() as session:
        member = team.for_change(session, "Kit")
        give_up = partial(team.set_role, role=Role.LEAD) if act == "lower" else team.deactivate
        with pytest.raises(LastAdmin) as refused:
            give_up(session, member, by=kit)
    assert refused.value.code == "last-admin"
    change(desk, kit, "Mia Chen", Role.ADMIN)
    assert change(desk, kit, "Kit", Role.LEAD)


def test_an_admin_who_is_not_active_does_not_count(desk: Desk, kit: Member, mia: Member) -> None:
    change(desk, kit, "Mia Chen", Role.ADMIN)
    with desk.writing() as session:
        team.deactivate(session, team.for_change(session, "Mia Chen"), by=kit)
    with pytest.raises(LastAdmin):
        change(desk, kit, "Kit", Role.ARTIST)


def test_of_two_admins_who_give_it_up_at_once_one_stays(desk: Desk, kit: Member) -> None:
    with desk.writing() as session:
        noor = person(session, "Noor", Role.ADMIN)
    refused: list[str] = []
    start = threading.Barrier(2)

    def give_up(who: Member) -> None:
        start.wait()
        try:
            change(desk, who, who.name, Role.ARTIST)
        except LastAdmin as problem:
            refused.append(problem.message)

    threads = [threading.Thread(target=give_up, args=(one,)) for one in (kit, noor)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    with desk.reading() as session:
        left = [one.name for one in members.everybody(session) if one.role is Role.ADMIN]
    assert (len(left), len(refused)) == (1, 1)


def test_whoever_runs_slate_makes_an_admin_anew_and_that_is_on_record(desk: Desk, mia: Member) -> None:
    assert change(desk, mia, "Mia Chen", Role.ADMIN, operator="root")
    with desk.reading() as session:
        [event] = audit.about(session, f"member/{mia.id}")
    assert (event.actor_id, event.after["operator"]) == (None, "root")


def test_whoever_is_deactivated_is_refused_and_comes_back_with_the_same_role(desk: Desk, kit: Member, mia: Member) -> None:
    code = accounts.offer(desk, mia)
    with desk.writing() as session:
        assert team.deactivate(session, team.for_change(session, "Mia Chen"), by=kit)
    with desk.writing() as session:
        with pytest.raises(Refused, match="no longer active"):
            allow(session, mia, Permission.SEE, None)
        assert team.reactivate(session, team.for_change(session, "@mia"), by=kit)
    with pytest.raises(BadInput, match="not valid"):
        accounts.join(desk, "discord", "D1", code)
    with desk.reading() as session:
        allow(session, mia, Permission.RENDER, None)
        told = [one.action for one in audit.about(session, f"member/{mia.id}")]
    assert told == ["member:deactivated", "member:reactivated"]


def test_people_are_found_by_name_first_name_or_mention(desk: Desk, kit: Member, mia: Member) -> None:
    mentions = (f"member/{mia.id}", f"<@U{mia.id}>", f"<@U{mia.id}|mia>")
    with desk.writing() as session:
        person(session, "Ana Ruiz")
        person(session, "Ana Lima")
        for said in ("Mia Chen", "@Mia Chen", "  mia  ", '"MIA chen"', *mentions):
            assert team.find(session, said, platform="slack", tenant="T1").id == mia.id, said
        for said in ("", "nobody", "<@U9999>", "member/99999", "member/99999999999999999999"):
            with pytest.raises(UnknownMember):
                team.find(session, said, platform="slack", tenant="T1")
        with pytest.raises(UnknownMember) as unclear:
            team.find(session, "ana")
    assert unclear.value.suggestions == ("Ana Lima", "Ana Ruiz")


def test_a_stand_in_for_unknown_makers_is_nobody(desk: Desk, kit: Member) -> None:
    with desk.writing() as session:
        nobody = members.stand_in(session, "Unknown", "unknown")
        assert "Unknown" not in [one.name for one in team.everybody(session)]
        with pytest.raises(Conflict):
            team.reactivate(session, nobody, by=kit)
