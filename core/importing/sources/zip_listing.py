"""Lists the members of a ZIP in the sandbox, from the end of the file alone, where a ZIP says what is in it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from core.errors import BadInput
from core.security.sandbox import sandboxed

MOST = 500_000
"""Members that are looked at."""
_FIRST_LOOK, _LONGEST = 1 << 20, 256 << 20
"""Bytes from the end that are looked at first, and at most."""
_LONGEST_NAME = 4_096
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
)
"""What zipfile raises on broken and foreign archives."""


@dataclass(frozen=True)
class ZipMember:
    """What the list of a ZIP says of a member. `offset` is where its own header begins, `crc` the CRC-32 of its bytes."""

    name: str
    size: int
    packed: int
    offset: int
    crc: int
    method: int
    locked: bool
    date: tuple[int, int, int, int, int, int]


@dataclass(frozen=True)
class ZipListing:
    """The members, or from where on the file must be seen to list them."""

    members: tuple[ZipMember, ...] = ()
    count: int = 0
    begins: int | None = None


def members_of(file: BinaryIO) -> ZipListing:
    """The first MOST members. Raises BadInput with what is wrong in a few words, and OSError."""
    size = file.seek(0, io.SEEK_END)
    seen = min(size, _FIRST_LOOK)
    for _ in range(3):
        file.seek(size - seen)
        told = listed(file.read(seen), size)
        if told.begins is None:
            return told
        seen = size - told.begins
        if not 0 < seen <= _LONGEST:
            break
    raise BadInput("its list of members is too long")


@sandboxed
def listed(end: bytes, size: int) -> ZipListing:
    """The members by the last bytes of a file of this size. Raises BadInput."""
    try:
        with zipfile.ZipFile(_End(end, size)) as archive:
            found = archive.infolist()
            return ZipListing(tuple(_member(one) for one in found[:MOST]), len(found))
    except _NotSeenError as problem:
        return ZipListing(begins=problem.begins)
    except _BROKEN as problem:
        raise BadInput((str(problem) or type(problem).__name__)[:200]) from problem


def _member(one: zipfile.ZipInfo) -> ZipMember:
    return ZipMember(
        name=one.filename[:_LONGEST_NAME],
        size=one.file_size,
        packed=one.compress_size,
        offset=one.header_offset,
        crc=one.CRC,
        method=one.compress_type,
        locked=bool(one.flag_bits & 0x1),
        date=one.date_time,
    )


class _NotSeenError(Exception):
    """What is asked for lies before the bytes that are there."""

    def __init__(self, begins: int) -> None:
        self.begins = begins
        super().__init__(begins)


class _End(io.RawIOBase):
    """A file of which only the end is there."""

    def __init__(self, end: bytes, size: int) -> None:
        self.end, self.size, self.at = end, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self.at = start + offset
        return self.at

    def read(self, size: int = -1) -> bytes:
        first = self.size - len(self.end)
        if self.at < first:
            raise _NotSeenError(self.at)
        found = self.end[self.at - first :][: size if size >= 0 else None]
        self.at += len(found)
        return found
