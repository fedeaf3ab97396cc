"""Commands of chat that take local files or words in a way of the terminal: render, queue, find, whatis, verify, restore, tag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import As, AsJson, InProject, Wait, Words
from bot.cli.run_line import Terminal, attachment, converse, line, option_in, sit_down
from bot.command_text import clean


def render(
    workflow: Annotated[str, typer.Argument(help="Its name; `name@3` is an older version of it.")],
    words: Annotated[list[str], typer.Argument(metavar="[NAME=VALUE | WORDS]...")] = [],  # noqa: B006  (Typer wants a literal)
    project: InProject = "",
    shot: Annotated[str, typer.Option("--shot", "-s", metavar="SHOT", help="Which picture of the project, such as sh010.")] = "",
    wait: Wait = False,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="The same key asked for twice gives one render.")] = "",
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
    from core import workflows

    with terminal.desk.reading() as session:
        _, version = workflows.find(session, workflow)
        known = spellings(workflows.inputs_of(version))
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


def queue(
    mine: Annotated[bool, typer.Option("--mine", help="Only your own.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, max=100, help="How many at most, 15 if not given.")] = None,
    words: Annotated[list[str], typer.Argument(metavar="[NAME=VALUE]...", help="As in chat.")] = [],  # noqa: B006  (Typer)
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Show what runs and what waits, in order, and why it waits."""
    options = [*([("limit", str(limit))] if limit else []), *([("mine", "yes")] if mine else [])]
    converse(line("queue", words, options), as_name=as_name, as_json=as_json)


def find(
    question: Annotated[list[str], typer.Argument(metavar="QUESTION...")],
    limit: Annotated[int | None, typer.Option("--limit", min=1, max=25, help="How many are shown, 5 if not given.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Only show how the question is understood.")] = False,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Search what the team has made, by a question or by words and conditions such as by: client: status: before:.

    \b
    slate find "who made the depth shot for Acme"
    slate find hero shoe by:mia status:approved after:march
    """
    if explain:
        _explain(" ".join(question), as_name, as_json)
        return
    limited = f" limit:{limit}" if limit else ""
    converse(f"find {' '.join(question)}{limited}", as_name=as_name, as_json=as_json)


def _explain(question: str, as_name: str, as_json: bool) -> None:
    from bot.cli.answer_output import print_json
    from bot.cli.open_desk import opened
    from core.schemas.search import ExplainedSchema
    from core.search import ask

    with opened() as desk:
        member = sit_down(desk, as_name).member
        with desk.reading() as session:
            parts = ask.explain(session, question, by=member)
    if as_json:
        print_json(ExplainedSchema(questions=parts))
        return
    for part in parts:
        for name, value in part.items():
            said = ", ".join(value) if isinstance(value, list) else "yes" if value is True else str(value)
            print(f"{name:<14}{clean(said)}")
        print()


def whatis(
    subject: Annotated[str, typer.Argument(metavar="FILE", help="A picture, or the id of one.")],
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Say where a picture came from, even when all its metadata is gone."""
    by_id = subject[:2].upper() in ("A-", "R-") and not Path(subject).exists()
    text, files = (f"whatis {subject}", []) if by_id else ("whatis", [Path(subject)])
    converse(text, as_name=as_name, as_json=as_json, attach=files)


def verify(
    subject: Annotated[str, typer.Argument(metavar="FILE", help="A file, its address on the web, or the id of an asset.")],
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Check who signed a file, whether it is intact, and what it was made from."""
    named = "://" in subject or (subject[:2].upper() in ("A-", "R-") and not Path(subject).exists())
    text, files = (f"verify {subject}", []) if named else ("verify", [Path(subject)])
    converse(text, as_name=as_name, as_json=as_json, attach=files)


def restore(
    file: Annotated[Path, typer.Argument(help="The copy that lost its metadata.")],
    of: Annotated[str, typer.Option("--of", metavar="ID", help="Which asset it is, where it cannot be recognised.")] = "",
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Give a copy that lost its metadata its Content Credentials back, and link to the result."""
    converse(f"restore {of}".strip(), as_name=as_name, as_json=as_json, attach=[file])


def workflow(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="save, diff, versions, stable, rollback or deprecate.")],
    words: Annotated[list[str], typer.Argument(metavar="[FILE | NAME | ID | VERSION]...")] = [],  # noqa: B006  (Typer)
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What it is to be called; else the file's own name.")] = "",
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="What the list of workflows shows.")] = "",
    copy: Annotated[bool, typer.Option("--copy", help="Save it although it is a copy of another workflow.")] = False,
    allow: Annotated[
        bool, typer.Option("--allow", help="Allow nodes that run code, reach files or call out; for admins.")
    ] = False,
    hint: Annotated[str, typer.Option("--hint", metavar="TEXT", help="What to use instead of what is put away.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take stable or deprecate back.")] = False,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Save a workflow from a file or a result, compare its versions, or say which one is used.

    \b
    slate workflow save graph.json --name product-depth
    slate workflow save R-4F2K --name product-depth
    slate workflow diff product-depth 1 2
    """
    said, files = list(words), list[Path]()
    if action == "save" and said:
        by_id = said[0][:2].upper() in ("R-", "A-") and not Path(said[0]).exists()
        files = [] if by_id else [Path(said[0])]
        said = [name or (files[0].stem if files else ""), *([said[0]] if by_id else said[1:])]
    switches = [(one, "yes") for one, on in (("copy", copy), ("allow", allow), ("undo", undo)) if on]
    options = [*switches, *((one, text) for one, text in (("title", title), ("hint", hint)) if text)]
    converse(_said(action, said, options), as_name=as_name, as_json=as_json, attach=files)


def _said(action: str, words: Sequence[str], options: Sequence[tuple[str, str]]) -> str:
    """The line with every word on its own."""
    from bot.command_text import quote

    return " ".join(["workflow", action, *(quote(one) for one in words), *(f"{key}:{quote(value)}" for key, value in options)])


def tag(
    subject: Annotated[str, typer.Argument(metavar="ID")],
    words: Words,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Tag a picture, to find it again; each argument is one tag, such as `low-sun`."""
    converse(line("tag", [subject, *("-".join(word.split()) for word in words)]), as_name=as_name, as_json=as_json)


def untag(subject: Annotated[str, typer.Argument(metavar="ID")], words: Words, as_name: As = "", as_json: AsJson = False) -> None:
    """Remove tags from a picture; each argument is one tag."""
    converse(line("untag", [subject, *("-".join(word.split()) for word in words)]), as_name=as_name, as_json=as_json)
