"""What the audit chain costs, and how fast it is checked.

    python -m benchmarks.audit_chain --events 100000

Baseline in the same run: the same events written as rows without a place in a chain. On SQLite in a temporary folder.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlmodel import Session

from core.audit import check
from core.desk import Desk
from core.settings import Settings
from storage.blobs import open_blobs
from storage.database import Database
from storage.people import audit
from storage.queue import Queue
from storage.tables import AuditEvent

ROUNDS = 400
Write = Callable[[Session, list[AuditEvent]], None]


def event(number: int) -> AuditEvent:
    facts = {"name": f"hero-{number}", "role": "lead", "reason": "for print, too"}
    return AuditEvent(action="asset:verdict", subject=f"A-{number}", before={}, after=facts)


def plainly(session: Session, events: list[AuditEvent]) -> None:
    session.add_all(events)
    session.flush()


def seconds(database: Database, write: Write) -> float:
    """The median CPU time of a transaction that writes one event."""
    taken = []
    for number in range(ROUNDS):
        begun = time.process_time()
        with database.writing() as session:
            write(session, [event(number)])
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--events", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        desk = Desk(settings, Database(settings.database), open_blobs(settings.blobs), Queue(settings.redis))
        desk.database.migrate()
        bare, chained = seconds(desk.database, plainly), seconds(desk.database, audit.append)
        print(
            f"one event a transaction: {chained * 1e3:.2f} ms chained, {bare * 1e3:.2f} ms as a bare row: {chained / bare:.2f} x"
        )
        with desk.database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM auditevent WHERE number IS NULL")
        for at in range(0, given.events, 1000):
            with desk.database.writing() as session:
                audit.append(session, [event(at + number) for number in range(1000)])
        begun = time.process_time()
        found = check.check(desk)
        taken = time.process_time() - begun
        assert found.intact
        print(f"checked: {found.events:,} events in {taken:.1f} s of CPU, {found.events / taken:,.0f} a second")
        desk.close()


if __name__ == "__main__":
    main()
