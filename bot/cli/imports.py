"""`slate ingest` and `slate reindex`: files from before Slate come into the memory, old ones are read with a better reader."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from bot.cli.options import As, AsJson

if TYPE_CHECKING:
    from core.desk import Desk
    from core.importing.attribution import Terms
    from core.importing.progress import ImportProgress
    from core.importing.sources import Source
    from storage.tables import Intake, Member

_EVERY = 2.0
"""Seconds between two looks at how far the background is, and between two rounds over a watched place."""


def ingest(
    place: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folders, ZIP files, or s3://bucket/prefix.")],
    rule: Annotated[
        list[str],
        typer.Option("--rule", "-r", metavar="PATTERN", help="How paths name client and shot: {client}/{project}/{shot}_*."),
    ] = [],  # noqa: B006  (Typer wants a literal)
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who made all of it, if it was one person.")] = "",
    project: Annotated[str, typer.Option("--project", "-p", metavar="PROJECT", help="The project all of it was made for.")] = "",
    owner: Annotated[
        bool, typer.Option("--owner", help="A file's owner on this system made it, where that is a known member.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Keep importing what appears there, until interrupted.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Try again to read files that could not be read.")] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Return when everything can be found; thumbnails follow in the background.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write what could not be read there, a JSON line each.")
    ] = None,
    as_name: As = "",
    as_json: AsJson = False,
) -> None:
    """Import files from before Slate. They are not changed, and a second run imports only what is new.

    \b
    slate ingest /renders --rule "{client}/{project}/**/{shot}_*"
    slate ingest ComfyUI/output --by "Mia Chen" --project acme-spring --watch
    """
    from bot import schemas
    from bot.cli.answer_output import print_json
    from bot.cli.open_desk import opened
    from bot.cli.run_line import sit_down
    from core.importing import scan, sources
    from core.schemas.imports import ImportList
    from storage.files import imports

    with opened() as desk:
        member = sit_down(desk, as_name).member
        endpoint, closed = desk.settings.s3_endpoint, sources.closed_places(desk.settings)
        found = [sources.open_place(one, s3_endpoint=endpoint, closed=closed) for one in place]
        terms = _terms(desk, rule, by, project, owner)
        file = _opened(report)
        taken = [scan.read(desk, one, by=member, terms=terms, again=again, tell=_shown(as_json)) for one in found]
        if not no_wait:
            _finish(desk, as_json)
        if watch:
            _say(f"Watching {', '.join(place)}; Ctrl-C ends it.")
            _watch(desk, list(zip(taken, found, strict=True)), member, terms)
        with desk.reading() as session:
            told = [
                schemas.of_import(imports.by_code(session, one.code) or one, imports.count_waiting(session, one.id))
                for one in taken
            ]
        _report(desk, taken, file, as_json)
    if as_json:
        print_json(told[0] if len(told) == 1 else ImportList(ingests=told))


def _terms(desk: Desk, rule: list[str], by: str, project: str, owner: bool) -> Terms:
    from core.errors import UnknownMember
    from core.importing.attribution import Terms, rules_of
    from core.people import projects
    from core.text import names
    from storage.people import members

    with desk.reading() as session:
        maker = members.by_key(session, names.key(by)) if by else None
        if by and maker is None:
            near = names.nearest(by, [one.name for one in members.everybody(session)])
            raise UnknownMember(f"There is nobody called `{by[:60]}`.", suggestions=near)
        return Terms(rules_of(rule), maker, projects.find(session, project) if project else None, owner)


def _finish(desk: Desk, as_json: bool) -> None:
    """Wait for the background to finish what was found, or do it here where nobody else does."""
    from core.importing import second_phase
    from core.importing.progress import Pace
    from storage.files import imports
    from storage.queue import ARCHIVE

    with desk.reading() as session:
        total = imports.count_waiting(session)
    pace, tell = Pace("finishing", total), _shown(as_json)
    if not desk.queue.is_served(ARCHIVE):
        second_phase.finish_all(desk, tell=lambda done: tell(pace.add(done - pace.done)))
        return
    while total:
        with desk.reading() as session:
            left = imports.count_waiting(session)
        tell(pace.add(max(0, total - left - pace.done)))
        if not left:
            return
        time.sleep(_EVERY)


def _watch(desk: Desk, watched: list[tuple[Intake, Source]], member: Member, terms: Terms) -> None:
    """Round after round until interrupted; what is still being written is left for the next round."""
    from core.importing import scan, second_phase
    from storage.queue import ARCHIVE

    seen: scan.States = {}
    while True:
        try:
            time.sleep(_EVERY)
            for intake, one in watched:
                scan.read_again(desk, intake, one, by=member, terms=terms, seen=seen)
            if not desk.queue.is_served(ARCHIVE):
                second_phase.finish_all(desk)
        except KeyboardInterrupt:
            return


def _shown(as_json: bool) -> Any:
    """Progress on standard error: one line that is rewritten at a terminal, a line every ten seconds anywhere else."""
    last = [0.0]

    def tell(progress: ImportProgress) -> None:
        now, at_terminal = time.monotonic(), sys.stderr.isatty()
        finished = progress.done >= progress.total
        if as_json or (now - last[0] < (0.2 if at_terminal else 10.0) and not finished):
            return
        last[0] = now
        sys.stderr.write(("\r\x1b[K" if at_terminal else "") + line_of(progress) + ("" if at_terminal and not finished else "\n"))
        sys.stderr.flush()

    return tell


def line_of(progress: ImportProgress) -> str:
    """`reading 1,200 of 20,000 · 240 files/s · 310 MB/s · 1 min 18 s left`."""
    from bot.formatting import duration

    parts = [f"{progress.phase} {progress.done:,} of {progress.total:,}", f"{progress.rate:,.0f} files/s"]
    parts += [f"{progress.byte_rate / 1e6:,.0f} MB/s"] if progress.byte_rate else []
    parts += [f"{duration(progress.seconds_left)} left"] if progress.seconds_left and progress.done < progress.total else []
    return " · ".join(parts)


def _opened(path: Path | None) -> TextIO | None:
    """The report's file, opened before anything is read. Raises BadInput."""
    from core.errors import BadInput

    try:
        return path.open("w", encoding="utf-8") if path else None
    except OSError as problem:
        raise BadInput(f"The report cannot be written to {path}: {problem.strerror}.", hint="Name another file.") from problem


