"""The audit log is a chain: whatever somebody edits, deletes, reorders or cuts off is found, on both databases."""

from __future__ import annotations

import base64
import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from core.audit import check, checkpoints
from core.desk import Desk
from core.events import Event, record
from core.events.actions import Action
from storage.people import audit, members
from storage.people.audit_line import hash_of
from storage.tables import AuditEvent, Member, Role

EVENTS = 24
CASES = int(os.environ.get("AUDIT_CASES", "20"))
"""Random changes of each kind."""
_KINDS = (Action.CLIENT_ADDED, Action.ASSET_TAGGED, Action.MEMBER_JOINED)


@pytest.fixture
def kit(desk: Desk) -> Member:
    with desk.writing() as session:
        return members.add(session, "Kit", "kit", Role.ADMIN)


def fill(desk: Desk, kit: Member, count: int = EVENTS) -> None:
    """So many events, a few to a transaction, with all that JSON can hold."""
    dice = random.Random(7)
    left = count
    while left:
        with desk.writing() as session:
            for _ in range(min(left, dice.randint(1, 4))):
                number = count - left
                after = {"name": f"Ünïcode 🖼 {number}", "count": number, "share": number / 7, "list": [1, None, True, {"b": "a"}]}
                before = {"name": ""} if number % 2 else {}
                record(session, Event(_KINDS[number % 3], f"client/c-{number}", by=kit, before=before, after=after))
                left -= 1


@pytest.fixture
def log(desk: Desk, kit: Member) -> Desk:
    """A log with a checkpoint at its end."""
    fill(desk, kit)
    assert checkpoints.write(desk) is not None
    return desk


def test_a_log_that_nobody_touched_is_intact(log: Desk, kit: Member) -> None:
    found = check.check(log)
    assert (found.intact, found.events, found.checkpoints, found.covered) == (True, EVENTS, 1, EVENTS), found.problems
    fill(log, kit, 5)
    found = check.check(log)
    assert (found.intact, found.events, found.covered) == (True, EVENTS + 5, EVENTS), found.problems


def test_an_event_is_part_of_its_transaction_and_a_failed_one_leaves_no_gap(log: Desk, kit: Member) -> None:
    def fail() -> None:
        with log.writing() as session:
            record(session, Event(Action.CLIENT_ADDED, "client/never", by=kit))
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail()
    fill(log, kit, 2)
    found = check.check(log)
    assert (found.intact, found.events) == (True, EVENTS + 2)


def test_transactions_at_once_get_their_places_one_after_the_other(log: Desk, kit: Member) -> None:
    def busy() -> None:
        for _ in range(5):
            with log.writing() as session:
                record(session, Event(Action.CLIENT_ADDED, f"client/{threading.get_ident()}", by=kit))
                record(session, Event(Action.CLIENT_ADDED, f"client/{threading.get_ident()}", by=kit))

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    found = check.check(log)
    assert (found.intact, found.events) == (True, EVENTS + 40), found.problems
    with log.reading() as session:
        rows = list(audit.in_order(session))
    assert [one.id for one in rows] == sorted(one.id for one in rows), "row numbers follow the chain"
    assert all(first.subject == second.subject for first, second in zip(rows[EVENTS::2], rows[EVENTS + 1 :: 2], strict=True))


def edit(session: Session, dice: random.Random) -> str:
    """Another value in one field of one row."""
    row = dice.randint(1, EVENTS)
    name, value = dice.choice(
        [
            ("action", "asset:made"), ("subject", f"client/x-{dice.random()}"), ("actor_id", None),
            ("after", json.dumps({"name": dice.random()})), ("before", json.dumps({"role": "admin"})), ("hash", "0" * 64),
            ("hash", ""), ("project_id", dice.randint(1, 99)), ("at", f"20{dice.randint(10, 25)}-03-04 05:06:07.000008+00:00"),
            ("number", dice.randint(-5, 0)), ("number", EVENTS + dice.randint(1, 9)), ("number", None),
        ]
    )  # fmt: skip
    _do(session, f"UPDATE auditevent SET {name} = :value WHERE number = :row", value=value, row=row)
    return f"{name} of {row}"


def edit_with_its_hash(session: Session, dice: random.Random) -> str:
    """As somebody who knows how the hash is made: one row, or all behind it, too."""
    row, whole = dice.randint(1, EVENTS), dice.random() < 0.5
    events = list(audit.in_order(session))
    head = audit.head(session)
    assert head is not None
    previous = events[row - 2].hash if row > 1 else head.origin
    for event in events[row - 1 :] if whole else [events[row - 1]]:
        subject = "client/forged" if event.number == row else event.subject
        digest = hash_of(audit.written(AuditEvent(**{**event._asdict(), "subject": subject}), previous))
        _do(session, "UPDATE auditevent SET subject = :subject, hash = :digest WHERE number = :row",
            subject=subject, digest=digest, row=event.number)  # fmt: skip
        previous = digest
    if whole:
        _do(session, "UPDATE audithead SET hash = :digest", digest=previous)
    return f"{row} {'and all behind it' if whole else 'alone'}"


def delete(session: Session, dice: random.Random) -> str:
    some = dice.sample(range(1, EVENTS + 1), dice.randint(1, 4))
    for row in some:
        _do(session, "DELETE FROM auditevent WHERE number = :row", row=row)
    if dice.random() < 0.5:  # and close the gap
        left = [one.number for one in audit.in_order(session)]
        for place, number in enumerate(left, 1):
            _do(session, "UPDATE auditevent SET number = :place WHERE number = :number", place=place, number=number)
    return str(some)


