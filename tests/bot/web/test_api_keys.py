"""API keys: a program acts for a member within the key's scope, and for nobody once the key has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from bot import commands
from bot.request import ChatPlace, ChatRequest
from bot.web.api_routes import READS, WRITES
from core.people import api_keys, team
from storage.clock import now
from storage.people import audit
from storage.tables import Role
from tests.web import Web


@pytest.fixture
def web(web: Web) -> Web:
    """A room with Kit, an admin, and Mia, an artist."""
    web.client("Kit")
    web.client("Mia")
    return web


def said(web: Web, by: str, line: str) -> tuple[str, dict[str, Any]]:
    answer = commands.answer(web.desk, ChatRequest(web.member(by), ChatPlace("slack", "C1"), line))
    assert answer.private
    return answer.error, answer.data


def made(web: Web, by: str = "Mia", more: str = "scope:write") -> tuple[str, str]:
    """(id, text) of a new key."""
    error, data = said(web, by, f"/apikeys new report {more}")
    assert not error
    return str(data["key"]), str(data["text"])


def ask(web: Web, bearer: str, text: str, **more: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {bearer}"}
    return web.client().post("/api/command", json={"text": text, **more}, headers=headers)


def test_a_key_acts_as_its_member_and_is_shown_once(web: Web) -> None:
    code, key = made(web)
    assert key.startswith("slate_")
    asked = ask(web, key, "/render text-to-image a red shoe", project="playground", key="a-key-of-mine")
    assert asked.status_code == 200
    assert ask(web, key, "/render text-to-image a red shoe", key="a-key-of-mine").json()["render"] == asked.json()["render"]
    assert ask(web, key, "/queue").json()["renders"][0]["by"] == "Mia"
    listed = said(web, "Mia", "/apikeys")[1]["keys"]
    assert [(one["key"], one["start"], one["state"]) for one in listed] == [(code, key[:10], "valid")]
    assert listed[0]["last_used"]
    with web.desk.database.engine.connect() as connection:
        assert key not in str(connection.exec_driver_sql("SELECT * FROM apikey").all())


@pytest.mark.parametrize("key", ["slate_", "slate_" + "x" * 43, "x" * 9000, "Mia"])
def test_what_is_no_key_is_refused(web: Web, key: str) -> None:
    assert ask(web, key, "/queue").status_code == 401
    assert web.client().post("/api/command", json={"text": "/queue"}).status_code == 401


def test_a_browser_without_a_key_is_no_program(web: Web) -> None:
    assert web.client("Mia").post("/api/command", json={"text": "/queue"}).status_code == 401


@pytest.mark.parametrize("scope", list(api_keys.KeyScope))
def test_a_key_does_what_its_scope_says_and_nothing_that_concerns_people(web: Web, scope: api_keys.KeyScope) -> None:
    _, key = made(web, "Kit", f"scope:{scope.value}")
    allowed = WRITES if scope is api_keys.KeyScope.WRITE else READS
    assert {one.name for one in commands.TABLE} >= WRITES
    for one in commands.TABLE:
        assert (ask(web, key, f"/{one.name}").status_code == 403) is (one.name not in allowed), one.name
    with web.desk.reading() as session:
        before = len(list(audit.in_order(session)))
    for line in ("/project new:X client:Y", "/project playground", "/slate signin", "signin", " ", "/ signin", "/nothing"):
        assert ask(web, key, line).status_code == 403, line
    with web.desk.reading() as session:
        assert len(list(audit.in_order(session))) == before


def test_a_rotation_leaves_no_gap_and_ends_after_a_day(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    code, old = made(web)
    new = str(said(web, "Mia", f"/apikeys {code} rotate:yes")[1]["text"])
    assert [ask(web, one, "/queue").status_code for one in (old, new)] == [200, 200]
    monkeypatch.setattr(api_keys, "now", lambda: now() + timedelta(hours=25))
    assert [ask(web, one, "/queue").status_code for one in (old, new)] == [401, 200]
    monkeypatch.setattr(api_keys, "now", lambda: now() + timedelta(days=api_keys.DAYS))
    assert ask(web, new, "/queue").status_code == 401
    assert said(web, "Mia", f"/apikeys {code} rotate:yes")[0] == "conflict"


def test_a_revoked_key_and_the_one_before_its_rotation_are_worthless(web: Web) -> None:
    code, old = made(web)
    new = str(said(web, "Mia", f"/apikeys {code} rotate:yes")[1]["text"])
    assert said(web, "Mia", f"/apikeys {code} revoke:yes")[0] == ""
    assert [ask(web, one, "/queue").status_code for one in (old, new)] == [401, 401]
    assert said(web, "Mia", f"/apikeys {code} revoke:yes")[0] == "conflict"


def test_the_keys_of_a_leaver_stay_worthless_after_a_reactivation(web: Web) -> None:
    _, key = made(web)
    for change in (team.deactivate, team.reactivate):
        with web.desk.writing() as session:
            change(session, team.find(session, "Mia"), by=web.member("Kit"))
        assert ask(web, key, "/queue").status_code == 401


def test_other_peoples_keys_do_not_exist_except_for_admins(web: Web) -> None:
    web.client("Ana")
    code, key = made(web)
    for line in (f"/apikeys {code} rotate:yes", f"/apikeys {code} revoke:yes"):
        assert said(web, "Ana", line)[0] == "not-found"
    assert said(web, "Ana", "/apikeys")[1]["count"] == 0
    assert said(web, "Ana", "/apikeys all:yes")[0] == "refused"
    assert said(web, "Kit", "/apikeys all:yes")[1]["count"] == 1
    assert said(web, "Kit", f"/apikeys {code} revoke:yes")[0] == ""
    assert ask(web, key, "/queue").status_code == 401


def test_a_service_account_is_made_by_an_admin_for_programs_alone(web: Web) -> None:
    assert said(web, "Mia", "/apikeys new farm service:Farm")[0] == "refused"
    assert said(web, "Kit", "/apikeys new farm service:Mia")[0] == "conflict"
    assert said(web, "Kit", "/apikeys new farm service:Farm role:admin")[0] == "refused"
    key = str(said(web, "Kit", '/apikeys new farm service:"Render farm" role:viewer scope:write')[1]["text"])
    assert ask(web, key, "/queue").status_code == 200
    assert ask(web, key, "/render text-to-image a shoe").json()["error"]["code"] == "refused", "a viewer renders nothing"
    assert web.member("Render farm").role is Role.VIEWER


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/apikeys new", "missing-input"),
        ("/apikeys new x scope:all", "bad-input"),
        ("/apikeys new x days:367", "wrong-type"),
        ("/apikeys new x role:king", "bad-input"),
        ("/apikeys what", "bad-input"),
        ("/apikeys K-ZZZZ revoke:yes", "not-found"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_words(web: Web, line: str, error: str) -> None:
    assert said(web, "Mia", line)[0] == error


def test_a_key_opens_files_of_an_asset_and_no_page(web: Web) -> None:
    _, key = made(web, more="scope:read")
    headers = {"Authorization": f"Bearer {key}"}
    for path, status in (("/assets/A-JBME/graph.json", 404), ("/assets/A-JBME", 401), ("/c/general", 401), ("/feed", 401)):
        assert web.client().get(path, headers=headers, params={"channel": "general"}).status_code == status, path
    assert web.client("Mia").get("/assets/A-JBME/original", headers={"Authorization": "Bearer x"}).status_code == 401
