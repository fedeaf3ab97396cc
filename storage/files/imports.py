"""Named queries about Intakes and the files they came upon."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any, NamedTuple

from sqlalchemy import func, text, update
from sqlmodel import Session, col, or_, select

from storage import ids
from storage.clock import now
from storage.tables import Asset, FoundFile, FoundState, Intake
from storage.upsert import insert


class Before(NamedTuple):
    """How a file was when it was last looked at."""

    size: int
    modified_ns: int
    state: FoundState


@dataclass(frozen=True)
class ImportedFile:
    """A file as it was come upon, and what became of it; the Asset's number where it is one."""

    place: str
    size: int
    modified_ns: int
    sha256: str
    asset_id: int | None
    state: FoundState
    problem: str


_DOOR = 7528326


def one_at_a_time(session: Session) -> None:
    """Let only one transaction at a time take in files, so that two cannot take in the same bytes twice.

    Until the transaction ends. SQLite writes one at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:door)"), {"door": _DOOR})


def begin(session: Session, place: str, member_id: int, terms: Mapping[str, Any], total: int, total_bytes: int) -> Intake:
    intake = Intake(place=place, member_id=member_id, terms=dict(terms), total=total, total_bytes=total_bytes)
    session.add(intake)
    session.flush()
    return intake


def by_code(session: Session, code: str) -> Intake | None:
    row = ids.number("I", code)
    return session.get(Intake, row) if row is not None else None


def newest(session: Session, limit: int = 10) -> Sequence[Intake]:
    return session.exec(select(Intake).order_by(col(Intake.id).desc()).limit(limit)).all()


def grow(session: Session, intake_id: int, **more: int) -> None:
    """Add to an Intake's counts: `seen`, `taken`, `known`, `refused`, `passed`, `seen_bytes`."""
    values = {name: getattr(Intake, name) + number for name, number in more.items() if number}
    if values:
        session.connection().execute(update(Intake).where(col(Intake.id) == intake_id).values(values))


def finish_reading(session: Session, intake_id: int) -> None:
    session.connection().execute(update(Intake).where(col(Intake.id) == intake_id).values(read_at=now()))


def key_of(place: str) -> str:
    """What a place is known by."""
    return blake2s(place.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def looked_at(session: Session, places: Collection[str]) -> dict[str, Before]:
    """Place -> how it was, for those that any Intake has looked at."""
    by_key = {key_of(place): place for place in places}
    asked = select(FoundFile.place_key, FoundFile.size, FoundFile.modified_ns, FoundFile.state)
    found = session.exec(asked.where(col(FoundFile.place_key).in_(sorted(by_key))))
    return {by_key[key]: Before(size, modified, FoundState(state)) for key, size, modified, state in found}


def found_first_at(session: Session, places: Collection[str]) -> dict[str, int]:
    """Place -> Asset, for those places at which an Asset's bytes were found before anywhere else."""
    by_key = {key_of(place): place for place in places}
    here = select(FoundFile.asset_id).where(col(FoundFile.place_key).in_(sorted(by_key)), col(FoundFile.asset_id).is_not(None))
    first = select(func.min(FoundFile.id)).where(col(FoundFile.asset_id).in_(here)).group_by(col(FoundFile.asset_id))
    found = session.exec(select(FoundFile.place_key, FoundFile.asset_id).where(col(FoundFile.id).in_(first)))
    return {by_key[key]: number for key, number in found if key in by_key and number is not None}


def note(session: Session, intake_id: int, files: Sequence[ImportedFile]) -> None:
    """Write what became of files; a place that was looked at before has only its newest state."""
    rows = [
        {
            "intake_id": intake_id, "place_key": key_of(one.place), "place": one.place, "size": one.size,
            "modified_ns": one.modified_ns, "sha256": one.sha256, "asset_id": one.asset_id, "state": one.state,
            "problem": one.problem[:500],
        }
        for one in files
    ]  # fmt: skip
    if not rows:
        return
    asked = insert(session, FoundFile)
    changed = {name: asked.excluded[name] for name in rows[0] if name not in ("place", "place_key")}
    session.connection().execute(asked.on_conflict_do_update(index_elements=["place_key"], set_=changed), rows)


def same_bytes(session: Session, digests: Collection[str]) -> dict[str, int]:
    """Digest -> the oldest Asset that has these bytes, or had them before Slate's record was added."""
    wanted = sorted(set(digests))
    asked = select(Asset.id, Asset.sha256, Asset.source_sha256).where(
        or_(col(Asset.sha256).in_(wanted), col(Asset.source_sha256).in_(wanted))
    )
    found: dict[str, int] = {}
    for number, stored, came in session.exec(asked.order_by(col(Asset.id).desc())):
        found |= dict.fromkeys((stored, came), number or 0)
    return {digest: number for digest, number in found.items() if digest in set(wanted)}


def waiting(session: Session, after: int = 0, until: int = 2**31 - 1, limit: int = 50) -> Sequence[FoundFile]:
    """Files that are found but not finished, of the Assets with numbers above `after` and up to `until`, in their order."""
    number = col(FoundFile.asset_id)
    asked = select(FoundFile).where(FoundFile.state == FoundState.WAITING, number > after, number <= until)
    return session.exec(asked.order_by(number, col(FoundFile.id)).limit(limit)).all()


def count_waiting(session: Session, intake_id: int | None = None) -> int:
    asked = select(func.count()).select_from(FoundFile).where(FoundFile.state == FoundState.WAITING)
    asked = asked if intake_id is None else asked.where(FoundFile.intake_id == intake_id)
    return session.exec(asked).one()


def settle(session: Session, found_id: int, state: FoundState, problem: str = "") -> None:
    session.connection().execute(
        update(FoundFile).where(col(FoundFile.id) == found_id).values(state=state, problem=problem[:500])
    )


def refused(session: Session, intake_id: int, limit: int = 1_000, after: int = 0) -> Sequence[FoundFile]:
    """The files that could not be read, or not quite, each with its reason."""
    troubled = or_(FoundFile.state == FoundState.REFUSED, FoundFile.problem != "")
    asked = select(FoundFile).where(FoundFile.intake_id == intake_id, troubled, col(FoundFile.id) > after)
    return session.exec(asked.order_by(col(FoundFile.id)).limit(limit)).all()


def problems_like(session: Session, intake_id: int, part: str, limit: int = 10_000) -> Sequence[tuple[str, int]]:
    """(problem, how many files have it) of the problems that hold a text, the most frequent first."""
    many = func.count(col(FoundFile.id))
    asked = select(FoundFile.problem, many).where(FoundFile.intake_id == intake_id, col(FoundFile.problem).contains(part))
    return session.exec(asked.group_by(FoundFile.problem).order_by(many.desc()).limit(limit)).all()


def copies(session: Session, asset_id: int) -> Sequence[FoundFile]:
    """Where an Asset's bytes were found."""
    return session.exec(select(FoundFile).where(FoundFile.asset_id == asset_id).order_by(col(FoundFile.id)).limit(50)).all()
