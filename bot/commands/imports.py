"""Imported files: the list of imports, and confirming their owners in bulk."""

from __future__ import annotations

from bot import command_text, formatting, schemas
from bot.cards import Answer, Button, Card, Field, Tone
from bot.commands import subjects
from bot.commands.command import Asked
from core.errors import MissingInput, UnknownMember, UnknownRender
from core.importing import unread
from core.importing.attribution import names_shot
from core.importing.confirm import Confirmation
from core.importing.confirm import confirm as confirm_all
from core.importing.sources.entries import path_of, shown
from core.people import projects
from core.people.roles import Permission, allow
from core.schemas.imports import ConfirmationSchema, ImportList, ReportLine
from core.search import ask
from core.text import names
from storage.files import imports
from storage.people import members
from storage.tables import Intake, Member

_TOGETHER = 200
"""Assets a transaction."""


def confirm(asked: Asked) -> Answer:
    """Confirm who made imported files, and for which project.

    Slate infers both from folders and metadata. Give ids, or a search, which asks before it changes anything. `maker:`, `into:`
    (a project) and `as:` (a shot) correct what was inferred. Only leads may confirm.
    /confirm A-7Q0D
    /confirm client:acme is:inferred sure:yes
    /confirm by:unknown before:2025 maker:"Mia Chen" sure:yes
    """
    codes = subjects.named(asked).codes
    question = "" if codes else asked.line.text(0)
    if not codes and not question:
        raise MissingInput("`confirm` needs ids or a search.", hint="Write /confirm A-7Q0D, or /confirm client:acme is:inferred.")
    understood: tuple[str, ...] = ()
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.CONFIRM, asked.place.project)
        if codes:
            found = [one.id for one in subjects.some_assets(session, asked)]
        else:
            asks, found = ask.matching(session, question, by=asked.member, project=asked.place.project)
            understood = asks.understood
            if asks.sentence:
                told = ConfirmationSchema(answer=asks.sentence, confirmed=[])
                return Answer(asks.sentence, chips=understood, private=True, schema=told)
        said = _said(asked)
    if not found:
        none = ConfirmationSchema(confirmed=[], found=0)
        return Answer("No matches, so nothing was confirmed.", chips=understood, private=True, schema=none)
    if not codes and not asked.switch("sure"):
        return _ask(asked, question, len(found), understood)
    return _confirmed(asked, found, said, understood)


def _said(asked: Asked) -> Confirmation:
    maker, into, shot = asked.option("maker"), asked.option("into"), asked.option("as")
    with asked.desk.reading() as session:
        project = projects.find(session, into) if into else None
    return Confirmation(_member(asked, maker) if maker else None, project, names_shot(shot) if shot else None)


def _member(asked: Asked, name: str) -> Member:
    with asked.desk.reading() as session:
        known = members.by_key(session, names.key(name))
        if known is None:
            near = names.nearest(name, [one.name for one in members.everybody(session)])
            raise UnknownMember(f"There is nobody called `{name[:60]}`.", suggestions=near, given=name[:60])
    return known


def _ask(asked: Asked, question: str, count: int, understood: tuple[str, ...]) -> Answer:
    """Say how many it would be, with a button that means it."""
    options = [(name, asked.option(name)) for name in ("maker", "into", "as") if asked.option(name)]
    more = "".join(f" {name}:{command_text.quote(value)}" for name, value in options)
    line = f"{question}{more} sure:yes"
    buttons = (Button("confirm", line, f"Confirm {count:,}", "primary"),) if len(line) <= 80 and "\n" not in line else ()
    card = Card(f"Confirm {count:,}?", fields=(Field("Command", f"/confirm {line}", short=False),), buttons=buttons)
    text = f"This would confirm **{count:,}**. Nothing has been changed yet."
    return Answer(text, (card,), private=True, chips=understood, schema=ConfirmationSchema(confirmed=[], found=count))


def _confirmed(asked: Asked, found: list[int], said: Confirmation, understood: tuple[str, ...]) -> Answer:
    changed: list[str] = []
    for at in range(0, len(found), _TOGETHER):
        with asked.desk.writing() as session:
            some = confirm_all(session, found[at : at + _TOGETHER], by=asked.member, said=said)
            changed += [one.code for one in some]
    left = len(found) - len(changed)
    rest = f" {left:,} needed no change." if left else ""
    text = f"Confirmed **{len(changed):,}**.{rest}" if changed else "No change: all of it was confirmed already."
    told = ConfirmationSchema(confirmed=changed, found=len(found))
    return Answer(text, chips=understood, private=not changed, schema=told)


def ingests(asked: Asked) -> Answer:
    """Show the imports: their progress, and which files could not be read.

    /ingests
    /ingests I-7Q0D
    """
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE, asked.place.project)
        if asked.line.words:
            return _one(asked, asked.line.word(0))
        every = imports.newest(session)
        waiting = {one.id: imports.count_waiting(session, one.id) for one in every}
    if not every:
        return Answer(
            "Nothing has been imported yet. `slate ingest FOLDER` imports a folder.", private=True, schema=ImportList(ingests=[])
        )
    shown = [schemas.of_import(one, waiting[one.id]) for one in every]
    cards = tuple(_card(one, waiting[one.id]) for one in every[:5])
    return Answer(f"The last {len(every)} imports.", cards, private=True, schema=ImportList(ingests=shown))


def _one(asked: Asked, code: str) -> Answer:
    with asked.desk.reading() as session:
        intake = imports.by_code(session, code)
        if intake is None:
            raise UnknownRender(f"There is no import `{code[:20]}`.", hint="/ingests lists them.")
        waiting = imports.count_waiting(session, intake.id)
        troubles = imports.refused(session, intake.id, limit=500)
        summary = unread.of_intake(session, intake.id).sentence()
    lines = ([summary] if summary else []) + [f"{readable(one.place)}: {one.problem}" for one in troubles]
    card = _card(intake, waiting, lines)
    report = [ReportLine(place=one.place, problem=one.problem, refused=one.state.value == "refused") for one in troubles]
    told = schemas.of_import(intake, waiting).model_copy(update={"report": report})
    return Answer(cards=(card,), private=True, schema=told)


def _card(intake: Intake, waiting: int, troubles: list[str] | None = None) -> Card:
    facts = [
        ("Scanned", f"{intake.seen:,} of {max(intake.total, intake.seen):,} files"),
        ("Imported", f"{intake.taken:,}"),
        ("Already known", f"{intake.known:,}"),
        ("Unreadable", f"{intake.refused:,}"),
        ("Skipped (other file types)", f"{intake.passed:,}"),
        ("Still processing", f"{waiting:,}"),
    ]
    fields = [Field(label, value) for label, value in facts if value != "0"]
    if troubles:
        fields.append(Field("Report", formatting.cut("\n".join(troubles[:20]), 3_000), short=False))
    state: Tone = "done" if intake.read_at and not waiting else "running"
    return Card(
        f"{intake.code} · {readable(intake.place)}", state, fields=tuple(fields), footer=formatting.when(intake.started_at)
    )


def readable(place: str) -> str:
    """An address as a person would write it."""
    if not place.startswith("file://"):
        return place
    address, mark, name = place.partition("!/")
    return shown(path_of(address)) + (f" › {name}" if mark else "")
