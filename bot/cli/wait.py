"""`--wait`: follow a render to its end and tell it, in words or in JSON."""

from __future__ import annotations

import sys
import time

import typer

from bot.cards import Answer
from bot.cli.answer_output import print_json, show
from bot.cli.error_output import ExitCode
from core.desk import Desk
from core.rendering import lifecycle
from storage.tables import Render, RenderState

_PAUSE = 0.2


def conclude(desk: Desk, answer: Answer, *, as_json: bool, wait: bool) -> None:
    """Print an Answer, or with `wait` the end of the render it asked for; ends the command with its exit code."""
    if wait and not answer.error:
        follow(desk, str(answer.data["render"]), as_json=as_json)
    else:
        show(answer, as_json=as_json, base_url=desk.settings.base_url)


def follow(desk: Desk, code: str, *, as_json: bool) -> None:
    """Wait until the render is over and show it; ends the command with 1 unless it is done.

    Ctrl-C ends the waiting, not the render.
    """
    if not desk.queue.ping():
        sys.stderr.write(f"{code} is saved and waits until Slate runs: `slate up` starts it.\n")
    try:
        _wait(desk, code)
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{code} is still running; `slate queue` shows it, `slate cancel {code}` ends it.\n")
        raise
    from bot import schemas
    from bot.show import render_card

    with desk.reading() as session:
        render = lifecycle.get(session, code)
        told, card = schemas.of_render(session, render), render_card(session, render)
    if as_json:
        print_json(told)
    else:
        from bot.cli.terminal_output import print_answer

        print_answer(Answer(cards=(card,)), desk.settings.base_url)
    if render.state is not RenderState.DONE:
        raise typer.Exit(ExitCode.FAILED)


def _wait(desk: Desk, code: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[label]}", markup=False))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(code, total=1.0, label="")
        while not (render := _look(desk, code)).state.over:
            bar.update(task, completed=render.progress, label=_label(desk, render))
            time.sleep(_PAUSE)


def _look(desk: Desk, code: str) -> Render:
    with desk.reading() as session:
        return lifecycle.get(session, code)


def _label(desk: Desk, render: Render) -> str:
    if render.state is RenderState.RUNNING:
        return render.progress_label
    with desk.reading() as session:
        standing = lifecycle.standing(session, render)
    return f"number {standing.position} in line: {standing.reason}"
