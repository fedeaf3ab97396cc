"""The first phase of an Intake: every file is read once, its facts are written and indexed; it can be found from then on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain

import structlog
from sqlmodel import Session

from core import files
from core.comfyui import facts as comfyui_facts
from core.comfyui.facts import PARSER, Facts
from core.desk import UNFIT, Desk
from core.errors import SlateError
from core.events import Event, record
from core.events.actions import Action
from core.files import Examined
from core.formats import completeness, kinds, png
from core.formats.sanitize import clean, clean_text
from core.importing import late_rules, late_sidecars, sidecars
from core.importing.attribution import Attribution, Attributor, Terms
from core.importing.progress import ImportProgress, Pace
from core.importing.sources import Source, SourceFile, Trouble, Unreadable
from core.importing.stream import Sifted, sift
from core.people.roles import Permission, allow
from storage.files import assets, imports
from storage.files.assets import AssetDraft
from storage.files.imports import ImportedFile
from storage.queue import ARCHIVE
from storage.tables import Asset, FoundState, Intake, Member, Origin

log = structlog.get_logger(__name__)

FINISH = "core.jobs.finish_found"
_TOGETHER = 200
"""Entries whose former state is looked up at once."""
_AHEAD = 4
"""Files that are read ahead, each at most 64 MiB."""
_BATCH = 200
_BATCH_BYTES = 8 << 20

_Item = SourceFile | Trouble
States = dict[str, tuple[int, int]]
"""Place of a file -> (size in bytes, time of its last change in nanoseconds)."""
_CUT = "it is cut off, or still being written"


@dataclass
class ScanOutcome:
    """One file that was looked at, on its way into the database."""

    entry: SourceFile
    state: FoundState = FoundState.WAITING
    sha256: str = ""
    examined: Examined | None = None
    problem: str = ""
    passed: bool = False


@dataclass
class _Batch:
    outcomes: list[ScanOutcome] = field(default_factory=list)
    weight: int = 0

    def add(self, one: ScanOutcome) -> None:
        self.outcomes.append(one)
        self.weight += sum(len(text.body) for text in one.examined.raw) if one.examined else 0

    @property
    def full(self) -> bool:
        return len(self.outcomes) >= _BATCH or self.weight >= _BATCH_BYTES


def read(
    desk: Desk,
    place: Source,
    *,
    by: Member,
    terms: Terms = Terms(),
    again: bool = False,
    tell: Callable[[ImportProgress], None] = lambda _: None,
) -> Intake:
    """Take in everything in a place; what was taken in before and has not changed since is not read again, and
    goes by these terms in all that nobody has confirmed.

    `again` has another look at what was refused. Raises Refused for who may not, DatabaseUnavailable; a file never raises.
    """
    with desk.reading() as session:
        allow(session, by, Permission.INGEST, None)
    total, size = _measured(place)
    with desk.writing() as session:
        intake = imports.begin(session, place.address, by.id, terms.as_json(), total, size)
        record(session, Event(Action.INTAKE_BEGUN, intake.code, by=by, after={"place": place.address, **terms.as_json()}))
    _read_on(desk, intake, place, Attributor(terms, by), Pace("reading", total, size), again, tell)
    with desk.writing() as session:
        imports.finish_reading(session, intake.id)
        return session.get_one(Intake, intake.id)


def read_again(desk: Desk, intake: Intake, place: Source, *, by: Member, terms: Terms, seen: States) -> None:
    """Look once more at a place that is watched, for what is new or has changed since.

    A file waits until two rounds have found it with the same size and time: it may still be written. `seen` is what the last
    round found, and is changed. What was known before is not counted again.
    """
    _read_on(desk, intake, place, Attributor(terms, by), Pace("reading", 0), False, lambda _: None, seen)


def _measured(place: Source) -> tuple[int, int]:
    """(files, bytes) in a place, by a walk that opens nothing."""
    total = size = 0
    for one in place.walk():
        total += 1
        size += one.size if isinstance(one, SourceFile) else 0
    return total, size


def _read_on(
    desk: Desk,
    intake: Intake,
    place: Source,
    attributor: Attributor,
    pace: Pace,
    again: bool,
    tell: Callable[[ImportProgress], None],
    seen: States | None = None,
) -> None:
    batch = _Batch()
    with ThreadPoolExecutor(1) as reader:
        for group in _grouped(sidecars.paired(place.walk())):
            fresh, left = _fresh(desk, group, again)
            if seen is not None:
                fresh = [one for one in fresh if _is_still(one, seen)]
            elif left:
                _grow(desk, intake, left)
                late_rules.attribute(desk, attributor, [one.entry for one in left])
                tell(pace.add(len(left), sum(one.entry.size for one in left)))
            for one, sifted in _ahead(reader, fresh):
                batch.add(_looked_at(desk, one, sifted))
                if batch.full:
                    _keep_each(desk, intake, attributor, batch.outcomes)
                    tell(pace.add(len(batch.outcomes), sum(done.entry.size for done in batch.outcomes)))
                    batch = _Batch()
    if batch.outcomes:
        _keep_each(desk, intake, attributor, batch.outcomes)
        tell(pace.add(len(batch.outcomes), sum(done.entry.size for done in batch.outcomes)))


def _ahead(reader: Executor, fresh: Sequence[_Item]) -> Iterator[tuple[_Item, Future[Sifted | None]]]:
    """Each file with its bytes, the next ones being read meanwhile: the disk need not wait for what is made of them."""
    running: deque[tuple[_Item, Future[Sifted | None]]] = deque()
    for one in fresh:
        running.append((one, reader.submit(_sifted, one)))
        if len(running) > _AHEAD:
            yield running.popleft()
    yield from running


def _sifted(one: _Item) -> Sifted | None:
    """The file's bytes, or None for what is passed over. Raises Unreadable."""
    if isinstance(one, Trouble):
        raise Unreadable(one.problem)
    with closing(one.pieces()) as pieces:
        head = next(pieces, b"")
        return sift(chain((head,), pieces)) if kinds.worth_keeping(head, one.name) else None


