"""The command line's one table: every entry leads somewhere, documents name nothing else, listing imports nothing heavy."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from bot.cli.command_index import COMMANDS, GROUPS, summary, target
from bot.cli.entry import app
from bot.commands.docstrings import docstring, load
from bot.commands.table import TABLE
from core.desk import Desk
from core.settings import Settings
from storage.tables import Asset
from tests.bot.terminal import Terminal

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "Procfile", ROOT / "Makefile", *sorted((ROOT / "docs").rglob("*.md"))]
GROUP = typer.main.get_command(app)
SERVES = {"up", "web", "worker", "clerk", "archivist", "sweeper", "slack", "discord", "stamp", "selftest", "ingest", "mcp"}
"""Commands that run until they are stopped, or need what a test has not: they are only parsed here."""
ELSEWHERE = {"SLATE_LIFELINE", "SLATE_COMPLETE", "SLATE_API_KEY"}
"""Variables that are no settings."""


def written_commands() -> list[tuple[str, str]]:
    """(page, `slate …`) for each command that a document names in backticks, in a console block or in the Procfile."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = re.findall(r"`(slate [^`\n]+)`", text)
        lines += re.findall(r"^(?:\$ |\w+: )?(slate [a-z-]+(?: [^\n]*)?)$", text, re.MULTILINE)
        found += [(page.name, re.split(r" && |  +#|      ", one)[0].strip()) for one in lines]
    return list(dict.fromkeys(found))


WRITTEN = written_commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_entry_of_the_table_is_a_documented_function(name: str) -> None:
    function = load(target(name))
    assert inspect.getdoc(function) == docstring(target(name)) != ""
    assert summary(name)


@pytest.mark.parametrize("name", [one.name for one in TABLE])
def test_every_chat_commands_help_is_its_functions_docstring(name: str) -> None:
    command = next(one for one in TABLE if one.name == name)
    module, _, function = command.function.partition(".")
    assert inspect.getdoc(getattr(importlib.import_module(f"bot.commands.{module}"), function)) == docstring(
        f"bot.commands.{module}:{function}"
    )
    assert command.summary


def test_no_function_of_the_command_line_is_left_out_of_the_table() -> None:
    """Whatever takes `--json` in a module of bot/cli is a command."""
    named = set(COMMANDS.values())
    modules = [path.stem for path in (ROOT / "bot" / "cli").glob("*.py") if path.stem not in ("run_line", "wait", "options")]
    found = {
        f"{module}.{one}"
        for module in modules
        for one in re.findall(r"^def ([a-z]\w*)\(\n?[^)]*as_json: AsJson", (ROOT / "bot/cli" / f"{module}.py").read_text(), re.M)
    }
    assert found <= named
    assert {"processes.prepare", "up.up"} <= named


@pytest.mark.parametrize(("page", "line"), WRITTEN, ids=[f"{page}: {line}" for page, line in WRITTEN])
def test_every_command_that_a_document_names_is_understood(page: str, line: str) -> None:
    words = _words(line)
    if not words or words[0] in ("COMMAND", "…") or words[0].startswith("-"):
        return
    context = GROUP.make_context("slate", words, resilient_parsing=True)
    name, command, rest = GROUP.resolve_command(context, words)  # type: ignore[attr-defined]
    assert command is not None, f"{page}: there is no `slate {name}`"
    if name in GROUPS and rest:
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None, line
    options = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts) if flag.startswith("-")}
    used = {word.partition("=")[0] for word in rest if word.startswith("-") and word != "-"}
    assert used <= options | {"--help"}, line


def _words(line: str) -> list[str]:
    text = re.sub(r"[\[\]]", "", line.replace("“", '"').replace("”", '"'))
    try:
        return shlex.split(text)[1:]
    except ValueError:
        return text.split()[1:]


def test_every_command_that_a_document_names_runs(
    slate: Terminal, shoe: Asset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mistake of Slate and no wrong use; ids and files in a document are examples, which may not be found."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_bytes(b"an example")
    slate("join", "Ana")
    wrong = {}
    for _, line in WRITTEN:
        words = [word for word in _words(line) if word not in ("…", "or") and word != "--wait"]
        if not words or words[0] in SERVES | {"COMMAND", "…"} or words[0].startswith("-") or "|" in words:
            continue
        status = slate(*words)
        if status == 70 or (status == 2 and "(usage)" in slate.err and "does not exist" not in slate.err and words[1:]):
            wrong[line] = slate.err[-300:]
    assert wrong == {}


def test_prepare_sets_an_empty_folder_up_and_may_be_repeated(slate: Terminal) -> None:
    assert slate("prepare") == 0
    assert slate("prepare") == 0
    assert [one["workflow"] for one in slate.json("workflows")["workflows"]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_that_a_document_names_exists(page: Path) -> None:
    known = {f"SLATE_{name.upper()}" for name in Settings.model_fields} | ELSEWHERE
    named = set(re.findall(r"\bSLATE_[A-Z0-9_]*[A-Z0-9]\b(?!_\*)", page.read_text(encoding="utf-8")))
    assert named <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_the_source_that_a_document_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:bot|core|hooks|storage|tests|benchmarks|docs)/[\w./-]*\w/?)`", text))
    modules = set(re.findall(r"python -m ((?:bot|core|hooks|storage|tests|benchmarks)[\w.]*\w)", text))
    modules |= set(re.findall(r"`(benchmarks\.\w+)", text))
    missing = [one for one in paths if not (ROOT / one).exists()]
    missing += [one for one in modules if not _module(one) and not one.endswith(".NAME")]
    missing = [one for one in missing if "/NAME" not in one]
    assert missing == []


