"""Webhooks: what is sent, signed how, in which order, and what becomes of it when the other side fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from core.deliveries import asyncapi, bodies, destinations, retries
from core.deliveries.courier import Courier
from core.deliveries.destinations import DestinationWish
from core.errors import BadInput, MissingInput, NotFound, Refused
from core.events import FOLLOWS, Event, Follow, outgoing
from core.events.outgoing import EventData
from core.exports import links
from core.operations import leavers
from core.review import verdicts
from storage import deliveries
from storage.clock import now
from storage.people import audit
from storage.tables import DeliveryAttempt, DeliveryState, Judgement, OutgoingEvent, Role
from tests.core.deliveries.conftest import Office
from tests.makers import make_member, make_project
from tests.receivers import Receiver


def test_an_approval_is_told_signed_and_with_the_facts_a_dam_needs(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    asset = office.picture()
    office.decide(asset, Judgement.APPROVED, "the hero")
    office.deliver()
    [got] = receiver.received
    assert got.signed_by(office.secrets["dam"])
    assert got.headers["content-type"] == "application/json"
    told = got.json
    assert told["type"] == "asset.approved"
    data = told["data"]
    assert (data["actor"], data["client"], data["change"]) == ("Ana Ruiz", "Acme", {"note": "the hero", "status": "approved"})
    assert (data["asset"]["id"], data["asset"]["sha256"], data["asset"]["status"]) == (asset.code, asset.sha256, "approved")
    assert data["asset"]["source_type"].endswith("trainedAlgorithmicMedia")
    assert data["links"] == {"page": f"{office.desk.settings.base_url}/assets/{asset.code}", "file": ""}
    bodies.WebhookBody.model_validate(told)
    assert "prompt" not in got.body.decode()
    [(held, _)] = office.deliveries("dam")
    assert (held.state, held.tries) == (DeliveryState.DELIVERED, 1)


def test_a_destination_hears_only_what_it_wants(office: Office, receiver: Receiver) -> None:
    with office.desk.writing() as session:
        other = make_project(session, "Globex", "Autumn")
    office.add("ours", receiver.url, kinds="asset.approved", project=office.project)
    asset, elsewhere = office.picture(), office.picture(project_id=other.id)
    for one in (asset, elsewhere):
        office.decide(one, Judgement.APPROVED)
        office.decide(one, Judgement.REJECTED)
    office.deliver()
    assert [one.json["data"]["asset"]["id"] for one in receiver.received] == [asset.code]


def test_a_vote_tells_nobody(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url)
    with office.desk.writing() as session:
        vic = make_member(session, "Vic Low", Role.VIEWER)
    verdicts.decide(office.desk, office.picture(), Judgement.APPROVED, by=vic)
    office.deliver()
    assert receiver.received == []


def test_what_fails_is_sent_again_with_the_same_id(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    receiver.answer = lambda _: (503, {}, b"not now")
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    [(held, _)] = office.deliveries("dam")
    assert (held.state, held.tries) == (DeliveryState.WAITING, 1)
    receiver.answer = lambda _: (200, {}, b"ok")
    office.let_time_pass()
    office.deliver()
    first, second = receiver.received
    assert first.message == second.message
    assert first.body == second.body
    assert [(one.status, one.answer, one.problem) for one in office.attempts("dam")] == [
        (503, "not now", "It answered 503, an error."),
        (200, "ok", ""),
    ]


def test_events_of_one_asset_keep_their_order_and_others_do_not_wait(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.tagged")
    stuck, free = office.picture(), office.picture()
    for word in ("one", "two", "three"):
        verdicts.tag(office.desk, stuck, word, by=office.ana)
    verdicts.tag(office.desk, free, "other", by=office.ana)
    receiver.answer = lambda got: (500 if got.json["data"]["change"] == {"tag": "one"} else 204, {}, b"")
    office.deliver()
    assert sorted(one.json["data"]["change"]["tag"] for one in receiver.received) == ["one", "other"]
    receiver.answer = lambda _: (204, {}, b"")
    receiver.received.clear()
    office.let_time_pass()
    office.deliver()
    assert [one.json["data"]["change"]["tag"] for one in receiver.received] == ["one", "two", "three"]


def test_after_the_last_attempt_it_is_dead_and_can_be_replayed(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    receiver.answer = lambda _: (500, {}, b"")
    office.decide(office.picture(), Judgement.APPROVED)
    for _ in range(len(retries.PAUSES) + 1):
        office.let_time_pass()
        office.deliver()
    [(held, _)] = office.deliveries("dam")
    assert (held.state, held.tries) == (DeliveryState.DEAD, len(retries.PAUSES) + 1)
    receiver.answer = lambda _: (204, {}, b"")
    assert destinations.replay(office.desk, "dam", by=office.kit) == 1
    office.deliver()
    assert [held.state for held, _ in office.deliveries("dam")] == [DeliveryState.DELIVERED]
    assert len({one.message for one in receiver.received}) == 1


def test_one_delivery_or_those_of_a_time_are_sent_again(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.tagged")
    for word in ("one", "two"):
        verdicts.tag(office.desk, office.picture(), word, by=office.ana)
    office.deliver()
    receiver.received.clear()
    (first, _), _ = office.deliveries("dam")
    assert destinations.replay(office.desk, "dam", by=office.kit, code=first.code) == 1
    office.deliver()
    assert len(receiver.received) == 1
    tomorrow = now() + timedelta(days=1)
    assert destinations.replay(office.desk, "dam", by=office.kit, since=tomorrow) == 0
    assert destinations.replay(office.desk, "dam", by=office.kit, until=tomorrow) == 2
    with pytest.raises(NotFound, match="has no delivery"):
        destinations.replay(office.desk, "dam", by=office.kit, code="D-0000")


def test_410_switches_a_webhook_off(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    receiver.answer = lambda _: (410, {}, b"")
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    assert len(receiver.received) == 1
    with office.desk.reading() as session:
        one = destinations.find(session, "dam")
        assert one.off_since is not None
        assert "410" in one.off_because
        assert "destination:switched-off" in [event.action for event in audit.newest(session, limit=5)]
    [(held, _)] = office.deliveries("dam")
    assert held.state is DeliveryState.DEAD


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(office: Office, receiver: Receiver, status: int) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    receiver.answer = lambda _: (status, {"Location": receiver.url + "/else"}, b"")
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    assert [one.path for one in receiver.received] == ["/slate"]
    assert office.attempts("dam")[0].problem == f"It answered {status}, a redirect, which is not followed."


def test_retry_after_is_kept_to(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    receiver.answer = lambda _: (429, {"Retry-After": "3600"}, b"")
    office.decide(office.picture(), Judgement.APPROVED)
    before = now()
    office.deliver()
    [(held, _)] = office.deliveries("dam")
    assert held.due_at >= before + timedelta(seconds=3600)


def test_the_pauses_are_those_of_the_standard_with_some_chance_in_them() -> None:
    moment = datetime(2026, 11, 30, tzinfo=UTC)
    for tries, pause in enumerate(retries.PAUSES, start=1):
        at = retries.next_at(tries, moment)
        assert at is not None
        assert timedelta(seconds=pause) <= at - moment <= timedelta(seconds=pause * 1.2)
    assert retries.next_at(len(retries.PAUSES) + 1, moment) is None
    a_year = retries.next_at(1, moment, timedelta(days=365))
    assert a_year == moment + retries.LONGEST


def test_an_answer_of_megabytes_is_not_read(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    receiver.answer = lambda _: (200, {}, b"x" * 3_000_000)
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    [attempt] = office.attempts("dam")
    assert len(attempt.answer) == 500
    assert office.deliveries("dam")[0][0].state is DeliveryState.DELIVERED


def test_inner_machines_are_not_reached_unless_a_setting_names_them(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    office.decide(office.picture(), Judgement.APPROVED)
    closed = office.with_settings(delivery_networks=("10.0.0.0/8",))
    closed.deliver()
    assert receiver.received == []
    assert "not a machine on the open Internet" in closed.attempts("dam")[0].problem


def test_a_new_secret_signs_beside_the_old_one_for_two_days(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    old = office.secrets["dam"]
    new = destinations.new_secret(office.desk, "dam", by=office.kit).secret
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    [got] = receiver.received
    assert got.signed_by(old)
    assert got.signed_by(new)
    with office.desk.writing() as session:
        one = destinations.find(session, "dam")
        one.old_secret_ends = now() - timedelta(seconds=1)
        deliveries.save(session, one)
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    assert not receiver.received[-1].signed_by(old)
    assert receiver.received[-1].signed_by(new)


def test_secrets_are_encrypted_in_the_database_and_not_in_the_audit_log(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url)
    destinations.new_secret(office.desk, "dam", by=office.kit)
    with office.desk.reading() as session:
        one = destinations.find(session, "dam")
        events = audit.newest(session, limit=10)
    assert "whsec_" not in one.secret + one.old_secret
    assert "whsec_" not in json.dumps([[event.before, event.after] for event in events])
    assert {"destination:added", "destination:secret-changed"} <= {event.action for event in events}


def test_cloudevents_are_sent_where_they_are_wanted(office: Office, receiver: Receiver) -> None:
    office.add("bus", receiver.url, kinds="asset.approved", options={"format": "cloudevents"})
    asset = office.picture()
    office.decide(asset, Judgement.APPROVED)
    office.deliver()
    [got] = receiver.received
    assert got.headers["content-type"] == "application/cloudevents+json"
    told = bodies.CloudEventBody.model_validate(got.json)
    assert (told.type, told.subject, told.id) == ("slate.asset.approved", asset.code, got.message)
    assert got.signed_by(office.secrets["bus"])


def test_a_link_to_the_exported_file_comes_along_once_made(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.*", options={"profile": "client"})
    receiver.answer = lambda _: (500, {}, b"")
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    receiver.answer = lambda _: (204, {}, b"")
    office.let_time_pass()
    office.deliver()
    approved = [one for one in receiver.received if one.json["type"] == "asset.approved"]
    assert len({one.message for one in approved}) == 1
    token = approved[-1].json["data"]["links"]["file"].rpartition("/")[2]
    file = links.follow(office.desk, token)
    assert b"low sun" not in office.desk.blobs.get(file.sha256)
    exported = [one for one in receiver.received if one.json["type"] == "asset.exported"]
    assert len(exported) == 1, "one copy, however often it is sent, and none of an export's own event"
    assert exported[0].json["data"]["links"]["file"] == ""


def test_files_go_on_when_whoever_added_the_webhook_has_left(office: Office, receiver: Receiver) -> None:
    with office.desk.writing() as session:
        make_member(session, "Noor Said", Role.ADMIN)
    office.add("dam", receiver.url, kinds="asset.approved", options={"profile": "client"})
    leavers.deactivate(office.desk, "Kit Adams", by=office.kit, operator="root")
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    assert receiver.received[0].json["data"]["links"]["file"]


def test_a_test_event_goes_to_one_destination_only(office: Office, receiver: Receiver) -> None:
    office.add("one", receiver.url, kinds="render.done")
    office.add("two", receiver.url)
    destinations.try_out(office.desk, "one", by=office.kit)
    office.deliver()
    assert receiver.kinds == ["slate.test"]
    assert receiver.received[0].signed_by(office.secrets["one"])


def test_what_a_killed_process_was_busy_with_is_sent_again(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.approved")
    office.decide(office.picture(), Judgement.APPROVED)
    [(_, event, held)] = Courier(office.desk)._take()
    office.deliver()
    assert receiver.received == [], "it is leased"
    office.let_time_pass()
    office.deliver()
    assert [one.message for one in receiver.received] == [event.message]
    with office.desk.writing() as session:
        late = deliveries.settle(session, held, DeliveryAttempt(delivery_id=held.id), state=DeliveryState.DEAD)
    assert not late, "the process that comes back decides nothing any more"


def test_two_couriers_send_nothing_twice(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url, kinds="asset.tagged")
    for number in range(6):
        verdicts.tag(office.desk, office.picture(), f"tag-{number}", by=office.ana)
    first, second = Courier(office.desk), Courier(office.desk)
    taken = [held.id for courier in (first, second, first) for _, _, held in courier._take()]
    assert len(taken) == len(set(taken)) > 0


def test_the_longest_event_stays_below_the_size_of_the_standard() -> None:
    asset = {
        "id": "A-7Q0D", "sha256": "a" * 64, "filename": "é" * 255, "mime": "image/png", "size": 2**40, "width": 1, "height": 1,
        "seconds": 1.5, "origin": "render", "source_type": "u" * 120, "status": "needs work", "tags": ["é" * 100] * 50,
        "shot": "s" * 60, "workflow": "é" * 200, "version": 1, "models": [{"name": "é" * 200, "sha256": "b" * 64}] * 20,
        "techniques": ["t" * 60] * 20, "seed": "9" * 20, "render": "R-4F2K", "created": now().isoformat(),
    }  # fmt: skip
    data = EventData.model_validate(
        {"actor": "é" * 60, "maker": "é" * 60, "client": "é" * 60, "project": "p" * 60, "project_name": "é" * 60, "asset": asset,
         "change": {"note": "é" * 2000, "why": "é" * 300, "to": "é" * 300}}
    )  # fmt: skip
    event = OutgoingEvent(message="msg_1", kind="asset.approved", subject="A-7Q0D", data=data.model_dump(mode="json"))
    body, _ = bodies.body(event, {"file": "f" * 300}, cloudevents=True, source="https://slate.example")
    assert len(body) < bodies.MOST_BYTES * 2  # letters of two bytes throughout; plain text is half of it


def test_only_admins_manage_destinations(office: Office, receiver: Receiver) -> None:
    with pytest.raises(Refused):
        destinations.save(office.desk, "dam", DestinationWish(url=receiver.url), by=office.ana)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://dam.example/x", "not an address"),
        ("https://user:pw@dam.example/x", "a name or a password"),
        ("https:///x", "not an address"),
        ("https://dam.example/a b", "not an address"),
        ("https://dam.example:99999/", "not an address"),
        ("https://dam.example/" + "x" * 3000, "not an address"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(office: Office, url: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        office.add("dam", url)


def test_plain_http_is_for_own_networks_only(office: Office) -> None:
    outside = office.with_settings(delivery_networks=())
    with pytest.raises(BadInput, match="plain http"):
        outside.add("dam", "http://dam.example/x")


@pytest.mark.parametrize("kinds", ["asset.aproved", "asset", "renders.*", "*.*.*", "rm -rf"])
def test_events_that_do_not_exist_are_refused(office: Office, kinds: str) -> None:
    with pytest.raises(BadInput, match="There is no event"):
        office.add("dam", "https://dam.example/x", kinds=kinds)


def test_a_new_destination_needs_an_address(office: Office) -> None:
    with pytest.raises(MissingInput, match="needs an address"):
        destinations.save(office.desk, "dam", DestinationWish(kinds="*"), by=office.kit)


def test_a_removed_one_is_told_nothing_and_its_name_is_free(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url)
    office.decide(office.picture(), Judgement.APPROVED)
    destinations.remove(office.desk, "dam", by=office.kit)
    office.deliver()
    assert receiver.received == []
    office.add("DAM", receiver.url)
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    assert receiver.kinds == ["asset.approved"]


def test_every_kind_of_event_is_told_by_some_change() -> None:
    told = {
        outgoing.kind_of(Event(action, "A-7Q0D", after={"judgement": judgement.value}))
        for action, follows in FOLLOWS.items()
        if Follow.DELIVERIES in follows
        for judgement in Judgement
    }
    assert told == set(outgoing.KINDS) - {outgoing.TEST}


def test_the_description_of_events_fits_what_is_sent(office: Office, receiver: Receiver) -> None:
    office.add("dam", receiver.url)
    office.decide(office.picture(), Judgement.APPROVED)
    office.deliver()
    messages = asyncapi.document()["components"]["messages"]
    assert [one["name"] for one in messages.values()] == list(outgoing.KINDS)
    schema = messages["asset_approved"]["payload"]
    jsonschema.validate(receiver.received[0].json, schema)
    assert "$ref" not in json.dumps(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(receiver.received[0].json | {"type": "asset.rejected"}, schema)