def _report(desk: Desk, taken: list[Intake], file: TextIO | None, as_json: bool) -> None:
    from bot.commands.imports import readable
    from storage.files import imports

    told = 0
    for intake in taken:
        after = 0
        while True:
            with desk.reading() as session:
                page = imports.refused(session, intake.id, after=after)
            for one in page:
                if file:
                    file.write(json.dumps({"place": one.place, "problem": one.problem}) + "\n")
                elif told < 20 and not as_json:
                    _say(f"  {readable(one.place)}: {one.problem}")
                told += 1
            if len(page) < 1_000:
                break
            after = page[-1].id
    if file:
        file.close()
    if not as_json:
        _summary(desk, taken)


def _summary(desk: Desk, taken: list[Intake]) -> None:
    from core.importing import unread
    from storage.files import imports

    with desk.reading() as session:
        for one in (imports.by_code(session, intake.code) or intake for intake in taken):
            print(
                f"{one.code}: {one.taken:,} taken in, {one.known:,} known already, {one.refused:,} not readable,"
                f" {one.passed:,} of other kinds. `slate ingests {one.code}` tells more."
            )
            if told := unread.of_intake(session, one.id).sentence():
                print(told)


def _say(text: str) -> None:
    """A line at the terminal, with nothing in it that a terminal would obey: names of files are written by others."""
    from bot.command_text import clean

    sys.stderr.write(clean(text).encode("utf-8", "replace").decode() + "\n")


def reindex(
    everything: Annotated[bool, typer.Option("--all", help="Read everything again, not only what an older reader read.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the stored metadata again with the current reader, compute missing keypoints, and rebuild the search index."""
    from bot.cli.answer_output import print_json
    from bot.cli.open_desk import opened
    from core.files import reparse
    from core.recognition import keypoint_match
    from core.schemas.operations import ReindexSchema
    from storage import search

    with opened() as desk:
        changed = reparse.read_again(desk, everything=everything)
        looked_at = keypoint_match.note(desk)
        indexed = search.reindex(desk.database)
    if as_json:
        print_json(ReindexSchema(changed=changed, indexed=indexed, looked_at=looked_at))
    else:
        print(f"{changed:,} were read differently, {indexed:,} are in the index, keypoints of {looked_at:,} were computed.")