def _grouped(walk: Iterator[_Item]) -> Iterator[list[_Item]]:
    group: list[_Item] = []
    for one in walk:
        group.append(one)
        if len(group) == _TOGETHER:
            yield group
            group = []
    if group:
        yield group


def _fresh(desk: Desk, group: Iterable[_Item], again: bool) -> tuple[list[_Item], list[ScanOutcome]]:
    """What has to be read, and what is as it was when it was last looked at."""
    with desk.reading() as session:
        before = imports.looked_at(session, [one.place for one in group])
    fresh, left = list[_Item](), list[ScanOutcome]()
    for one in group:
        known = before.get(one.place)
        same = known is not None and isinstance(one, SourceFile) and (known.size, known.modified_ns) == (one.size, one.changed_ns)
        if known is None or not isinstance(one, SourceFile) or not same or (again and known.state is FoundState.REFUSED):
            fresh.append(one)
        else:
            left.append(ScanOutcome(one, FoundState.REFUSED if known.state is FoundState.REFUSED else FoundState.KNOWN))
    return fresh, left


def _is_still(one: _Item, seen: States) -> bool:
    """Whether a file is as the last round found it; what cannot be looked at is told at once."""
    if isinstance(one, Trouble):
        return True
    state = (one.size, one.changed_ns)
    before, seen[one.place] = seen.get(one.place), state
    return before == state


def _is_cut(sifted: Sifted, name: str) -> bool:
    """Whether the file ends before its own structure does; of a large film or PNG its parts tell."""
    if sifted.whole:
        return sifted.size > 0 and completeness.is_cut(sifted.kept, name)
    if sifted.kept[4:8] == b"ftyp":
        return b"moov" not in sifted.kept
    return png.is_png(sifted.kept) and not sifted.kept.endswith(b"IEND\xaeB`\x82")


def _looked_at(desk: Desk, one: _Item, bytes_of: Future[Sifted | None]) -> ScanOutcome:
    """One file, read; every problem with it becomes its one line in the report."""
    entry = SourceFile(one.place, one.place, 0, 0, _nothing) if isinstance(one, Trouble) else one
    try:
        sifted = bytes_of.result()
        if sifted is None:
            return ScanOutcome(entry, FoundState.REFUSED, passed=True)
        if _is_cut(sifted, entry.name):
            return ScanOutcome(entry, FoundState.REFUSED, problem=_CUT)
        examined = _examined(desk, entry, sifted)
    except Unreadable as problem:
        return ScanOutcome(entry, FoundState.REFUSED, problem=str(problem))
    except SlateError as problem:
        return ScanOutcome(entry, FoundState.REFUSED, problem=problem.message)
    except Exception as broken:  # (the edge: a file that breaks a reader must not stop the millions behind it)
        log.exception("intake.reader-broke", place=one.place)
        return ScanOutcome(entry, FoundState.REFUSED, problem=f"it broke the reader ({type(broken).__name__}); the log has more")
    told = " ".join(examined.problems)
    return ScanOutcome(entry, sha256=sifted.sha256, examined=examined, problem=told)


def _nothing() -> Generator[bytes, None, None]:
    yield from ()


def _examined(desk: Desk, entry: SourceFile, sifted: Sifted) -> Examined:
    limits = replace(files.limits_of(desk.settings), max_bytes=max(1, len(sifted.kept)))
    found = files.glance(sifted.kept, entry.name, limits=limits, sha256=sifted.sha256, beside=sidecars.read(entry))
    return replace(found, size=sifted.size)