def _module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_of_make_that_a_document_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^\$ |^SLATE_\S* )make ([a-z]+)", text, re.MULTILINE))
    assert targets <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


HEAVY = {
    "PIL", "alembic", "aiohttp", "c2pa", "cryptography", "discord", "fastapi", "fontTools", "fpdf", "iscc_lib", "numpy",
    "obstore", "psycopg", "redis.asyncio", "rq", "slack_bolt", "slack_sdk", "uvicorn", "websockets",
}  # fmt: skip
"""What no command needs before it does something with it."""
UNUSED = {
    ("queue",): HEAVY,
    ("find", "shoe"): HEAVY,
    ("--help",): HEAVY | {"sqlalchemy", "sqlmodel", "redis", "rich", "structlog", "pydantic_settings"},
    ("export", "--help"): HEAVY | {"sqlalchemy", "sqlmodel", "redis", "structlog", "pydantic_settings"},
}


@pytest.mark.parametrize("words", UNUSED, ids=" ".join)
def test_a_command_imports_only_what_it_uses(words: tuple[str, ...], slate: Terminal, desk: Desk) -> None:
    slate("queue")
    unused = UNUSED[words] - (set() if desk.database.is_sqlite else {"psycopg"})
    probe = (
        "import sys\nfrom bot.cli.entry import run\n"
        f"status = run({list(words)!r})\n"
        f"sys.exit(status or ', '.join(sorted(set({sorted(unused)!r}) & sys.modules.keys())) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-500:]


def test_completing_a_commands_name_imports_nothing_heavy() -> None:
    probe = (
        "import sys\nfrom bot.cli.entry import run\n"
        "try:\n    run([])\nexcept SystemExit:\n    pass\n"
        f"sys.exit(', '.join(sorted(set({sorted(UNUSED[('--help',)] - {'rich'})!r}) & sys.modules.keys())) or 0)\n"
    )
    asked = {"_SLATE_COMPLETE": "complete_bash", "COMP_WORDS": "slate que", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", probe], env=asked, capture_output=True, text=True, cwd=ROOT, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.split() == ["queue"]
