"""What another program tells Slate: signed, once, with the rights of whoever acts for it, and told in the thread."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook

from bot.messages.outbox import Outbox
from bot.messages.sync import chats
from core.deliveries import destinations
from core.deliveries.destinations import DestinationWish
from core.desk import Desk
from core.review import verdicts
from storage.chat import posts, room
from storage.files import assets
from storage.files import verdicts as storage_verdicts
from storage.people import projects
from storage.tables import Asset, Judgement, Member, Post, Role
from tests.bot.conftest import Talk
from tests.makers import make_member
from tests.web import Web


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


class Dam:
    """A DAM that knows the secret of the webhook `dam`."""

    def __init__(self, web: Web, secret: str) -> None:
        self.web, self.secret = web, secret

    def tell(
        self, kind: str, message: str = "msg_1", *, at: datetime | None = None, name: str = "dam", **data: Any
    ) -> httpx2.Response:
        body = json.dumps({"type": kind, "data": data})
        return self.send(body, message, at or datetime.now(UTC), name)

    def send(self, body: str, message: str, at: datetime, name: str = "dam", **headers: str) -> httpx2.Response:
        signed = {
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message, at, body),
        }
        return self.web.client().post(f"/hooks/{name}", content=body, headers=signed | headers)


@pytest.fixture
def kit(desk: Desk) -> Member:
    with desk.writing() as session:
        return make_member(session, "Kit Adams", Role.ADMIN)


@pytest.fixture
def dam(web: Web, desk: Desk, kit: Member, talk: Talk) -> Dam:
    wish = DestinationWish(url="https://dam.example/slate", kinds="asset.approved", acts_as=talk.ana)
    return Dam(web, destinations.save(desk, "dam", wish, by=kit).secret)


@pytest.fixture
def asset(talk: Talk) -> Asset:
    [made] = talk.finish(talk.ask())
    return made


def stored(desk: Desk, asset: Asset) -> Asset:
    with desk.reading() as session:
        found = assets.by_id(session, asset.id)
    assert found is not None
    return found


def test_a_no_of_the_dam_rejects_the_asset_and_its_thread_is_told(talk: Talk, dam: Dam, asset: Asset) -> None:
    with talk.desk.writing() as session:
        channel = projects.channel(session, "room", "general")
        assert channel is not None
        said = room.say(session, channel.id, answer={"text": "the result"}, key="result")
        posts.add(session, Post(platform="room", channel_id="general", message_ref=str(said.id), asset_id=asset.id))
    answer = dam.tell("asset.status", asset=asset.code, status="rejected", note="the logo is missing", by="Tom")
    assert answer.json() == {"asset": asset.code, "status": "rejected", "new": True, "threads": 1}
    assert stored(talk.desk, asset).status == "rejected"
    with talk.desk.reading() as session:
        [(verdict, member)] = storage_verdicts.history(session, asset.id)
    assert (member.name, verdict.note) == ("Ana Ruiz", "Tom in dam: the logo is missing")
    Outbox(talk.desk, chats(talk.desk)).drain()
    with talk.desk.reading() as session:
        texts = [one.answer.get("text", "") for one in room.thread(session, said.id, seen_by=talk.ana.id) if one.answer]
    assert f"Tom in dam rejected {asset.code}: the logo is missing" in texts


def test_an_event_that_comes_again_changes_nothing(talk: Talk, dam: Dam, asset: Asset) -> None:
    dam.tell("asset.status", asset=asset.code, status="rejected")
    verdicts.withdraw(talk.desk, asset, Judgement.REJECTED, by=talk.ana)
    assert dam.tell("asset.status", asset=asset.code, status="rejected").json()["new"] is False
    assert stored(talk.desk, asset).status == ""
    assert dam.tell("asset.status", "msg_2", asset=asset.code, status="approved").json()["status"] == "approved"


@pytest.mark.parametrize(
    ("kind", "said"),
    [("asset.comment", "warmer, please"), ("asset.deleted", "")],
)
def test_a_comment_and_a_deletion_there_change_no_status(talk: Talk, dam: Dam, asset: Asset, kind: str, said: str) -> None:
    answer = dam.tell(kind, asset=asset.code, note=said)
    assert (answer.status_code, answer.json()["status"]) == (200, "")
    assert stored(talk.desk, asset).status == ""


def test_it_has_the_rights_of_whoever_acts_for_it_and_no_others(talk: Talk, web: Web, kit: Member, asset: Asset) -> None:
    wish = DestinationWish(url="https://dam.example/slate", acts_as=talk.vic)
    dam = Dam(web, destinations.save(talk.desk, "dam", wish, by=kit).secret)
    assert dam.tell("asset.status", asset=asset.code, status="approved").status_code == 200
    assert stored(talk.desk, asset).status == "", "a viewer's word is a vote"


def test_nobody_acts_until_an_admin_says_who(talk: Talk, web: Web, kit: Member, asset: Asset) -> None:
    dam = Dam(web, destinations.save(talk.desk, "dam", DestinationWish(url="https://dam.example/x"), by=kit).secret)
    answer = dam.tell("asset.status", asset=asset.code, status="approved")
    assert answer.status_code == 409
    assert "/webhooks dam as:NAME" in answer.text


def test_what_is_forged_old_or_unsigned_is_refused_alike(talk: Talk, dam: Dam, asset: Asset) -> None:
    good = json.dumps({"type": "asset.status", "data": {"asset": asset.code, "status": "approved"}})
    moment = datetime.now(UTC)
    other = Dam(dam.web, "whsec_" + "QUJD" * 8)
    answers = [
        other.send(good, "msg_1", moment),
        dam.send(good, "msg_1", moment - timedelta(minutes=6)),
        dam.send(good, "msg_1", moment + timedelta(minutes=6)),
        dam.send(good, "msg_1", moment, name="nobody"),
        dam.send(good, "msg_1", moment, **{"webhook-id": "msg_2"}),
        dam.send(good, "msg_1", moment, **{"webhook-signature": "v1,AAAA"}),
        dam.send(good, "msg_1", moment, **{"webhook-timestamp": "soon"}),
    ]
    assert {one.status_code for one in answers} == {403}
    assert len({json.dumps(one.json()) for one in answers}) == 1, "they say the same"
    assert dam.web.client().post("/hooks/dam", content=good).status_code == 403
    assert stored(talk.desk, asset).status == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 422),
        ("{", 422),
        ("[" * 20_000, 422),
        ('{"type": "asset.explode", "data": {}}', 422),
        ('{"type": "asset.status", "data": {"asset": 7}}', 422),
        ('{"type": "asset.status", "data": {"asset": "A-0000", "status": "approved"}}', 404),
        ('{"type": "asset.status", "data": {"asset": "ASSET"}}', 422),
        ('{"type": "asset.comment", "data": {"asset": "ASSET", "note": "' + "x" * 3000 + '"}}', 422),
        ("x" * 70_000, 413),
    ],
    ids=["empty", "cut off", "deep", "unknown kind", "number", "unknown asset", "no status", "long note", "too long"],
)
def test_what_cannot_be_understood_is_said_and_changes_nothing(
    talk: Talk, dam: Dam, asset: Asset, body: str, status: int
) -> None:
    answer = dam.send(body.replace("ASSET", asset.code), "msg_1", datetime.now(UTC))
    assert answer.status_code == status
    assert stored(talk.desk, asset).status == ""
    assert dam.tell("asset.status", asset=asset.code, status="approved").json()["new"], "the id is free still"


def test_a_webhook_that_is_off_is_not_heard(talk: Talk, dam: Dam, kit: Member, asset: Asset) -> None:
    destinations.switch(talk.desk, "dam", False, by=kit)
    assert dam.tell("asset.status", asset=asset.code, status="approved").status_code == 403


def test_the_description_of_events_is_served_to_members(web: Web) -> None:
    assert web.client("Mia").get("/asyncapi.json").json()["asyncapi"] == "3.0.0"
    assert web.client().get("/asyncapi.json").status_code == 401
