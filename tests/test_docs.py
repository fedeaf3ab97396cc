"""What the documentation says is so: settings, commands, exit codes, roles, audited actions, links and examples."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest
import typer.main

from bot.cli.entry import app
from bot.cli.error_output import ExitCode
from bot.commands import TABLE
from core.events import FOLLOWS, Follow
from core.events.actions import Action
from core.events.outgoing import KINDS
from core.operations.settings_table import table
from core.people.roles import LEAST, givable
from storage.tables import Role

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
GROUP = typer.main.get_command(app)
COMMANDS = GROUP.list_commands(None)  # type: ignore[attr-defined]
WITH_EXAMPLES = [
    path
    for floor in ("bot", "core", "hooks", "storage")
    for path in sorted((ROOT / floor).rglob("*.py"))
    if re.search(r"^\s*>>> ", path.read_text(encoding="utf-8"), re.MULTILINE)
]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def part(text: str, name: str) -> str:
    """What stands between `<!-- name -->` and `<!-- /name -->`."""
    return text.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]


def test_every_environment_variable_is_in_the_one_table() -> None:
    assert table() in page("settings.md"), (
        "docs/settings.md is behind core/settings.py; core.operations.settings_table.table() prints the table"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_terminal_is_documented_and_has_help(name: str) -> None:
    rows = [line for line in page("cli.md").splitlines() if line.startswith("| `slate ")]
    assert any(re.search(rf"`(slate )?{re.escape(name)}[` ]", row.split(" | ")[0] + " ") for row in rows), (
        f"{name} is not in docs/cli.md"
    )
    assert GROUP.get_command(None, name).help  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_has_help(name: str) -> None:
    command = GROUP.get_command(None, name)  # type: ignore[attr-defined]
    assert [one.name for one in command.params if one.param_type_name == "option" and not one.help] == []


def test_whatever_chat_can_the_terminal_can() -> None:
    assert {command.name for command in TABLE} <= set(COMMANDS)


def test_the_exit_codes_are_those_documented() -> None:
    documented = re.findall(r"^\| (\d+) \|", page("cli.md"), re.MULTILINE)
    assert [int(code) for code in documented] == sorted(ExitCode)


def test_the_table_of_roles_is_the_one_in_force() -> None:
    rows = [f"| {role.value} | {', '.join(action.value for action, least in LEAST.items() if least is role)} |" for role in Role]
    assert part(page("people.md"), "roles").strip().splitlines()[2:] == rows


def test_the_table_of_who_gives_which_role_is_the_one_in_force() -> None:
    given = {role: [givable(role, in_project=there) for there in (False, True)] for role in Role}
    rows = [f"| {role.value} | {' | '.join(', '.join(some) or 'nothing' for some in both)} |" for role, both in given.items()]
    assert part(page("people.md"), "giving").strip().splitlines()[2:] == rows


def test_the_list_of_audited_actions_is_complete() -> None:
    assert re.findall(r"`([^`]+)`", part(page("people.md"), "audit")) == [
        one.value for one in Action if Follow.AUDIT in FOLLOWS[one]
    ]


def test_the_table_of_webhook_events_is_complete() -> None:
    rows = [f"| `{kind}` | {when} |" for kind, when in KINDS.items()]
    assert part(page("webhooks.md"), "events").strip().splitlines()[2:] == rows


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    assert [one for one in targets if "://" not in one and not (path.parent / one).exists()] == []


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_in_docstrings_are_true(path: Path) -> None:
    relative = path.relative_to(ROOT).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    outcome = doctest.testmod(importlib.import_module(".".join(parts)))
    assert (outcome.failed, bool(outcome.attempted)) == (0, True)
