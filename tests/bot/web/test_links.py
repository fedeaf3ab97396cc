"""Links to files for people without an account: listed, limited in use, taken back, and all of it in the audit log."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from bot.commands import answer
from bot.request import ChatPlace, ChatRequest
from core.exports import links
from core.security.signed_links import LinkedFile
from core.settings import Settings
from storage.people import audit
from storage.people.audit import AuditFilter
from storage.tables import Asset, Member, Role
from tests.bot.web.test_files import keep_asset
from tests.makers import make_member
from tests.web import Web


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"link_uses": 2})


def link_to(web: Web, asset: Asset, by: str = "Mia") -> str:
    """The path of a new link."""
    url = links.make(web.desk, LinkedFile(asset.sha256, "shoe.png", "image/png"), by=web.member(by), asset=asset)
    return "/get/" + url.rpartition("/")[2]


def say(web: Web, by: Member, text: str) -> dict[str, object]:
    told = answer(web.desk, ChatRequest(by, ChatPlace("room", "general"), text))
    return dict(told.data) | {"error": told.error}


def actions(session: Session) -> list[str]:
    return [
        one.action for one in reversed(audit.newest(session, AuditFilter(), limit=50)) if one.action.startswith(("link", "asset"))
    ]


def test_a_link_is_good_for_so_many_downloads_and_each_is_in_the_record(web: Web) -> None:
    web.client("Mia")
    path, street = link_to(web, keep_asset(web, b"bytes", "image/png", "shoe.png")), web.client()
    assert [street.get(path).status_code for _ in range(3)] == [200, 200, 409]
    assert "as often as it may be" in street.get(path).json()["message"]
    with web.desk.reading() as session:
        assert actions(session) == ["link:made", "link:used", "link:used"]


def test_a_link_is_listed_and_taken_back_by_whoever_made_it_or_a_lead(web: Web) -> None:
    web.client("Boss")
    web.client("Mia")
    with web.desk.writing() as session:
        ana, lea = make_member(session, "Ana", Role.ARTIST), make_member(session, "Lea", Role.LEAD)
    asset = keep_asset(web, b"bytes", "image/png", "shoe.png")
    path, other = link_to(web, asset), link_to(web, asset)
    mia = web.member("Mia")
    listed = say(web, mia, "links")["links"]
    assert isinstance(listed, list)
    codes = [one["link"] for one in listed]
    assert [one["state"] for one in listed] == ["good", "good"]
    assert say(web, ana, "links")["links"] == []
    assert say(web, ana, f"links {codes[1]} revoke:yes")["error"] == "refused"
    assert say(web, mia, f"links {codes[1]} revoke:yes")["error"] == ""
    assert say(web, mia, f"links {codes[1]} revoke:yes")["error"] == "conflict"
    assert say(web, lea, f"links {codes[0]} revoke:yes")["error"] == ""
    street = web.client()
    assert [street.get(one).status_code for one in (path, other)] == [409, 409]
    assert "revoked" in street.get(path).json()["message"]
    assert say(web, mia, f"links {asset.code}")["count"] == 2


def test_a_downloaded_original_is_in_the_record(web: Web) -> None:
    mia = web.client("Mia")
    asset = keep_asset(web, b"bytes", "image/png", "shoe.png")
    assert mia.get(f"/assets/{asset.code}/original").content == b"bytes"
    assert mia.get(f"/files/{asset.code}/{asset.sha256}", params={"download": "true"}).content == b"bytes"
    with web.desk.reading() as session:
        (one, two) = audit.newest(session, AuditFilter(actions=("asset:downloaded",)), limit=9)
        assert {one.subject, two.subject} == {asset.code}
        assert one.actor_id == web.member("Mia").id


def test_an_original_that_is_shown_is_in_the_record_once_however_it_is_asked_for(web: Web) -> None:
    mia = web.client("Mia")
    asset = keep_asset(web, b"0123456789", "video/mp4", "shoe.mp4")
    where = f"/files/{asset.code}/{asset.sha256}"

    def views() -> int:
        with web.desk.reading() as session:
            return len(audit.newest(session, AuditFilter(actions=("asset:viewed",), subject=asset.code), limit=9))

    assert mia.get(where).content == b"0123456789"
    assert views() == 1
    assert mia.get(where, headers={"range": "bytes=0-3"}).content == b"0123"
    assert mia.get(where, headers={"range": "bytes=4-"}).content == b"456789"
    assert views() == 2, "a player asks for the rest in pieces"
    assert mia.get(where, headers={"range": "bytes=4-5,0-3"}).status_code == 206
    assert mia.get(where, headers={"range": "bytes=-10"}).status_code == 206
    assert views() == 4, "asking for the pieces in another order hides nothing"
