"""People get roles, lose them, leave and come back, and everybody is told in words what they may do."""

from __future__ import annotations

import pytest

from storage.tables import RenderState, Role
from tests.stories.conftest import Story
from tests.stories.telling import Person

SHOE = "/render text-to-image hero shoe, low sun seed:7 steps:2 size:128x128"


@pytest.fixture
def kit(story: Story) -> Person:
    """An admin."""
    return story.person("Kit Adams", Role.ADMIN)


def test_a_vote_becomes_a_verdict_once_its_giver_is_a_lead(story: Story, mia: Person, kit: Person) -> None:
    asked = mia.asks(SHOE)
    story.works()
    done = mia.sees("Took", again=asked)
    mia.asks(f"/approve {done.subject}")
    assert story.assets(done)[0].status == ""
    kit.asks("/role @mia lead")
    mia.asks(f"/approve {done.subject}")
    assert story.assets(done)[0].status == "approved"
    [changed] = [one for one in story.audit(f"member/{mia.member.id}") if one.action == "member:role-changed"]
    assert (changed.actor_id, changed.after["role"]) == (kit.member.id, "lead")


def test_a_button_changes_a_role(story: Story, mia: Person, kit: Person) -> None:
    shown = kit.asks("/people Mia Chen")
    assert "artist" in shown.text
    kit.presses("Make viewer", on=shown)
    mia.is_refused(SHOE, "refused", "As a viewer you may not render")


def test_a_leaver_is_out_and_what_they_waited_for_is_cancelled(story: Story, mia: Person, kit: Person) -> None:
    asked = mia.asks(SHOE)
    told = kit.asks("/deactivate Mia Chen")
    assert "1 waiting render was cancelled" in told.text
    assert story.render(asked).state is RenderState.CANCELLED
    assert mia.front.say("/queue", [], "", "a-key-after-the-end").error in ("refused", "not-joined")
    kit.asks("/reactivate Mia Chen")
    story.visitor("Mia Chen").asks("/queue")  # in a browser she has to sign in anew: what ended stays ended


def test_nobody_but_an_admin_manages_people_and_the_last_one_stays(mia: Person, ana: Person, kit: Person) -> None:
    ana.is_refused("/role Mia Chen lead", "refused", "Kit Adams")
    mia.is_refused("/deactivate Ana Ruiz", "refused")
    kit.is_refused("/role Kit Adams artist", "last-admin", "is the only admin", "Make somebody else an admin first")


def test_who_changed_what_is_read_in_the_audit_log(story: Story, mia: Person, vic: Person, kit: Person) -> None:
    asked = mia.asks(SHOE)
    kit.asks("/role @mia lead")
    shown = kit.asks("/audit @mia action:role")
    assert "Kit Adams changed the role of Mia Chen" in shown.text
    assert "artist → lead" in shown.text
    assert f"Mia Chen asked for {asked.subject}" in mia.asks(f"/audit {asked.subject}").text, "a lead reads it, too"
    vic.is_refused("/audit", "refused", "As a viewer you may not read the audit log")
    assert "intact" in kit.asks("/audit verify").text


def test_a_form_changes_a_role(story: Story, mia: Person, kit: Person) -> None:
    told = kit.says("/role")
    kit.fills(told.form, member="Mia Chen", role="viewer")
    mia.is_refused(SHOE, "refused", "As a viewer you may not render")
