"""Makes a command of the shell from a function with Typer's annotations."""

from __future__ import annotations

from typing import Any

import typer
import typer.main


def built(name: str, function: Any, *, help: str = "", takes_more: bool = False) -> Any:
    """A command made of a function with Typer's annotations; with `takes_more`, unknown options are words of it."""
    more = {"ignore_unknown_options": True} if takes_more else {}
    app = typer.Typer(rich_markup_mode=None)
    app.command(name, help=help or None, context_settings={"help_option_names": ["--help", "-h"], **more})(function)
    return typer.main.get_group(app).commands[name]
