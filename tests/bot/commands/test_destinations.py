"""The commands webhooks and dams, as an admin says them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.deliveries.courier import Courier
from core.review import verdicts
from storage.tables import Judgement, Member, Role
from tests.bot.conftest import Talk
from tests.makers import make_member
from tests.receivers import Receiver, receiving


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def kit(talk: Talk) -> Member:
    talk.desk = replace(talk.desk, settings=talk.desk.settings.model_copy(update={"delivery_networks": ("127.0.0.0/8",)}))
    with talk.desk.writing() as session:
        return make_member(session, "Kit Adams", Role.ADMIN)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def fields(talk: Talk, line: str, kit: Member) -> dict[str, str]:
    [card] = talk.say(line, by=kit).cards
    return {one.label: one.value for one in card.fields}


def test_a_webhook_is_added_tried_out_and_listed(talk: Talk, kit: Member, receiver: Receiver) -> None:
    assert talk.say("/webhooks", by=kit).cards[0].title == "No webhook yet"
    added = talk.say(f"/webhooks dam url:{receiver.url} events:asset.approved,asset.rejected", by=kit)
    assert added.private
    assert added.text.startswith("The webhook **dam** is added. Its secret is shown this once.")
    assert (added.copy, added.secret) == (added.data["secret"], True)
    assert talk.say("/webhooks dam test:yes", by=kit).text.startswith("A test is on its way: D-")
    Courier(talk.desk).drain()
    [got] = receiver.received
    assert got.signed_by(added.data["secret"])
    shown = fields(talk, "/webhooks dam", kit)
    assert (shown["State"], shown["Deliveries"]) == ("on", "1 delivered, 0 waiting, 0 dead")
    assert "whsec_" not in repr(talk.say("/webhooks dam", by=kit)) + repr(talk.say("/webhooks", by=kit))
    assert fields(talk, "/webhooks", kit)["dam"] == f"{receiver.url} · asset.approved, asset.rejected · on"


def test_where_a_file_lies_at_a_dam_is_told_with_its_provenance(talk: Talk, kit: Member, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    talk.desk = desk = replace(talk.desk, settings=talk.desk.settings.model_copy(update={"delivery_folders": (shelf,)}))
    [asset] = talk.finish(talk.ask())
    assert talk.say(f"provenance {asset.code}").data["delivered"] == []
    talk.say(f"/dams Shelf via:folder url:{shelf} path:{{asset}} sidecar:none", by=kit)
    verdicts.decide(desk, asset, Judgement.APPROVED, by=talk.ana)
    Courier(desk).drain()
    [lying] = [one.name for one in shelf.iterdir()]
    told = talk.say(f"provenance {asset.code}")
    assert told.data["delivered"] == [{"destination": "Shelf", "path": lying}]
    assert ("Delivered to", f"Shelf: {lying}") in [(one.label, one.value) for one in told.cards[0].fields]


def test_what_failed_is_shown_with_its_reason_and_sent_again(talk: Talk, kit: Member, receiver: Receiver) -> None:
    talk.say(f"/webhooks dam url:{receiver.url} events:asset.approved", by=kit)
    receiver.answer = lambda _: (410, {}, b"")
    [asset] = talk.finish(talk.ask())
    verdicts.decide(talk.desk, asset, Judgement.APPROVED, by=talk.ana)
    Courier(talk.desk).drain()
    card = talk.say("/webhooks dam", by=kit).cards[0]
    assert card.fields[2].value.startswith("off since")
    assert card.fields[-1].value.endswith("dead. It answered 410: it wants no more events.")
    assert [one.label for one in card.buttons] == ["Switch on", "Send dead ones again"]
    receiver.answer = lambda _: (204, {}, b"")
    assert talk.press("webhooks:dam on:yes", by=kit).text == "**dam** is on."
    assert talk.press("webhooks:dam replay:dead", by=kit).text == "1 delivery is sent again."
    Courier(talk.desk).drain()
    assert talk.say("/webhooks dam", by=kit).data["deliveries"][0]["state"] == "delivered"


def test_a_webhook_is_changed_and_removed(talk: Talk, kit: Member, receiver: Receiver) -> None:
    talk.say(f"/webhooks dam url:{receiver.url}", by=kit)
    assert talk.say("/webhooks dam project:playground", by=kit).text == "**dam** is changed."
    assert talk.say("/webhooks dam project:playground", by=kit).text == "**dam** is so already."
    assert fields(talk, "/webhooks dam", kit)["Project"] == "playground"
    talk.say("/webhooks dam client:House", by=kit)
    assert fields(talk, "/webhooks dam", kit)["Client"] == "House"
    assert "Project" not in fields(talk, "/webhooks dam", kit)
    talk.say("/webhooks dam client:all", by=kit)
    assert "Client" not in fields(talk, "/webhooks dam", kit)
    assert talk.say("/webhooks dam remove:yes", by=kit).text.startswith("**dam** is removed.")
    assert talk.say("/webhooks dam", by=kit).error == "not-found"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/webhooks dam", "not-found"),
        ("/webhooks url:https://x.example", "missing-input"),
        ("/webhooks dam events:*", "missing-input"),
        ("/webhooks dam url:nowhere", "bad-input"),
        ("/webhooks dam url:https://x.example events:asset.seen", "bad-input"),
        ("/webhooks dam url:https://x.example client:Nobody", "not-found"),
        ("/webhooks dam url:https://x.example path:{asset}", "unknown-input"),
        ("/dams cloud url:https://x.example path:{client}", "bad-input"),
        ("/dams cloud url:/etc via:folder", "bad-input"),
        ("/dams cloud url:https://x.example via:s3", "bad-input"),
        ("/dams cloud url:https://x.example events:render.done", "bad-input"),
        ("/webhooks dam replay:everything", "bad-input"),
    ],
)
def test_what_makes_no_sense_is_refused(talk: Talk, kit: Member, line: str, code: str) -> None:
    assert talk.say(line, by=kit).error == code


def test_nobody_but_an_admin_sees_or_changes_them(talk: Talk, kit: Member) -> None:
    talk.say("/webhooks dam url:https://dam.example/x", by=kit)
    for line in ("/webhooks", "/webhooks dam", "/webhooks dam remove:yes", "/dams", "/webhooks dam secret:new"):
        assert talk.say(line, by=talk.ana).error == "refused", line


def test_a_dam_is_no_webhook(talk: Talk, kit: Member) -> None:
    talk.say("/dams cloud url:https://cloud.example/dav user:slate password:hunter2", by=kit)
    said = talk.say("/webhooks cloud", by=kit)
    assert (said.error, "See /dams cloud." in repr(said)) == ("bad-input", True)
    assert "hunter2" not in repr(talk.say("/dams cloud", by=kit))
