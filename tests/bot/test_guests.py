"""Guests of a workspace are let in only where an admin said so, also those who had an account before."""

from __future__ import annotations

import pytest

from bot import commands
from bot.cards import Answer
from bot.identity import member_for
from bot.request import ChatPlace, ChatRequest
from core.desk import Desk
from core.errors import Refused
from core.people import workspaces
from storage.people import workspaces as storage_workspaces
from storage.tables import Member, Role
from tests.makers import make_member


def test_a_guest_who_had_an_account_before_is_refused_until_an_admin_lets_guests_in(desk: Desk) -> None:
    with desk.writing() as session:
        boss = make_member(session, "Boss", Role.ADMIN)
        storage_workspaces.save(session, "discord", "g1", name="Studio")
    member_for(desk, "discord", "u1", "Kit", tenant="g1")  # the first who comes by chat is an admin
    before = member_for(desk, "discord", "u7", "Gus", tenant="g1")
    with pytest.raises(Refused, match="Guests and people of other companies are not let in"):
        member_for(desk, "discord", "u7", "Gus", tenant="g1", guest=True)
    with desk.writing() as session:
        workspaces.change(session, "discord", "g1", guests="viewer", by=boss)
    assert member_for(desk, "discord", "u7", "Gus", tenant="g1", guest=True).id == before.id


ACCOUNTS = {"slack": ("T1/U0GUS17", "U0GUS17"), "discord": ("200000000000000017", "200000000000000017")}


def says(desk: Desk, by: Member, platform: str, line: str) -> Answer:
    return commands.answer(desk, ChatRequest(by, ChatPlace(platform, "C1", "", None, "T1"), line, (), line, "x"))


@pytest.mark.parametrize("platform", ACCOUNTS)
def test_on_every_platform_a_refused_guest_is_told_what_an_admin_has_to_type_and_is_let_in_by_it(
    desk: Desk, platform: str
) -> None:
    account, bare = ACCOUNTS[platform]
    with desk.writing() as session:
        boss, lead = make_member(session, "Boss", Role.ADMIN), make_member(session, "Lea", Role.LEAD)
        storage_workspaces.save(session, platform, "T1", name="Studio")
    with pytest.raises(Refused) as refused:
        member_for(desk, platform, account, "Gus", tenant="T1", guest=True)
    assert refused.value.hint == f"An admin can let you in: /admit {bare}, or all guests: /workspace guests:viewer"
    assert says(desk, lead, platform, f"/admit {bare}").error == "refused"
    assert says(desk, boss, platform, f"/admit {bare} admin").error == "bad-input"
    assert "is let in" in says(desk, boss, platform, f"/admit <@{bare}>").text
    gus = member_for(desk, platform, account, "Gus", tenant="T1", guest=True)
    assert gus.role is Role.VIEWER
    with pytest.raises(Refused):
        member_for(desk, platform, f"{account}8", "Gil", tenant="T1", guest=True)
    assert "**Gus** is let in already" in says(desk, boss, platform, "/admit @Gus").text
    assert "not let in by name any more" in says(desk, boss, platform, "/admit Gus nobody").text
    with pytest.raises(Refused) as refused:
        member_for(desk, platform, account, "Gus", tenant="T1", guest=True)
    assert "/admit @Gus," in refused.value.hint
    assert says(desk, boss, platform, "/admit Boss").error == "unknown-member"
    assert says(desk, boss, platform, "/admit").error == "missing-input"


def test_one_person_is_let_in_where_nobody_may_join(desk: Desk) -> None:
    with desk.writing() as session:
        boss = make_member(session, "Boss", Role.ADMIN)
        storage_workspaces.save(session, "discord", "T1", name="Studio")
        workspaces.change(session, "discord", "T1", newcomers="nobody", by=boss)
    account = ACCOUNTS["discord"][0]
    with pytest.raises(Refused, match="New people cannot join"):
        member_for(desk, "discord", account, "Gus", tenant="T1")
    says(desk, boss, "discord", f"/admit {account} artist")
    assert member_for(desk, "discord", account, "Gus", tenant="T1").role is Role.ARTIST
