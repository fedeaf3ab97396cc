"""`slate doctor` and `slate settings`: how this Slate is set up, and whether it is well."""

from __future__ import annotations

from typing import Any

import typer

from bot.cli.options import AsJson

_MARKS = {"fine": ("✓", "green"), "idle": ("·", "dim"), "warning": ("!", "yellow"), "broken": ("✗", "bold red")}


def doctor(as_json: AsJson = False) -> None:
    """Look at every part: what is configured, embedded or real, reachable, missing, and how to fix it."""
    from bot.cli.answer_output import print_json
    from bot.cli.error_output import ExitCode
    from bot.cli.open_desk import plain_desk
    from core.operations.doctor import examine, healthy
    from core.schemas.operations import DoctorSchema, FindingSchema

    with plain_desk() as desk:
        findings = examine(desk)
    well = healthy(findings)
    if as_json:
        told = [
            FindingSchema(part=one.part, state=one.state.value, kind=one.kind, text=one.text, fix=one.fix, facts=one.facts)
            for one in findings
        ]
        print_json(DoctorSchema(healthy=well, findings=told))
    else:
        _print_findings(findings)
    if not well:
        raise typer.Exit(ExitCode.UNAVAILABLE)


def _print_findings(findings: list[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.cli.terminal_output import plain

    grid = Table.grid(padding=(0, 2))
    for one in findings:
        mark, style = _MARKS[one.state.value]
        said = plain(one.text)
        if one.fix:
            said.append(f"\n→ {one.fix}", "bold" if one.state.value == "broken" else "")
        grid.add_row(plain(mark, style), plain(one.part, "bold"), plain(one.kind, "dim"), said)
    Console(highlight=False).print(grid)


def settings(as_json: AsJson = False) -> None:
    """List every environment variable with its value here and what it does. Secrets are not shown."""
    from bot.cli.answer_output import print_json
    from bot.cli.open_desk import read_settings
    from core.operations.settings_table import variables
    from core.schemas.operations import SettingList, SettingSchema

    rows = variables(read_settings())
    if as_json:
        print_json(
            SettingList(settings=[SettingSchema(name=one.name, value=one.value, set=one.is_set, help=one.help) for one in rows])
        )
        return
    from rich.console import Console
    from rich.padding import Padding

    from bot.cli.terminal_output import plain

    console = Console(highlight=False)
    for one in rows:
        console.print(plain(f"{one.name}={one.value}", "bold" if one.is_set else ""), crop=False)
        console.print(Padding(plain(one.help, "dim"), (0, 0, 0, 4)))
