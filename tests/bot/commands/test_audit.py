"""The audit log as people read it: who sees which events, filters, files, and whether it is as it was written."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.cards import Answer
from core.audit import checkpoints
from core.audit.words import PHRASES
from core.events import FOLLOWS, Follow
from core.events.actions import Action
from core.exports import links
from core.people import projects
from storage.people import members
from storage.tables import Member, Role
from tests.bot.conftest import Talk
from tests.bot.terminal import Terminal
from tests.makers import make_member

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def kit(talk: Talk) -> Member:
    """An admin; Mia has asked for a render, and leads a project of her own."""
    with talk.desk.writing() as session:
        made = make_member(session, "Kit Adams", Role.ADMIN)
        orchid = projects.add(session, "Acme", "Orchid", by=made)
        members.set_membership(session, talk.mia.id or 0, orchid.id or 0, Role.LEAD)
    talk.ask()
    talk.say("/role @mia lead project:orchid", by=made)
    talk.say("/role @vic artist project:orchid", by=talk.mia)
    return made


def actions(answer: Answer) -> list[str]:
    assert not answer.error, answer
    return [one["action"] for one in answer.data["events"]]


def content(talk: Talk, answer: Answer) -> bytes:
    link = str(answer.data["link"])
    return talk.desk.blobs.get(links.behind(talk.desk, link.rpartition("/")[2]).sha256)


def test_every_audited_action_has_a_sentence() -> None:
    assert set(PHRASES) == {one for one in Action if Follow.AUDIT in FOLLOWS[one]}


def test_an_admin_sees_who_did_what_newest_first(talk: Talk, kit: Member) -> None:
    shown = talk.say("/audit", by=kit)
    assert shown.private
    assert actions(shown)[:2] == ["member:project-role-changed", "render:asked"]
    first = shown.cards[0].fields[0]
    assert first.value == "Mia Chen changed the role of Vic Low in a project · project: orchid · role: artist · orchid"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("/audit @vic", ["member:project-role-changed"]),
        ("/audit by:@mia", ["member:project-role-changed", "render:asked"]),
        ("/audit by:@mia action:render", ["render:asked"]),
        ("/audit by:@mia project:orchid", ["member:project-role-changed"]),
        ("/audit project:playground action:asked", ["render:asked"]),
        ("/audit project/orchid", ["project:added"]),
        ("/audit by:@mia day:2001-01-01", []),
        ("/audit by:@mia until:2001-01-01", []),
        ("/audit by:@mia since:2001-01-01 limit:1", ["member:project-role-changed"]),
        ("/audit by:@mia before:1", []),
    ],
)
def test_the_log_is_filtered(talk: Talk, kit: Member, line: str, found: list[str]) -> None:
    assert actions(talk.say(line, by=kit)) == found


def test_one_render_s_events(talk: Talk, kit: Member) -> None:
    code = str(talk.say("/audit action:asked", by=kit).data["events"][0]["subject"])
    assert actions(talk.say(f"/audit {code.lower()}", by=kit)) == ["render:asked"]


def test_a_lead_sees_the_events_of_the_own_projects_only(talk: Talk, kit: Member) -> None:
    own = talk.say("/audit", by=talk.mia)
    assert {one["project"] for one in own.data["events"]} == {"orchid"}
    assert actions(talk.say("/audit project:playground", by=talk.mia)) == []
    everywhere = talk.say("/audit", by=talk.ana)
    assert {one["project"] for one in everywhere.data["events"]} == {"orchid", "playground"}, "a lead overall leads all of them"
    refused = talk.say("/audit", by=talk.vic)
    assert refused.error == "refused"


@pytest.mark.parametrize("line", ["/audit verify", "/audit checkpoint", "/audit as:jsonl"])
def test_the_whole_log_is_for_admins(talk: Talk, kit: Member, line: str) -> None:
    assert talk.say(line, by=talk.ana).error == "refused"
    assert not talk.say(line, by=kit).error


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/audit nobody", "unknown-member"),
        ("/audit by:nobody", "unknown-member"),
        ("/audit action:explode", "bad-input"),
        ("/audit project:nowhere", "unknown-project"),
        ("/audit day:yesterday", "bad-input"),
        ("/audit as:pdf", "bad-input"),
        ("/audit limit:0", "wrong-type"),
        ("/audit before:x", "wrong-type"),
    ],
)
def test_what_makes_no_sense_is_refused(talk: Talk, kit: Member, line: str, code: str) -> None:
    assert talk.say(line, by=kit).error == code


def test_more_goes_on_where_the_page_ended(talk: Talk, kit: Member) -> None:
    first = talk.say("/audit limit:1 by:@mia", by=kit)
    [more] = first.cards[0].buttons
    second = talk.press(more.action, by=kit)
    assert actions(first) + actions(second) == ["member:project-role-changed", "render:asked"]
    assert second.cards[0].buttons == ()


def test_a_table_for_spreadsheets_holds_no_formula_and_taking_it_is_on_record(talk: Talk, kit: Member) -> None:
    with talk.desk.writing() as session:
        projects.add_client(session, "=HYPERLINK(1)", by=kit)
    rows = list(csv.reader(io.StringIO(content(talk, talk.say("/audit as:csv", by=kit)).decode("utf-8-sig"))))
    assert rows[0][:4] == ["number", "at", "who", "action"]
    assert len(rows) > 4
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))] == []
    assert actions(talk.say("/audit action:exported", by=kit))[0] == "audit:exported"


def test_the_exported_lines_are_checked_elsewhere_by_the_documented_program(talk: Talk, kit: Member, tmp_path: Path) -> None:
    signed = talk.say("/audit checkpoint", by=kit)
    exported = tmp_path / "audit.jsonl"
    exported.write_bytes(content(talk, talk.say("/audit as:jsonl", by=kit)))
    program = (DOCS / "audit.md").read_text().split("<!-- check -->")[1].split("<!-- /check -->")[0].strip().strip("`")
    (tmp_path / "check.py").write_text(program.removeprefix("python"))

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", tmp_path / "check.py", exported], capture_output=True, text=True, check=False
        )

    assert run().stdout.split() == [str(signed.data["events"]), signed.data["hash"]]
    lines = exported.read_bytes().splitlines(keepends=True)
    for changed in (
        lines[1:],
        lines[:2] + lines[3:],
        [lines[1], lines[0], *lines[2:]],
        [lines[0].replace(b"House", b"Mouse"), *lines[1:]],
    ):
        exported.write_bytes(b"".join(changed))
        assert run().returncode != 0


def test_a_log_that_was_changed_is_told_in_words(talk: Talk, kit: Member) -> None:
    assert "No checkpoint has been signed yet" in talk.say("/audit verify", by=kit).text
    talk.say("/audit checkpoint", by=kit)
    assert "vouches for all of them" in talk.say("/audit verify", by=kit).text
    with talk.desk.database.engine.begin() as connection:
        connection.execute(text("UPDATE auditevent SET subject = 'client/other' WHERE number = 2"))
    found = talk.say("/audit verify", by=kit)
    assert found.error == "audit-broken"
    assert "Event 2" in found.cards[0].text
    assert found.data["error"]["facts"]["count"] == 1


def test_the_command_line_checks_the_log(slate: Terminal, talk: Talk, kit: Member) -> None:
    assert slate.json("audit", "verify")["intact"]
    assert slate.json("audit", "checkpoint")["events"] > 0
    assert slate.json("audit", "--by", "Mia Chen", "--action", "asked")["events"][0]["who"] == "Mia Chen"
    with talk.desk.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM auditevent WHERE number = 2"))
    assert slate("audit", "verify") == 1
    assert "Event 2 is missing." in slate.err
    assert list(checkpoints.folder(talk.desk.settings).glob("checkpoint-*.txt"))
