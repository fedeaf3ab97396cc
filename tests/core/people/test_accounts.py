"""Several accounts of one person: joined by a code that holds once and soon."""

from __future__ import annotations

import pytest

from bot import identity
from core.desk import Desk
from core.errors import BadInput, Conflict, Refused
from core.people import accounts, sessions
from core.security.encryption import vault
from core.settings import Settings
from storage.people import audit, members
from storage.tables import Member


@pytest.fixture
def mia(desk: Desk) -> Member:
    return identity.member_for(desk, "slack", "U1", "Mia Chen")


def test_a_code_said_on_another_platform_makes_that_account_hers(desk: Desk, mia: Member) -> None:
    code = accounts.offer(desk, mia)
    assert accounts.join(desk, "discord", "D1", code.lower().replace("-", " ")).id == mia.id
    assert identity.member_for(desk, "discord", "D1", "mia_draws").id == mia.id


def test_an_account_that_was_somebody_else_s_moves_and_that_is_on_record(desk: Desk, mia: Member) -> None:
    stray = identity.member_for(desk, "discord", "D1", "mia_draws")
    accounts.join(desk, "discord", "D1", accounts.offer(desk, mia))
    assert identity.member_for(desk, "discord", "D1", "mia_draws").id == mia.id
    with desk.reading() as session:
        moved = [one for one in audit.about(session, f"member/{mia.id}") if one.action == "member:handle-moved"]
    assert [one.before for one in moved] == [{"member": stray.id}]


def test_a_code_holds_once(desk: Desk, mia: Member) -> None:
    code = accounts.offer(desk, mia)
    accounts.join(desk, "discord", "D1", code)
    with pytest.raises(BadInput, match="is not valid"):
        accounts.join(desk, "discord", "D2", code)


def test_a_newer_code_makes_the_older_void(desk: Desk, mia: Member) -> None:
    old = accounts.offer(desk, mia)
    new = accounts.offer(desk, mia)
    with pytest.raises(BadInput):
        accounts.join(desk, "discord", "D1", old)
    assert accounts.join(desk, "discord", "D1", new).id == mia.id


def test_a_closed_account_is_signed_out_on_the_web_for_good(desk: Desk, mia: Member) -> None:
    with desk.writing() as session:
        token = sessions.begin(session, mia, sessions.Way.LINK)
    for active in (False, True):
        with desk.writing() as session:
            accounts.keep_profile(session, "slack", "U1", active=active)
            assert sessions.held(session, desk.settings, token) is None


@pytest.mark.parametrize("address", ["", "ana", "a b@c", "@", "ana@", "a@b@c", "a\x00@b"])
def test_an_address_that_is_none_is_refused(desk: Desk, mia: Member, address: str) -> None:
    with desk.writing() as session, pytest.raises(BadInput):
        accounts.set_email(session, mia, address, by=mia)


def test_an_address_belongs_to_one_person_and_an_admin_gives_it(desk: Desk, mia: Member) -> None:
    ana = identity.member_for(desk, "slack", "U2", "Ana")
    with desk.writing() as session:
        assert accounts.set_email(session, ana, "Ana@Acme.example ", by=mia)
        assert not accounts.set_email(session, ana, "ana@acme.example", by=mia)
        with pytest.raises(Conflict, match="is Ana's"):
            accounts.set_email(session, mia, "ana@acme.example", by=mia)
        with pytest.raises(Refused):
            accounts.set_email(session, ana, "other@acme.example", by=ana)


def test_a_code_is_not_kept_in_clear(desk: Desk, mia: Member) -> None:
    code = accounts.offer(desk, mia)
    with desk.database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT digest FROM linkcode").scalar_one()
    assert code.replace("-", "") not in kept


def test_an_old_code_does_not_hold(desk: Desk, mia: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    code = accounts.offer(desk, mia)
    later = accounts.now() + accounts.GOOD_FOR * 1.1
    monkeypatch.setattr(accounts, "now", lambda: later)
    with pytest.raises(BadInput):
        accounts.join(desk, "discord", "D1", code)


def test_a_code_said_by_its_own_account_changes_nothing(desk: Desk, mia: Member) -> None:
    with pytest.raises(Conflict):
        accounts.join(desk, "slack", "U1", accounts.offer(desk, mia))


def test_an_account_that_is_closed_may_do_nothing_until_it_is_open_again(desk: Desk, mia: Member) -> None:
    for active in (False, False, True):
        with desk.writing() as session:
            assert accounts.keep_profile(session, "slack", "U1", name="Mia", avatar_url="https://a/1.png", active=active)
        if not active:
            with pytest.raises(Refused, match="closed"):
                identity.member_for(desk, "slack", "U1", "Mia Chen")
    assert identity.member_for(desk, "slack", "U1", "Mia Chen").id == mia.id
    with desk.reading() as session:
        kept = members.handle(session, "slack", "U1")
        told = [one.action for one in audit.about(session, f"member/{mia.id}")]
    assert kept is not None
    assert (kept.name, kept.avatar_url) == ("Mia", "https://a/1.png")
    assert sorted(told) == ["member:handle-closed", "member:handle-reopened", "member:joined"]


def test_a_profile_of_somebody_unknown_is_not_kept(desk: Desk) -> None:
    with desk.writing() as session:
        assert not accounts.keep_profile(session, "slack", "U9", name="Nobody")


def test_a_secret_opens_with_the_house_s_key_only(settings: Settings) -> None:
    sealed = vault(settings).seal("xoxb-secret")
    assert "xoxb" not in sealed
    assert vault(settings).open(sealed) == "xoxb-secret"
    with pytest.raises(Conflict, match="does not open"):
        vault(settings.model_copy(update={"secret": "another"})).open(sealed)
