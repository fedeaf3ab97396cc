"""The commands of chat at the terminal: render, queue, cancel, find, whatis, approve, reject, tag, lineage, workflows, help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import As, AsJson, InProject, Wait, Words
from bot.cli.run_line import Terminal, attachment, converse, line, option_in, sit_down

app = typer.Typer(rich_markup_mode=None)


@app.command()
def render(
    workflow: Annotated[str, typer.Argument(help="Its name; `name@3` is an older version of it.")],
    words: Annotated[list[str], typer.Argument(metavar="[NAME=VALUE | WORDS]...")] = [],  # noqa: B006  (Typer wants a literal)
    project: InProject = "",
    shot: Annotated[str, typer.Option("--shot", "-s", metavar="SHOT", help="Which picture of the project, such as sh010.")] = "",
    wait: Wait = False,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="Asked twice under one key, it is rendered once.")] = "",
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Ask for a render: inputs as name=value, the prompt as plain words, a local picture as name=@file.

    \b
    slate render text-to-image "hero shoe, low sun" seed=7 --wait
    slate render image-to-image image=@sketch.png prompt="as a photograph" --project acme-spring --shot sh010
    """
    from bot.cli.open_desk import opened
    from bot.cli.wait import conclude

    with opened() as desk:
        terminal = sit_down(desk, as_name)
        options = [(name, value) for name, value in (("project", project), ("shot", shot)) if value]
        said = _with_pictures(terminal, workflow, words, project)
        answer = terminal.say(line(f"render {workflow}", said, options), key=key)
        conclude(desk, answer, as_json=as_json, wait=wait)


def _with_pictures(terminal: Terminal, workflow: str, words: Sequence[str], project: str) -> list[str]:
    """The words with each `name=@file` of a picture input uploaded and named by its id; anywhere else an @ is only an @."""
    if not any(option_in(word)[1].startswith("@") for word in words):
        return list(words)
    from bot.commands.command import spelled
    from bot.commands.inputs import spellings
    from core import workflows as recipes

    with terminal.desk.reading() as session:
        _, version = recipes.find(session, workflow)
        known = spellings(recipes.inputs_of(version))
    said = []
    for word in words:
        name, value = option_in(word)
        spec = known.get(spelled(name))
        if spec is not None and spec.kind == "picture" and value.startswith("@") and len(value) > 1:
            word = f"{name}={_upload(terminal, Path(value[1:]).expanduser(), project)}"
        said.append(word)
    return said


def _upload(terminal: Terminal, path: Path, project: str) -> str:
    """The id of the Asset that a local file became."""
    from core.files import uploads
    from core.people import projects

    with terminal.desk.reading() as session:
        where = projects.find(session, project) if project else projects.default(session)
    file = attachment(terminal.desk, path)
    return uploads.keep(terminal.desk, file.sha256, file.filename, by=terminal.member, project=where).code


@app.command()
def queue(
    mine: Annotated[bool, typer.Option("--mine", help="Only your own.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 15,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Show what runs and what waits, in order, and why it waits."""
    options = [("limit", str(limit)), *([("mine", "yes")] if mine else [])]
    converse(line("queue", [], options), as_name=as_name, as_json=as_json)


@app.command()
def cancel(
    render: Annotated[list[str], typer.Argument(metavar="RENDER...", help="Ids, or `all` for every one of yours.")],
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Cancel renders that wait or run, without touching any other."""
    converse(line("cancel", render), as_name=as_name, as_json=as_json)


@app.command()
def find(
    question: Annotated[list[str], typer.Argument(metavar="QUESTION...")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=25, help="How many cards are shown; JSON has all of them.")] = 5,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Search what the team has made, by a question or by words and conditions such as by: client: status: before:.

    \b
    slate find "who made the depth shot for Acme"
    slate find hero shoe by:mia status:approved after:march
    """
    converse(f"find limit:{limit} {' '.join(question)}", as_name=as_name, as_json=as_json)


@app.command()
def whatis(
    subject: Annotated[str, typer.Argument(metavar="FILE", help="A picture, or the id of one.")],
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Say where a picture came from, even when all its metadata is gone."""
    by_id = subject[:2].upper() in ("A-", "R-") and not Path(subject).exists()
    text, files = (f"whatis {subject}", []) if by_id else ("whatis", [Path(subject)])
    converse(text, as_name=as_name, as_json=as_json, attach=files)


@app.command()
def verify(
    subject: Annotated[str, typer.Argument(metavar="FILE", help="A file, its address on the web, or the id of an asset.")],
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Check who signed a file, whether it is whole, and what it was made from."""
    named = "://" in subject or (subject[:2].upper() in ("A-", "R-") and not Path(subject).exists())
    text, files = (f"verify {subject}", []) if named else ("verify", [Path(subject)])
    converse(text, as_name=as_name, as_json=as_json, attach=files)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The copy that lost its metadata.")],
    of: Annotated[str, typer.Option("--of", metavar="ID", help="Which picture it is, where its looks alone cannot tell.")] = "",
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Give a copy that lost its metadata its credentials back; the answer has the link to it."""
    converse(f"restore {of}".strip(), as_name=as_name, as_json=as_json, attach=[file])


Subjects = Annotated[
    list[str], typer.Argument(metavar="ID... [NOTE]", help="Assets or renders; what comes after is kept as a note.")
]
Undo = Annotated[bool, typer.Option("--undo", help="Take your own verdict back.")]


@app.command()
def approve(subject: Subjects, undo: Undo = False, as_name: As = "", as_json: AsJson = False) -> None:
    """Say that a picture may be delivered: a lead's word decides, everybody else's is a vote."""
    _judge("approve", subject, undo, as_name, as_json)


@app.command()
def reject(subject: Subjects, undo: Undo = False, as_name: As = "", as_json: AsJson = False) -> None:
    """Say that a picture is not to be used: a lead's word decides, everybody else's is a vote."""
    _judge("reject", subject, undo, as_name, as_json)


def _judge(command: str, subject: list[str], undo: bool, as_name: str, as_json: bool) -> None:
    options = [("undo", "yes")] if undo else []
    converse(line(command, subject, options), as_name=as_name, as_json=as_json)


@app.command()
def tag(
    subject: Annotated[str, typer.Argument(metavar="ID")],
    words: Words,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Put words on a picture, to find it by; what the shell keeps together is one tag, such as `low-sun`."""
    converse(line("tag", [subject, *("-".join(word.split()) for word in words)]), as_name=as_name, as_json=as_json)


@app.command()
def lineage(subject: Annotated[str, typer.Argument(metavar="ID")], as_name: As = "", as_json: AsJson = False) -> None:
    """Show what a picture was made from, and what was made from it."""
    converse(line("lineage", [subject]), as_name=as_name, as_json=as_json)


@app.command()
def workflows(
    name: Annotated[str, typer.Argument(help="One of them, to see its inputs.")] = "", as_name: As = "", as_json: AsJson = False
) -> None:
    """List the workflows, or the inputs of one."""
    converse(line("workflows", [name] if name else []), as_name=as_name, as_json=as_json)


@app.command("help")
def helping(
    command: Annotated[str, typer.Argument(help="The command to explain.")] = "", as_name: As = "", as_json: AsJson = False
) -> None:
    """Explain the commands as chat knows them; `slate COMMAND --help` explains the command line."""
    converse(line("help", [command] if command else []), as_name=as_name, as_json=as_json)
