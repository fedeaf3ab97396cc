"""Every command answers by its documented schema, on the command line as `--json`; the page that lists them is made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import identity
from bot.cards import Answer
from bot.cli import answers
from bot.cli.answers import ANSWERS
from bot.cli.command_index import COMMANDS
from bot.commands.table import TABLE
from core.models import registry
from core.schemas.base import Schema
from storage.tables import Role
from tests.bot.conftest import Talk, png
from tests.bot.terminal import Terminal
from tests.core.models.test_registry import write
from tests.makers import make_member

ROOT = Path(__file__).parents[2]
_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_PROCESSES = {"up", "web", "worker", "clerk", "archivist", "sweeper", "discord", "slack", "stamp serve", "selftest chat", "mcp"}
"""They run until they are stopped, or need a chat; their own tests start them."""


def test_the_page_of_schemas_is_made_from_the_models() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert page == answers.page(), "run: python -m bot.cli.answers > docs/json.md"


def test_every_command_is_in_the_table_of_answers_and_no_other() -> None:
    assert set(ANSWERS) == set(COMMANDS) | {one.name for one in TABLE}


def test_every_command_takes_json() -> None:
    from typer.main import get_command

    from bot.cli.entry import app

    group = get_command(app)
    for name in ANSWERS:
        first, _, second = name.partition(" ")
        found = group.get_command(None, first)  # type: ignore[attr-defined]
        command = found.get_command(None, second) if second else found
        assert "--json" in {option for one in command.params for option in one.opts}, name


def _classes(name: str) -> set[type[Schema]]:
    return {answers.schema(one) for one in ANSWERS[name]}


@_SQLITE
def test_every_chat_command_answers_by_its_schemas(talk: Talk, tmp_path: Path) -> None:
    seen: dict[str, set[type[Schema]]] = {}

    def say(text: str, **how: object) -> Answer:
        answer = talk.say(text, **how)  # type: ignore[arg-type]
        assert not answer.error, (text, answer)
        assert answer.schema is not None, text
        assert type(answer.schema).model_validate(answer.data).as_json() == answer.data, text
        seen.setdefault(text.split()[0], set()).add(type(answer.schema))
        return answer

    with talk.desk.writing() as session:
        admin = make_member(session, "Noor", Role.ADMIN)
    identity.join_room(talk.desk, "Vic Low")
    done = talk.ask()
    one, two = talk.finish(done, pictures=2)
    waiting, other = talk.ask(), talk.ask()
    write(tmp_path / "loras" / "ink.safetensors", {})
    registry.scan(talk.desk, [tmp_path])
    for line in (
        "render text-to-image a shoe", f"vary {done.code} steps:3", f"reroll {done.code}", f"retry {done.code}",
        f"edit {done.code}", f"upscale {one.code}", f"copy {done.code}", "queue",
        f"why {done.code}", f"cancel {waiting.code} {other.code}",
        "find shoe", f"lineage {one.code}", f"compare {one.code} {two.code}", f"takes {one.code}", f"whatis {one.code}",
        f"provenance {one.code}", f"provenance {one.code} {two.code}", f"approve {one.code}", f"reject {two.code} too dark",
        f"needs-work {one.code}", f"tag {one.code} hero", f"untag {one.code} hero", "workflows", "help", "people", "link",
        "models", "model ink", "workflow versions upscale",
        "project", f"compliance {one.code}", f"declare {one.code} artistic:no", "profile", "profile client size:1024",
        f"export {one.code} profile:client", f"export {one.code} as:sheet", f"export {one.code} dry:yes", "links",
        f"verify {one.code}", f"verify {one.code} {two.code}", "ingests", f"confirm {one.code}", "audit",
        "audit as:jsonl", "audit verify", "audit checkpoint", "role @vic lead", "role @vic", "role",
        "deactivate @vic", "reactivate @vic", "signin", "sessions", "webhooks", "dams", "apikeys",
        "sessions revoke:yes", "people @vic email:vic@acme.example",
        "apikeys", "apikeys new report",
    ):  # fmt: skip
        say(line, by=admin)
    say(f"cancel {talk.ask().code}")
    link = str(say("links", by=admin).data["links"][0]["link"])
    say(f"links {link} revoke:yes", by=admin)
    known, unknown = talk.upload(talk.desk.blobs.get(one.sha256), "copy.png"), talk.upload(png((9, 200, 9)), "other.png")
    say("whatis", files=(known, unknown))
    say("whatis", files=(unknown,))
    say("restore", files=(known,))
    say("restore", files=(known, known))
    elsewhere = {
        "admit",
        "webhooks",  # tests/bot/commands/test_destinations.py makes and removes them
        "dams",
        "apikeys",
        "workspace",
        "link",
        "ingests",
        "find",
        "workflow",  # tests/bot/commands/test_workflow.py saves and compares them
    }  # in a workspace, with an account there, after an import, at the terminal
    for command in TABLE:
        missing = _classes(command.name) - seen.get(command.name, set())
        assert not missing or command.name in elsewhere, (command.name, missing)
        assert seen.get(command.name, set()) <= _classes(command.name)


@_SQLITE
def test_every_command_of_the_terminal_alone_answers_by_its_schemas(slate: Terminal, tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(png((20, 40, 60)))
    picture = slate.json("ingest", str(tmp_path))
    found = slate.json("find", "is:inferred")["results"][0]["asset"]
    told = {
        "ingest": picture,
        "join": slate.json("join", "Noor"),
        "doctor": slate.json("doctor"),
        "settings": slate.json("settings"),
        "prepare": slate.json("prepare"),
        "reindex": slate.json("reindex"),
        "verify-store": slate.json("verify-store"),
        "storage": slate.json("storage"),
        "fetch": slate.json("fetch", found, "-o", str(tmp_path / "back.png")),
        "keys init": slate.json("keys", "init"),
        "keys show": slate.json("keys", "show"),
        "keys rotate": slate.json("keys", "rotate"),
        "keys revoke": slate.json("keys", "revoke", "4711"),
        "seal": slate.json("seal", "--due"),
    }
    assert _fits("slack", slate.json("slack", "--manifest"))
    assert _fits("find", slate.json("find", "--explain", "red shoes"))
    assert _fits("ingest", slate.json("ingest", str(tmp_path), str(tmp_path)))
    for name, data in told.items():
        assert _fits(name, data), (name, data)
    assert set(told) | {"slack"} >= {name for name in COMMANDS if not any(name == one.name for one in TABLE)} - _PROCESSES


def _fits(name: str, data: object) -> bool:
    """Whether it is the JSON of one of the command's schemas, to the letter."""
    for kind in _classes(name):
        try:
            if kind.model_validate(data).as_json() == data:
                return True
        except ValueError:
            continue
    return False


@_SQLITE
@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (("fetch", "A-ZZZZ"), "unknown-asset", 3),
        (("seal", "A-ZZZZ"), "unknown-asset", 3),
        (("keys", "revoke", "serial"), "bad-input", 2),
        (("ingest", "/nowhere/at/all"), "not-found", 3),
        (("selftest", "chat"), "conflict", 6),
        (("slack",), "bad-input", 2),
        (("role", "Nobody", "lead"), "unknown-member", 3),
        (("audit", "--day", "never"), "bad-input", 2),
        (("storage", "--frobnicate"), "usage", 2),
    ],
)
def test_every_error_is_json_with_its_code_and_exit_code(
    slate: Terminal, arguments: tuple[str, ...], code: str, status: int
) -> None:
    error = slate.json(*arguments, status=status)["error"]
    assert error["code"] == code
    assert error["message"]
