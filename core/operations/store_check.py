"""Looks after the store of files: every digest proven, what is missing or damaged told, what nobody needs found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.desk import Desk
from core.errors import StoreError
from storage.blobs import BlobBroken, BlobError, BlobNotFound
from storage.files import usage
from storage.files.usage import Needed

_LISTED = 1_000


@dataclass
class StoreReport:
    """What a round over the store found. Lists are cut at a thousand; counts are not."""

    blobs: int = 0
    size: int = 0
    missing: list[Needed] = field(default_factory=list)
    """Bytes that a row needs and that are not there."""
    damaged: list[str] = field(default_factory=list)
    """Digests whose bytes are others."""
    orphans: list[str] = field(default_factory=list)
    """Digests that no row needs."""
    orphan_size: int = 0
    orphan_count: int = 0

    @property
    def well(self) -> bool:
        return not self.missing and not self.damaged


def check_store(desk: Desk, *, quick: bool = False, tell: Callable[[int], None] = lambda _: None) -> StoreReport:
    """Compare the store with the rows, and read every blob to prove its digest (`quick`: do not read).

    Nothing is deleted or changed. Raises StoreError when the store cannot be listed, DatabaseUnavailable.
    """
    found, wanted = StoreReport(), dict[str, Needed]()
    with desk.reading() as session:
        for one in usage.needed(session):
            wanted.setdefault(one.digest, one)
        wanted_elsewhere = usage.other_digests(session)
    unseen = set(wanted)
    try:
        for digest, size in desk.blobs.every():
            found.blobs += 1
            found.size += size
            unseen.discard(digest)
            if not quick and not _is_whole(desk, digest):
                found.damaged += [digest] if len(found.damaged) < _LISTED else []
            if digest not in wanted and digest not in wanted_elsewhere:
                found.orphan_count += 1
                found.orphan_size += size
                found.orphans += [digest] if len(found.orphans) < _LISTED else []
            tell(found.blobs)
        found.missing = [wanted[digest] for digest in sorted(unseen) if not desk.blobs.has(digest)][:_LISTED]
    except BlobError as problem:
        raise StoreError("The file store cannot be looked through.", hint="`slate doctor` tells more.") from problem
    return found


def _is_whole(desk: Desk, digest: str) -> bool:
    try:
        desk.blobs.prove(digest)
    except BlobBroken:
        return False
    except BlobNotFound:
        pass  # gone since it was listed; what needs it is told as missing
    return True
