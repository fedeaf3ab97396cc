"""Clients, projects, and the channels that belong to them."""

from __future__ import annotations

import pytest

from core.desk import Desk
from core.errors import BadInput, Conflict, Refused, TooLong, UnknownProject
from core.people import projects
from storage.people import audit, members
from storage.people import projects as storage_projects
from storage.tables import Member, Role


@pytest.fixture
def kit(desk: Desk) -> Member:
    with desk.writing() as session:
        projects.ensure_defaults(session)
        return members.add(session, "Kit", "kit", Role.ADMIN)


def test_the_first_start_makes_a_house_a_playground_and_a_channel(desk: Desk) -> None:
    with desk.writing() as session:
        made = projects.ensure_defaults(session)
    with desk.reading() as session:
        assert made.slug == "playground"
        assert projects.client_of(session, made).name == "House"
        assert projects.for_channel(session, "room", "general") == made
        assert [one.name for one in storage_projects.channels(session, "room")] == ["general"]


def test_the_second_start_makes_nothing_more(desk: Desk) -> None:
    for _ in range(2):
        with desk.writing() as session:
            projects.ensure_defaults(session)
    with desk.reading() as session:
        counted = (
            storage_projects.everything(session),
            storage_projects.clients(session),
            storage_projects.channels(session, "room"),
        )
        assert [len(found) for found in counted] == [1, 1, 1]


def test_a_slate_that_was_never_started_says_so(desk: Desk) -> None:
    with desk.reading() as session, pytest.raises(UnknownProject, match="not been set up"):
        projects.for_channel(session, "room", "general")


@pytest.mark.parametrize("text", ["acme-spring-27", "Acme Spring 27", "ACME-SPRING-27", " acme spring 27 "])
def test_a_project_is_found_by_slug_or_name(desk: Desk, kit: Member, text: str) -> None:
    with desk.writing() as session:
        made = projects.add(session, "Acme", "Acme Spring 27", by=kit)
        assert projects.find(session, text) == made


def test_a_misspelt_project_brings_a_suggestion(desk: Desk, kit: Member) -> None:
    with desk.writing() as session:
        projects.add(session, "Acme", "Acme Spring", by=kit)
        with pytest.raises(UnknownProject) as unknown:
            projects.find(session, "acme-sprnig")
    assert unknown.value.suggestions[0] == "acme-spring"
    assert "Did you mean" in unknown.value.hint


def test_a_project_unlike_any_brings_the_list(desk: Desk, kit: Member) -> None:
    with desk.reading() as session, pytest.raises(UnknownProject) as unknown:
        projects.find(session, "??")
    assert "playground" in unknown.value.hint


def test_a_client_is_there_once_whatever_the_case(desk: Desk, kit: Member) -> None:
    with desk.writing() as session:
        spring = projects.add(session, "Acme", "Spring", by=kit)
        autumn = projects.add(session, "ACME", "Autumn", by=kit)
        assert spring.client_id == autumn.client_id
        assert projects.add_client(session, " acme ", by=kit).id == spring.client_id


def test_two_projects_never_share_a_slug(desk: Desk, kit: Member) -> None:
    with desk.writing() as session:
        projects.add(session, "Acme", "Spring 27", by=kit)
        with pytest.raises(Conflict, match="spring-27"):
            projects.add(session, "Other", "spring 27", by=kit)


@pytest.mark.parametrize(("name", "error"), [("", BadInput), ("—", BadInput), ("a\x07b", BadInput), ("x" * 61, TooLong)])
def test_impossible_project_names_are_refused(desk: Desk, kit: Member, name: str, error: type[BadInput]) -> None:
    with desk.writing() as session, pytest.raises(error):
        projects.add(session, "Acme", name, by=kit)


def test_an_artist_makes_no_projects(desk: Desk, kit: Member) -> None:
    with desk.writing() as session:
        mia = members.add(session, "Mia", "mia", Role.ARTIST)
        with pytest.raises(Refused):
            projects.add(session, "Acme", "Spring", by=mia)


def test_a_channel_moves_to_another_project_and_it_is_on_record(desk: Desk, kit: Member) -> None:
    with desk.writing() as session:
        acme = projects.add(session, "Acme", "Spring", by=kit)
        for _ in range(2):
            projects.bind_channel(session, "room", "general", "general", acme, by=kit)
        projects.bind_channel(session, "slack", "C1", "acme", acme, by=kit)
    with desk.reading() as session:
        assert projects.for_channel(session, "room", "general") == acme
        assert projects.for_channel(session, "slack", "C1") == acme
        assert projects.for_channel(session, "slack", "C2").slug == "playground"
        [event] = audit.about(session, "channel/room/general")
        assert (event.action, event.before, event.after) == ("channel:bound", {"project": "playground"}, {"project": "spring"})
