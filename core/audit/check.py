"""Checks the audit log: every event's hash, its place, the end of the chain, and the checkpoints that were signed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlmodel import Session

from core.audit import checkpoints
from core.audit.checkpoints import BadCheckpoint, Checkpoint
from core.desk import Desk
from core.settings import Settings
from storage.people import audit
from storage.people.audit_line import hash_of

MOST = 20
"""As many problems as are told; the others are counted."""


@dataclass
class Findings:
    """What a check found."""

    events: int = 0
    hash: str = ""
    """The hash of the last event."""
    checkpoints: int = 0
    covered: int = 0
    """The number of the last event that a checkpoint vouches for."""
    problems: list[str] = field(default_factory=list)
    count: int = 0
    """How many problems there are."""

    @property
    def intact(self) -> bool:
        return not self.count

    def add(self, problem: str) -> None:
        self.count += 1
        if len(self.problems) < MOST:
            self.problems.append(problem)


def check(desk: Desk) -> Findings:
    """Read the whole log as it is at this moment, and compare it with itself and with every checkpoint."""
    with desk.reading() as session:
        return examine(session, desk.settings)


def examine(session: Session, settings: Settings) -> Findings:
    """The same, as the session sees the log."""
    found = Findings()
    signed = _signed(settings, found)
    origin = _chain(session, found, signed)
    for one in signed:
        if one.origin != origin[:16]:
            found.add(f"The checkpoint of event {one.number} is of another log: the origin is not the same.")
        elif one.number > found.events:
            cut = f"The log ends at event {found.events}, but a checkpoint vouches for event {one.number}"
            found.add(f"{cut}: events were cut off.")
        found.covered = max(found.covered, one.number)
    return found


def _signed(settings: Settings, found: Findings) -> list[Checkpoint]:
    made = []
    for path, note in checkpoints.notes(settings):
        found.checkpoints += 1
        try:
            made.append(checkpoints.read(settings, note))
        except BadCheckpoint:
            found.add(f"The file {path.name} is no checkpoint signed with this Slate's key.")
    return made


def _chain(session: Session, found: Findings, signed: list[Checkpoint]) -> str:
    """Go along the chain; returns its origin."""
    head = audit.head(session)
    if head is None:
        found.add("The end of the log is not on record: the table `audithead` has no row.")
        return ""
    origin, count, digest = head.origin, head.number, head.hash
    vouched = {one.number: one.hash for one in signed}
    previous, last = origin, 0
    try:
        for event in audit.in_order(session):
            number = int(event.number or 0)
            if number != last + 1:
                _gap(found, last, number)
            if hash_of(audit.written(event, previous)) != event.hash:
                found.add(f"Event {number} ({event.action}, {event.subject}) is not as it was written, or not in its place.")
            if vouched.get(number, event.hash) != event.hash:
                found.add(f"Event {number} is not the one that a checkpoint was signed for.")
            previous, last = event.hash, number
    except (ValueError, TypeError, AttributeError) as problem:
        found.add(f"Events behind event {last} cannot be read: {str(problem)[:200]}")
    found.events, found.hash = last, previous if last else ""
    if (last, found.hash) != (count, digest):
        found.add(f"The log ends at event {last}, but its end is on record as event {count}: events were cut off or added.")
    if beside := audit.without_place(session):
        found.add(f"{beside} event{'s have' if beside != 1 else ' has'} no place in the chain: no Slate wrote them.")
    return origin


def _gap(found: Findings, last: int, number: int) -> None:
    first, end = last + 1, number - 1
    found.add(f"Event {first} is missing." if first == end else f"Events {first} to {end} are missing.")