def reorder(session: Session, dice: random.Random) -> str:
    first, second = dice.sample(range(1, EVENTS + 1), 2)
    for number, place in ((first, 9999), (second, first), (9999, second)):
        _do(session, "UPDATE auditevent SET number = :place WHERE number = :number", place=place, number=number)
    if dice.random() < 0.5:  # the hashes stay where they were
        digests = [_value(session, "SELECT hash FROM auditevent WHERE number = :row", row=row) for row in (first, second)]
        for row, digest in zip((second, first), digests, strict=True):
            _do(session, "UPDATE auditevent SET hash = :digest WHERE number = :row", digest=digest, row=row)
    return f"{first} and {second}"


def cut_off(session: Session, dice: random.Random) -> str:
    """The end, with the head put back, as if it had never been."""
    left = dice.randint(0, EVENTS - 1)
    digest = _value(session, "SELECT hash FROM auditevent WHERE number = :row", row=left) or ""
    _do(session, "DELETE FROM auditevent WHERE number > :left", left=left)
    if dice.random() < 0.8:
        _do(session, "UPDATE audithead SET number = :left, hash = :digest", left=left, digest=digest)
    return f"behind {left}"


def add(session: Session, dice: random.Random) -> str:
    """A row that no Slate wrote: outside of the chain, before it, or at its end."""
    number = dice.choice([None, 0, -1, EVENTS + 1, EVENTS + 2])
    _do(session, "INSERT INTO auditevent (at, action, subject, before, after, number, hash) VALUES"
        " ('2026-03-04 05:06:07.000008+00:00', 'asset:made', 'A-7Q0D', '{}', '{}', :number, '')", number=number)  # fmt: skip
    return str(number)


def take_the_head(session: Session, dice: random.Random) -> str:
    sql = dice.choice(
        ["DELETE FROM audithead", "UPDATE audithead SET origin = :other", "UPDATE audithead SET number = number + 1"]
    )
    _do(session, sql, **({"other": "ab" * 32} if ":other" in sql else {}))
    return sql


def _value(session: Session, sql: str, **values: Any) -> Any:
    return session.connection().execute(text(sql), values).scalar()


def _do(session: Session, sql: str, **values: Any) -> None:
    session.connection().execute(text(sql), values)
    session.expire_all()


ACTS = (edit, edit_with_its_hash, delete, reorder, cut_off, add, take_the_head)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_whatever_is_done_to_the_log_is_found(log: Desk, act: Callable[[Session, random.Random], str]) -> None:
    missed = []
    with log.reading() as session:
        for seed in range(CASES):
            done = act(session, random.Random(seed))
            if check.examine(session, log.settings).intact:
                missed.append((seed, done))
            session.rollback()
            session.expire_all()
    assert missed == []
    assert check.check(log).intact


def test_an_edit_that_cannot_be_read_is_found_too(log: Desk) -> None:
    for name, value in (("after", "{"), ("at", "yesterday"), ("number", "soon")):
        with log.reading() as session:
            try:
                _do(session, f"UPDATE auditevent SET {name} = :value WHERE number = 5", value=value)
            except DBAPIError:
                assert not log.database.is_sqlite, "PostgreSQL alone refuses such a value"
            else:
                assert not check.examine(session, log.settings).intact, name
            session.rollback()


@pytest.mark.parametrize("change", ["number", "hash", "signature", "name", "empty", "binary"])
def test_a_checkpoint_that_was_changed_is_found(log: Desk, change: str) -> None:
    [(path, note)] = checkpoints.notes(log.settings)
    lines = note.split("\n")
    if change == "number":
        lines[1] = "3"
    elif change == "hash":
        lines[2] = base64.b64encode(b"x" * 32).decode()
    elif change == "signature":
        lines[5] = lines[5][:-8] + "AAAAAAA="
    elif change == "name":
        lines[0] = lines[0][:-1] + ("0" if lines[0][-1] != "0" else "1")
    path.write_bytes(b"" if change == "empty" else b"\xff\xfe" if change == "binary" else "\n".join(lines).encode())
    found = check.check(log)
    assert found.problems == [f"The file {path.name} is no checkpoint signed with this Slate's key."]


def test_a_checkpoint_is_a_signed_note_that_others_can_check(log: Desk) -> None:
    """Step by step as https://c2sp.org/signed-note says, with the public key alone."""
    [(_, note)] = checkpoints.notes(log.settings)
    name, identity, encoded = (checkpoints.folder(log.settings) / "key.txt").read_text().strip().split("+", 2)
    signed, _, signatures = note.partition("\n\n")
    dash, signer, signature = signatures.rstrip("\n").split(" ")
    raw, public = base64.b64decode(signature), base64.b64decode(encoded)
    assert (dash, signer, raw[:4].hex(), public[:1]) == ("—", name, identity, b"\x01")
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], f"{signed}\n".encode())
    with log.reading() as session:
        head = audit.head(session)
    assert head is not None
    assert signed.split("\n")[1:3] == [str(EVENTS), base64.b64encode(bytes.fromhex(head.hash)).decode()]


def test_a_checkpoint_is_made_once_a_day(log: Desk, kit: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkpoints.write_daily(log) is None
    fill(log, kit, 3)
    later = checkpoints.now() + checkpoints.EVERY * 1.1
    monkeypatch.setattr(checkpoints, "now", lambda: later)
    made = checkpoints.write_daily(log)
    assert made is not None
    assert made.name == f"checkpoint-{EVENTS + 3:012}.txt"
    assert check.check(log).checkpoints == 2


def test_an_empty_log_has_nothing_to_sign(desk: Desk) -> None:
    assert checkpoints.write(desk) is None
    assert check.check(desk).intact


def test_files_beside_the_checkpoints_do_not_matter(log: Desk) -> None:
    (checkpoints.folder(log.settings) / "notes.md").write_text("mine")
    assert check.check(log).intact
    assert Path(checkpoints.folder(log.settings)).is_dir()
