"""The one place where the command line begins and ends: arguments in, exit code out, every error said in words or in JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bot.cli.command_index import Slate
from bot.cli.error_output import ExitCode, code_of, tell_error, tell_problem, tell_usage
from core.errors import SlateError

app = typer.Typer(
    cls=Slate,
    name="slate",
    help="A render desk for creative teams that share ComfyUI servers. It does all that chat can do, with --json for scripts.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 120},
    epilog=(
        "Exit codes: 0 done, 1 the render failed or was cancelled, 2 wrong use or input, 3 not found, 4 refused, 5 something "
        "needed is unavailable, 6 no longer possible, 70 a mistake in Slate, 130 interrupted."
    ),
)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"slate {version('slate')}")
        raise typer.Exit


@app.callback()
def slate(
    version: Annotated[bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """Makes `app` a group, whose commands bot/cli/command_index.py finds."""


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; returns the exit code."""
    as_json = "--json" in arguments
    try:
        status = app(list(arguments), prog_name="slate", standalone_mode=False)
        return status if isinstance(status, int) else ExitCode.DONE
    except SlateError as problem:
        if _came_of_an_interrupt(problem):
            return _interrupted()
        tell_error(problem, as_json=as_json)
        return code_of(type(problem))
    except TyperException as problem:
        return tell_usage(problem, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Exception as problem:  # noqa: BLE001  (an edge: logged once with an id, said in a sentence)
        if _came_of_an_interrupt(problem):
            return _interrupted()
        tell_problem(problem, as_json=as_json)
        return ExitCode.MISTAKE


def _interrupted() -> ExitCode:
    sys.stderr.write("\nInterrupted.\n")
    return ExitCode.INTERRUPTED


def _came_of_an_interrupt(problem: BaseException | None) -> bool:
    """Whether Ctrl-C is behind it: a library it struck in the middle of something may report that instead."""
    while problem is not None:
        if isinstance(problem, KeyboardInterrupt):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
