"""Who may do what where."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from core.desk import Desk
from core.errors import Refused
from core.people import projects
from core.people.roles import LEAST, Permission, allow, may, role_in, visible_projects
from storage.people import members
from storage.tables import Member, Project, Role


def person(session: Session, name: str, role: Role) -> Member:
    return members.add(session, name, name.casefold(), role)


@pytest.fixture
def project(desk: Desk) -> Project:
    with desk.writing() as session:
        return projects.ensure_defaults(session)


def test_every_action_has_a_least_role() -> None:
    assert set(LEAST) == set(Permission)


@pytest.mark.parametrize(
    ("action", "role", "fine"),
    [
        (Permission.SEE, Role.VIEWER, True),
        (Permission.FIND, Role.VIEWER, True),
        (Permission.VOTE, Role.VIEWER, True),
        (Permission.RENDER, Role.VIEWER, False),
        (Permission.TAG, Role.VIEWER, False),
        (Permission.RENDER, Role.ARTIST, True),
        (Permission.TAG, Role.ARTIST, True),
        (Permission.CANCEL_OWN, Role.ARTIST, True),
        (Permission.CANCEL_ANY, Role.ARTIST, False),
        (Permission.APPROVE, Role.ARTIST, False),
        (Permission.CANCEL_ANY, Role.LEAD, True),
        (Permission.APPROVE, Role.LEAD, True),
        (Permission.MANAGE_MEMBERS, Role.LEAD, False),
        (Permission.MANAGE_MEMBERS, Role.ADMIN, True),
    ],
)
def test_a_role_allows_what_the_table_says(desk: Desk, project: Project, action: Permission, role: Role, fine: bool) -> None:
    with desk.writing() as session:
        assert may(session, person(session, "Mia", role), action, project) is fine


def test_a_refusal_says_what_it_takes_and_whom_to_ask(desk: Desk, project: Project) -> None:
    with desk.writing() as session:
        mia = person(session, "Mia", Role.ARTIST)
        person(session, "Ana", Role.LEAD)
        person(session, "Kit", Role.ADMIN)
        gone = person(session, "Bo", Role.LEAD)
        gone.active = False
        with pytest.raises(Refused) as refused:
            allow(session, mia, Permission.APPROVE, project)
    assert refused.value.message == "As an artist you may not decide on results in playground; that takes a lead."
    assert refused.value.hint == "Ask Ana or Kit."
    assert refused.value.facts["needed"] == "lead"


def test_a_refusal_where_nobody_may_does_not_name_anybody(desk: Desk) -> None:
    with desk.writing() as session, pytest.raises(Refused) as refused:
        allow(session, person(session, "Mia", Role.VIEWER), Permission.RENDER, None)
    assert "Nobody here" in refused.value.hint


def test_a_refusal_names_three_people_at_most(desk: Desk) -> None:
    with desk.writing() as session:
        for name in ("Ana", "Bea", "Cleo", "Dana"):
            person(session, name, Role.LEAD)
        with pytest.raises(Refused) as refused:
            allow(session, person(session, "Mia", Role.VIEWER), Permission.RENDER, None)
    assert refused.value.hint == "Ask Ana, Bea or Cleo (among others)."


def test_a_membership_raises_the_role_in_its_project_only(desk: Desk, project: Project) -> None:
    with desk.writing() as session:
        mia = person(session, "Mia", Role.ARTIST)
        kit = person(session, "Kit", Role.ADMIN)
        acme = projects.add(session, "Acme", "Spring", by=kit)
        assert mia.id is not None
        assert acme.id is not None
        members.set_membership(session, mia.id, acme.id, Role.LEAD)
        assert role_in(session, mia, acme) is Role.LEAD
        assert role_in(session, mia, project) is Role.ARTIST
        assert role_in(session, mia, None) is Role.ARTIST
        allow(session, mia, Permission.APPROVE, acme)
        with pytest.raises(Refused):
            allow(session, mia, Permission.APPROVE, project)


def test_a_membership_never_lowers_a_role(desk: Desk, project: Project) -> None:
    with desk.writing() as session:
        kit = person(session, "Kit", Role.ADMIN)
        assert kit.id is not None
        assert project.id is not None
        members.set_membership(session, kit.id, project.id, Role.VIEWER)
        assert role_in(session, kit, project) is Role.ADMIN


@pytest.mark.parametrize("action", list(Permission))
def test_whoever_is_deactivated_is_refused_everything(desk: Desk, project: Project, action: Permission) -> None:
    with desk.writing() as session:
        kit = person(session, "Kit", Role.ADMIN)
        kit.active = False
        with pytest.raises(Refused, match="no longer active"):
            allow(session, kit, action, project)


def test_the_whole_team_sees_all_projects_and_the_deactivated_none(desk: Desk) -> None:
    with desk.writing() as session:
        mia = person(session, "Mia", Role.VIEWER)
        assert visible_projects(session, mia) is None
        mia.active = False
        assert visible_projects(session, mia) == frozenset()
