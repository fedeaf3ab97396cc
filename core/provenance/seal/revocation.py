"""Which certificates are withdrawn: by number in keys/revoked.txt, and by revocation lists (CRL) kept as keys/*.crl.

Nobody is asked over the network. An answer of the authority that stands in the file itself (OCSP, as C2PA staples it) is checked
by c2pa, and says the same as a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509

from core.errors import BadInput
from storage.blobs import digest_of

OCSP = "signingCredential.ocsp.revoked"
"""What c2pa says where an answer inside the file tells it."""


@dataclass(frozen=True)
class List:
    """One revocation list: serial number -> when its certificate was withdrawn."""

    issuer: str
    entries: Mapping[str, datetime] = field(repr=False)
    next_update: datetime | None

    def is_old(self, now: datetime) -> bool:
        """Whether its authority has promised a newer one for an earlier day."""
        return self.next_update is not None and self.next_update < now

    @classmethod
    def of(cls, data: bytes) -> List:
        """Read one, PEM or DER. Raises BadInput for what is none."""
        try:
            read = x509.load_pem_x509_crl(data) if b"-----BEGIN" in data[:4096] else x509.load_der_x509_crl(data)
            entries = {str(one.serial_number): one.revocation_date_utc for one in read}
            return cls(read.issuer.rfc4514_string(), entries, read.next_update_utc)
        except ValueError as problem:
            raise BadInput("This is no revocation list.", hint="It must be a CRL, PEM or DER.") from problem


@dataclass(frozen=True)
class Withdrawn:
    """Everything that is no longer to be believed; certificates are told by their numbers, which authorities draw at random."""

    numbers: frozenset[str] = frozenset()
    lists: tuple[List, ...] = ()

    def covers(self, serial: str, time: str = "") -> bool:
        """Whether a file signed with this certificate is not to be believed; `time` is its time stamp, empty where there is none.

        What a list withdraws later than a time stamp proves stays good; a number in revoked.txt counts whenever it signed.
        """
        if serial in self.numbers:
            return True
        since = [one.entries[serial] for one in self.lists if serial in one.entries]
        stamped = _moment(time)
        return bool(since) and (stamped is None or stamped >= min(since))


def withdrawn(folder: Path) -> Withdrawn:
    """What the keys folder says; a list that cannot be read counts for nothing here, and the doctor says so."""
    lists = []
    for path in sorted(folder.glob("*.crl")):
        try:
            lists.append(read(path))
        except BadInput:
            continue
    return Withdrawn(_numbers(folder / "revoked.txt"), tuple(lists))


def read(path: Path) -> List:
    """The list in a file, remembered until the file changes. Raises BadInput."""
    try:
        age = path.stat().st_mtime_ns
        return _list(path, age)
    except OSError as problem:
        raise BadInput(f"{path.name} cannot be read: {problem.strerror}.", hint="Check the file and its rights.") from problem


def keep(folder: Path, data: bytes) -> tuple[List, Path]:
    """Put a list into the keys folder, in the place of an older one by the same authority. Raises BadInput."""
    found = List.of(data)
    path = folder / f"{digest_of(found.issuer.encode())[:16]}.crl"
    try:
        beside = path.with_suffix(".new")
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as problem:
        raise BadInput(f"{path.name} cannot be written: {problem.strerror}.", hint="Check the folder's rights.") from problem
    return found, path


@lru_cache(maxsize=32)
def _list(path: Path, _age: int) -> List:
    return List.of(path.read_bytes())


def _numbers(path: Path) -> frozenset[str]:
    """A number a line; what follows it is a note."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))


def _moment(time: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(time)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
