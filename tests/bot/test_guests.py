"""Guests of a workspace are let in only where an admin said so, also those who had an account before."""

from __future__ import annotations

import pytest

from bot.identity import member_for
from core.desk import Desk
from core.errors import Refused
from core.people import workspaces
from storage.people import workspaces as storage_workspaces
from storage.tables import Role
from tests.makers import make_member


def test_a_guest_who_had_an_account_before_is_refused_until_an_admin_lets_guests_in(desk: Desk) -> None:
    with desk.writing() as session:
        boss = make_member(session, "Boss", Role.ADMIN)
        storage_workspaces.save(session, "discord", "g1", name="Studio")
    member_for(desk, "discord", "u1", "Kit", tenant="g1")  # the first who comes by chat is an admin
    before = member_for(desk, "discord", "u7", "Gus", tenant="g1")
    with pytest.raises(Refused, match="Guests are not let in"):
        member_for(desk, "discord", "u7", "Gus", tenant="g1", guest=True)
    with desk.writing() as session:
        workspaces.change(session, "discord", "g1", guests="viewer", by=boss)
    assert member_for(desk, "discord", "u7", "Gus", tenant="g1", guest=True).id == before.id
