"""Files that were put into the room and are not sent yet: how many a member may have, and what becomes of those nobody sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from core.desk import Desk
from core.errors import Conflict, DiskFull, StoreError
from core.people.roles import Permission, allow
from storage.blobs import BlobError, BlobStoreFull
from storage.clock import now
from storage.files import usage, waiting_uploads
from storage.tables import Member

log = structlog.get_logger(__name__)

HOURS = 24
"""How long a file waits to be sent; its receipt is good for no longer."""
_MARGIN = timedelta(hours=1)
"""How much later it is deleted, so that nothing is sent while it goes."""
_TOGETHER = 200
_NEARLY = 0.8


@dataclass(frozen=True)
class UnsentFiles:
    """What a member has waiting, of how much: bytes."""

    used: int
    most: int

    @property
    def warning(self) -> str:
        """A sentence from four fifths on; empty before."""
        if self.used < self.most * _NEARLY:
            return ""
        return (
            f"You have {self.used >> 20} of {self.most >> 20} MiB waiting that you did not send. Beyond that no file is taken "
            f"until you send them or they are deleted, {HOURS} hours after they came."
        )


def check(desk: Desk, size: int, *, by: Member) -> UnsentFiles:
    """What a member has waiting once a file of so many bytes comes. Raises Conflict when that is more than may be."""
    most = desk.settings.waiting_uploads_mb << 20
    with desk.reading() as session:
        used = waiting_uploads.size_of(session, by.id or 0) + size
    if used > most:
        raise Conflict(
            f"You have put {(used - size) >> 20} MiB into the room that you did not send; {most >> 20} MiB is the most.",
            hint=f"Send them, or wait: what is not sent is deleted after {HOURS} hours.",
            used=used - size,
            most=most,
        )
    return UnsentFiles(used, most)


def keep(desk: Desk, data: bytes, *, by: Member) -> tuple[str, UnsentFiles]:
    """Store a file that waits to be sent: its digest, and what its owner has waiting now.

    Raises Refused, Conflict when too much waits, DiskFull, StoreError.
    """
    with desk.reading() as session:
        allow(session, by, Permission.FIND, None)  # whoever may ask may show what it is about; only core makes an input of it
    held = check(desk, len(data), by=by)
    try:
        digest = desk.blobs.put(data)
    except BlobStoreFull as problem:
        raise DiskFull(hint="Nothing was kept. Free some room and send it again.") from problem
    except BlobError as problem:
        raise StoreError("The file could not be stored.", hint="Send it again in a moment.") from problem
    note(desk, digest, len(data), by=by)
    return digest, held


def note(desk: Desk, sha256: str, size: int, *, by: Member) -> None:
    """A file that has come waits from now on."""
    with desk.writing() as session:
        waiting_uploads.add(session, sha256, size, by.id or 0)


def delete_old(desk: Desk) -> int:
    """Delete what waited too long and nothing else needs; how many files that were."""
    with desk.reading() as session:
        rows = waiting_uploads.before(session, now() - timedelta(hours=HOURS) - _MARGIN, _TOGETHER)
    if not rows:
        return 0
    digests = {one.sha256 for one in rows}
    with desk.writing() as session:
        waiting_uploads.forget(session, rows)
        unneeded = digests - waiting_uploads.used_elsewhere(session, digests)
        unneeded -= usage.other_digests(session) if unneeded else set()
    for digest in unneeded:
        try:
            desk.blobs.delete(digest)
        except BlobError as problem:
            log.warning("uploads.not-deleted", sha256=digest, problem=str(problem)[:200])
    log.info("uploads.deleted", files=len(unneeded))
    return len(unneeded)
