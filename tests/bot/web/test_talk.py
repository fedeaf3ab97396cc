"""What people do in the room, over HTTP: come in, say, command, press, react."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import pytest
from sqlmodel import SQLModel, select

from storage.chat import posts, room
from storage.rendering import renders
from storage.tables import Role
from tests.makers import make_member
from tests.web import Web, picture


def say(client: httpx2.Client, text: str, *, key: str = "key-00001", slug: str = "general", **more: Any) -> httpx2.Response:
    return client.post(f"/c/{slug}/say", json={"text": text, "key": key, **more})


def test_the_door_asks_for_a_name_and_leads_to_a_channel(web: Web) -> None:
    visitor = web.client()
    assert "Your name" in visitor.get("/").text
    assert visitor.get("/c/general", headers={"accept": "text/html"}).headers["location"] == "/?next=/c/general"
    assert visitor.get("/c/general").status_code == 401
    told = visitor.post("/join?next=/c/general", json={"name": " Mia  Chen ", "time_zone": "Asia/Tokyo"}).json()
    assert told == {"name": "Mia Chen", "go": "/c/general"}
    assert visitor.get("/").headers["location"] == "/c/general"
    assert "Mia Chen" in visitor.get("/c/general").text
    assert web.member("Mia Chen").time_zone == "Asia/Tokyo"
    visitor.post("/leave")
    assert "Your name" in visitor.get("/").text


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "tab\there", "\u202eevil"])
def test_what_is_no_name_is_told_so(web: Web, name: str) -> None:
    answer = web.client().post("/join", json={"name": name})
    assert answer.status_code in (413, 422)
    assert answer.json()["message"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r\n/evil.example",
        "/ /evil.example",
        "javascript:1",
    ],
)
def test_the_door_leads_nowhere_else(web: Web, path: str) -> None:
    assert web.client().post("/join", params={"next": path}, json={"name": "Mia"}).json()["go"] == "/"


def test_a_session_that_was_tampered_with_is_nobodys(web: Web) -> None:
    client = web.client("Mia")
    cookie = client.cookies["slate_room"]
    stranger = web.client()
    value, _, signature = cookie.rpartition(".")
    other = "B" if signature[0] == "A" else "A"  # the last letters have bits that count for nothing
    stranger.cookies.set("slate_room", f"{value}.{other}{signature[1:]}")
    assert stranger.get("/c/general").status_code == 401


def test_people_talk_and_a_repeated_sending_is_one_message(web: Web) -> None:
    mia, ana = web.client("Mia"), web.client("Ana")
    for _ in range(2):
        say(mia, "Hello <b>all</b>").raise_for_status()
    assert web.seen("Ana") == ["Hello <b>all</b>"]
    page = ana.get("/c/general").text
    assert "Hello &lt;b&gt;all&lt;/b&gt;" in page
    assert "<b>all</b>" not in page


def test_there_is_nothing_to_send_in_nothing(web: Web) -> None:
    mia = web.client("Mia")
    assert say(mia, "   ").json()["error"] == "bad-input"
    assert say(mia, "x" * 20_001).json()["error"] == "too-long"
    assert say(mia, "hi", slug="nowhere").status_code == 404
    assert say(mia, "hi", thread=99).status_code == 404
    assert mia.post("/c/general/say", content=b"nonsense").json()["error"] == "bad-input"
    assert mia.post("/c/general/say", content=b'"' + b"x" * 2_000_000 + b'"').status_code == 413


def test_a_mistyped_command_and_its_answer_are_seen_by_the_asker_only(web: Web) -> None:
    mia = web.client("Mia")
    web.client("Ana")
    told = say(mia, "/render prodcut-depth a shoe").json()
    assert told["error"] == "unknown-workflow"
    assert web.seen("Ana") == []
    page = mia.get("/c/general").text
    assert "Did you mean" in page
    assert "product-depth" in page
    assert "Only you see this" in page


def test_one_message_is_the_answer_to_a_render_and_is_there_at_once(web: Web) -> None:
    mia = web.client("Mia")
    assert say(mia, "/render text-to-image a red shoe seed:7").json()["error"] == ""
    with web.desk.reading() as session:
        render = renders.newest(session)[0]
        post = posts.of_render(session, render.id or 0)[0]
        shown = room.message(session, int(post.message_ref))
    assert shown is not None
    assert (shown.card or {})["subject"] == render.code
    assert (post.shown, post.due) == (post.wanted, False)
    assert len(web.seen("Mia")) == 2
    say(mia, "/render text-to-image a red shoe seed:7").raise_for_status()
    assert len(web.seen("Mia")) == 2, "the same key again asks for nothing new"


def test_a_command_in_a_thread_is_answered_in_the_thread(web: Web) -> None:
    mia = web.client("Mia")
    root = web.post("root")
    say(mia, "/help", thread=root).raise_for_status()
    with web.desk.reading() as session:
        answers = room.thread(session, root, seen_by=web.member("Mia").id or 0)
    assert answers[0].text == "/help"
    assert len(answers) == 2
    assert mia.get(f"/c/general/t/{root}").status_code == 200
    assert "/help" in mia.get(f"/c/general/t/{root}/panel").text
    assert mia.get(f"/c/general/t/{root + 1}/panel").status_code == 404, "an answer starts no thread of its own"


def test_buttons_work_by_what_they_carry(web: Web) -> None:
    mia = web.client("Mia")
    say(mia, "/render text-to-image a red shoe seed:7").raise_for_status()
    with web.desk.reading() as session:
        code = renders.newest(session)[0].code

    def press(action: str, key: str) -> dict[str, Any]:
        told: dict[str, Any] = mia.post("/c/general/press", json={"action": action, "key": key}).raise_for_status().json()
        return told

    assert "a red shoe" in press(f"copy:{code}", "press-001")["copy"]
    form = press(f"edit:{code}", "press-002")["form"]
    assert "a red shoe" in form
    assert 'name="prompt"' in form
    press(f"reroll:{code}", "press-003")
    press(f"reroll:{code}", "press-003")
    with web.desk.reading() as session:
        assert len(renders.newest(session)) == 2, "a press that is delivered twice is done once"
    assert "Cancelled" in press(f"cancel:{code}", "press-004")["said"]
    assert press("frobnicate:R-0000", "press-005")["error"] == "unknown-command"


def everything_kept(web: Web) -> str:
    """All rows of all tables, as text."""
    with web.desk.reading() as session:
        return "\n".join(repr(row) for table in SQLModel.metadata.sorted_tables for row in session.execute(select(table)).all())


def test_a_key_is_shown_to_whoever_asked_and_stored_in_no_message(web: Web) -> None:
    mia = web.client("Mia")
    told = say(mia, "/apikeys new nightly report").raise_for_status().json()
    [text] = re.findall(r"<code>(\S+)</code>", told["secret"])
    assert told["copy"] == ""
    kept = everything_kept(web)
    assert "Its text is shown this once." in kept
    assert text not in kept
    assert text not in mia.get("/c/general").text


def test_a_password_in_a_command_is_stored_in_no_message(web: Web) -> None:
    with web.desk.writing() as session:
        make_member(session, "Kit", Role.ADMIN)
    kit = web.client("Kit")
    say(kit, '/dams shelf url:https://dam.example/files user:kit password: "open sesame"').raise_for_status()
    unclosed = say(kit, '/dams shelf password:"open sesame', key="key-00002")
    assert (unclosed.status_code, unclosed.json()["message"]) == (422, "That command cannot be read.")
    kept = everything_kept(web)
    assert "password:hidden" in kept
    assert "sesame" not in kept


def test_a_filled_form_is_the_line_that_it_stands_for(web: Web) -> None:
    mia = web.client("Mia")
    filled = {"command": "render text-to-image", "values": {"prompt": 'a "red" shoe', "steps": "5"}, "key": "form-0001"}
    assert mia.post("/c/general/fill", json=filled).raise_for_status().json()["error"] == ""
    with web.desk.reading() as session:
        made = renders.newest(session)[0]
    assert (made.inputs["prompt"], made.inputs["steps"]) == ('a "red" shoe', 5)
    assert web.seen("Mia")[0].startswith("/render text-to-image prompt:")


def test_reactions_are_kept_and_do_what_they_stand_for(web: Web) -> None:
    mia = web.client("Mia")
    plain = web.post("nice")
    react = {"message": plain, "emoji": "🔥", "added": True}
    assert mia.post("/c/general/react", json=react).json() == {}
    assert "🔥" in mia.get("/c/general").text
    say(mia, "/render text-to-image a red shoe").raise_for_status()
    with web.desk.reading() as session:
        render = renders.newest(session)[0]
        card = posts.of_render(session, render.id or 0)[0].message_ref
    told = mia.post("/c/general/react", json={"message": int(card), "emoji": "🔁", "added": True}).json()
    assert told["error"] == ""
    with web.desk.reading() as session:
        assert len(renders.newest(session)) == 2
    assert mia.post("/c/general/react", json=react | {"message": 9999}).status_code == 404


def test_completion_knows_commands_workflows_and_inputs(web: Web) -> None:
    mia = web.client("Mia")

    def complete(text: str) -> list[str]:
        found = mia.get("/c/general/complete", params={"text": text, "cursor": len(text)}).json()
        return [one["value"] for one in found]

    assert "/render" in complete("/re")
    assert "product-depth" in complete("/render prod")
    assert "steps:" in complete("/render text-to-image st")


def test_an_admin_opens_a_channel_for_a_new_project_and_a_newcomer_may_not(web: Web) -> None:
    first, second = web.client("Mia"), web.client("Lee")
    wanted = {"name": "#Acme Spring", "client": "Acme", "new_project": "Acme Spring"}
    assert second.post("/channels", json=wanted).status_code == 403
    assert first.post("/channels", json=wanted).json() == {"go": "/c/acme-spring"}
    assert "<b>Acme Spring</b> (Acme)" in second.get("/c/acme-spring").text
    assert first.post("/channels", json=wanted).status_code == 409
    assert first.post("/channels", json={"name": "東京", "project": "acme-spring"}).status_code == 200
    assert first.get("/c/東京").status_code == 200
    assert first.post("/channels", json={"name": "x"}).status_code == 404
    assert first.post("/channels", json={"name": "---", "project": "acme-spring"}).status_code == 422


def test_older_messages_come_a_page_at_a_time_and_reading_marks_are_kept(web: Web) -> None:
    mia = web.client("Mia")
    rows = [web.post(f"message {number}") for number in range(55)]
    page = mia.get("/c/general").text
    assert "Show older messages" in page
    assert "message 5<" in page
    assert "message 4<" not in page
    older = mia.get("/c/general/older", params={"before": rows[5]}).text
    assert "message 4<" in older
    assert "Show older messages" not in older
    mia.post("/c/general/read", json={"message": rows[-1]}).raise_for_status()
    assert f'data-read="{rows[-1]}"' in mia.get("/c/general").text


def test_a_dropped_picture_without_words_asks_what_it_is(web: Web) -> None:
    mia = web.client("Mia")
    kept = mia.post("/uploads", params={"name": "mail.png"}, content=picture()).json()
    told = say(mia, "What is this?", receipts=[kept["receipt"]]).json()
    assert told["error"] == ""
    assert len(web.seen("Mia")) == 2
    assert json.dumps(told)