def _keep_each(desk: Desk, intake: Intake, attributor: Attributor, outcomes: list[ScanOutcome]) -> None:
    """Together, or one by one where one of them says something that the database does not hold; that one is told."""
    try:
        _keep(desk, intake, attributor, outcomes)
    except UNFIT:
        attributor.forget()
        if len(outcomes) == 1:
            log.exception("intake.unfit", place=outcomes[0].entry.place)
            refused = ScanOutcome(
                outcomes[0].entry, FoundState.REFUSED, problem="it says something that the database does not hold"
            )
            _keep(desk, intake, attributor, [refused])
            return
        for one in outcomes:
            _keep_each(desk, intake, attributor, [one])


def _keep(desk: Desk, intake: Intake, attributor: Attributor, outcomes: list[ScanOutcome]) -> None:
    """One transaction for a few dozen files, and a job for what is left to do with them after it."""
    with desk.writing() as session:
        imports.one_at_a_time(session)
        known = imports.same_bytes(session, {one.sha256 for one in outcomes if one.examined})
        first: dict[str, int] = {}
        drafts: list[AssetDraft] = []
        for one in outcomes:
            if one.examined is not None and one.sha256 not in known and one.sha256 not in first:
                first[one.sha256] = len(drafts)
                drafts.append(_draft(one, one.examined, attributor.of(session, one.entry, one.examined.words)))
        made = assets.add_many(session, drafts) if drafts else []
        rows = known | {digest: made[at].id for digest, at in first.items()}
        fresh = set(first)
        for one in outcomes:
            if one.examined is not None:
                one.state = FoundState.WAITING if one.sha256 in fresh else FoundState.KNOWN
                fresh.discard(one.sha256)
        imports.note(session, intake.id, [_found(one, rows) for one in outcomes if not one.passed])
        _count(session, intake, outcomes)
        if made:
            desk.queue.put_after(session, ARCHIVE, FINISH, min(one.id for one in made), max(one.id for one in made))
    for one in outcomes:
        if one.examined is not None and one.state is FoundState.KNOWN:
            late_sidecars.add(desk, rows[one.sha256], one.examined.raw, one.entry.place)
    late_rules.attribute(desk, attributor, [one.entry for one in outcomes if one.state is FoundState.KNOWN])


def _found(one: ScanOutcome, rows: dict[str, int]) -> ImportedFile:
    return ImportedFile(
        place=one.entry.place,
        size=one.entry.size,
        modified_ns=one.entry.changed_ns,
        sha256=one.sha256,
        asset_id=rows.get(one.sha256) if one.examined else None,
        state=one.state,
        problem=clean_text(one.problem),
    )


def _grow(desk: Desk, intake: Intake, left: list[ScanOutcome]) -> None:
    with desk.writing() as session:
        _count(session, intake, left)


def _count(session: Session, intake: Intake, outcomes: list[ScanOutcome]) -> None:
    states = [one.state for one in outcomes if not one.passed]
    imports.grow(
        session,
        intake.id,
        seen=len(outcomes),
        seen_bytes=sum(one.entry.size for one in outcomes),
        taken=states.count(FoundState.WAITING),
        known=states.count(FoundState.KNOWN),
        refused=states.count(FoundState.REFUSED),
        passed=sum(one.passed for one in outcomes),
    )


def _draft(one: ScanOutcome, examined: Examined, whose: Attribution) -> AssetDraft:
    """An Asset whose bytes are where they were found; its small pictures and its looks are made later."""
    facts = examined.facts or Facts()
    asset = Asset(
        origin=Origin.INGEST,
        member_id=whose.member_id,
        project_id=whose.project_id,
        shot=whose.shot,
        sha256=examined.sha256,
        source_sha256=examined.sha256,
        filename=examined.filename,
        mime=examined.mime,
        size=examined.size,
        width=examined.width,
        height=examined.height,
        frames=examined.frames,
        seconds=examined.seconds,
        techniques=list(facts.techniques),
        models=clean(files.models_of(facts)),
        prompt=clean_text(facts.prompt),
        negative=clean_text(facts.negative),
        seed=facts.seed,
        facts=clean(facts.as_dict() | files.said_of(examined)),
        statement={},
        seal={},
        inferred=dict(whose.inferred),
        parser=PARSER,
        created_at=one.entry.modified,
    )
    sources = (
        comfyui_facts.digests_in(examined.graph) if examined.graph and "is_changed" in examined.words.get("prompt", "") else {}
    )
    return AssetDraft(asset, [one.kept() for one in examined.raw], sources)
