"""How errors are told on the command line, in words or in JSON, and with which exit code."""

from __future__ import annotations

import json
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from typer.exceptions import TyperException

from bot.command_text import clean
from core import errors
from core.errors import SlateError

if TYPE_CHECKING:
    from bot.cards import Answer


class ExitCode(IntEnum):
    """Exit codes; documented in docs/cli.md."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    UNAVAILABLE = 5
    CONFLICT = 6
    MISTAKE = 70
    INTERRUPTED = 130


_CODES: tuple[tuple[type[SlateError], ExitCode], ...] = (
    (errors.UnknownCommand, ExitCode.USAGE),
    (errors.UnknownInput, ExitCode.USAGE),
    (errors.NotFound, ExitCode.NOT_FOUND),
    (errors.BadInput, ExitCode.USAGE),
    (errors.AuditBroken, ExitCode.FAILED),
    (errors.Refused, ExitCode.REFUSED),
    (errors.Conflict, ExitCode.CONFLICT),
    (errors.BackendUnreachable, ExitCode.UNAVAILABLE),
    (errors.BackendBusy, ExitCode.UNAVAILABLE),
    (errors.StoreError, ExitCode.UNAVAILABLE),
    (errors.CannotStart, ExitCode.UNAVAILABLE),
    (errors.BackendError, ExitCode.FAILED),
)


def code_of(kind: type[SlateError]) -> ExitCode:
    """The exit code for a kind of error."""
    return next((code for known, code in _CODES if issubclass(kind, known)), ExitCode.MISTAKE)


def code_named(name: str) -> ExitCode:
    """The exit code for an error's stable code, such as `unknown-workflow`."""
    kind = {kind.code: kind for kind in _every(SlateError)}.get(name)
    return code_of(kind) if kind else ExitCode.MISTAKE


def tell_error(problem: SlateError, *, as_json: bool) -> None:
    """Say it on standard error, or as `{error: {code, message, hint}}` on standard output."""
    tell({"code": problem.code, "message": problem.message, "hint": problem.hint}, as_json=as_json)


def tell_answer(answer: Answer, *, as_json: bool) -> ExitCode:
    """Tell an Answer that is an error; returns its exit code."""
    given = answer.data.get("error")
    said = {"code": answer.error, "message": answer.text, "hint": ""}
    if isinstance(given, Mapping):
        said |= dict(given)
    elif answer.cards:
        said |= {"message": answer.cards[0].title, "hint": answer.cards[0].text}
    tell(said, as_json=as_json)
    return code_named(answer.error)


def tell_usage(problem: TyperException, *, as_json: bool) -> int:
    """Tell wrong use of the command line itself."""
    told = problem.format_message().strip()
    if not told or type(problem).__name__ == "NoArgsIsHelpError":
        print(told)
        return ExitCode.USAGE
    context = getattr(problem, "ctx", None)
    hint = f"`{context.command_path} --help` shows how it is used." if context else "`slate --help` lists the commands."
    tell({"code": "usage", "message": told, "hint": hint}, as_json=as_json)
    return problem.exit_code


def tell_problem(problem: Exception, *, as_json: bool) -> None:
    """Tell of a mistake in Slate itself, with an id under which its details stand on standard error."""
    reference = secrets.token_hex(4)
    sys.stderr.write(f"[{reference}] {''.join(traceback.format_exception(problem))}")
    message = f"Something went wrong inside Slate ({reference})."
    tell({"code": "internal", "message": message, "hint": "Report it with the lines above."}, as_json=as_json)


def tell(error: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": in_own_words(error)}, ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text(at_terminal(clean(str(error["message"]))), "bold red"))
    if error.get("hint"):
        console.print(Text(at_terminal(clean(str(error["hint"])))))
    console.print(Text(f"({error['code']})", "dim"))


def in_own_words(error: Mapping[str, Any]) -> dict[str, Any]:
    """The error as JSON tells it: its hint with the command names of the terminal."""
    return {**error, "hint": at_terminal(str(error.get("hint") or ""))}


def at_terminal(text: str) -> str:
    """Chat's `/help` is `slate help` here."""
    return re.sub(r"(?<![\w/.:])/(?=[a-z-]+)(?![a-z-]*[/.])", "slate ", text)


def _every(kind: type[SlateError]) -> Iterator[type[SlateError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _every(below)
