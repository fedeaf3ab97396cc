"""A ZIP file: its members are read in place and never unpacked to a disk; what lies about its size is cut off."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Generator, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from core.errors import BadInput, SandboxBusy
from core.importing.sources.entries import PIECE, SourceFile, Trouble, Unreadable, address_of, path_of, why
from core.importing.sources.zip_listing import MOST, ZipListing, ZipMember, members_of

_HEADER = struct.Struct("<4s22xHH")
"""The start of a member: its mark, and after what the list says too, the lengths of its name and of what else is there."""
_MARK = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8


class Archive:
    """A ZIP on a disk this machine sees."""

    def __init__(self, path: Path) -> None:
        self.path = os.fsencode(path.absolute())

    @property
    def address(self) -> str:
        return address_of(self.path)

    def walk(self) -> Iterator[SourceFile | Trouble]:
        try:
            listing = self._listing()
        except (OSError, BadInput, SandboxBusy) as problem:
            yield Trouble(self.address, f"the ZIP cannot be opened: {_why(problem)}")
            return
        if listing.count > MOST:
            yield Trouble(self.address, f"the ZIP has more than {MOST:,} members; the rest is left out")
        for member in listing.members:
            if not member.name:
                yield Trouble(self.address, "a member of the ZIP has no name; it is left out")
            elif not member.name.endswith("/") and not _hidden(member.name):
                yield self._entry(member)

    def _listing(self) -> ZipListing:
        with open(self.path, "rb") as file:
            return members_of(file)

    def _entry(self, member: ZipMember) -> SourceFile | Trouble:
        place = f"{self.address}!/{member.name.encode('utf-8', 'replace').decode()}"
        if member.locked:
            return Trouble(place, "it is locked with a password")
        if member.method not in (_STORED, _DEFLATED):
            return Trouble(place, "it is packed in a way that is not read; pack it anew as an ordinary ZIP")
        return SourceFile(place, member.name.lstrip("/"), member.size, _moment(member), partial(_pieces, self.path, member))

    @staticmethod
    def entry_at(place: str) -> SourceFile:
        address, _, name = place.partition("!/")
        archive = Archive(Path(os.fsdecode(path_of(address))))
        try:
            listed = archive._listing().members
        except (OSError, BadInput) as problem:
            raise Unreadable(f"it is not in the ZIP any more: {_why(problem)}") from problem
        member = next((one for one in reversed(listed) if one.name == name), None)
        if member is None:
            raise Unreadable("it is not in the ZIP any more")
        found = archive._entry(member)
        if isinstance(found, Trouble):
            raise Unreadable(found.problem)
        return found


def _pieces(path: bytes, member: ZipMember) -> Generator[bytes, None, None]:
    """The member's bytes, never more than the list of the ZIP claims."""
    left, checksum = member.size, 0
    try:
        with open(path, "rb") as file:
            for piece in _unpacked(file, member):
                left -= len(piece)
                if left < 0:
                    raise Unreadable("it unpacks to more than its entry says")
                checksum = zlib.crc32(piece, checksum)
                yield piece
    except (OSError, zlib.error, ValueError, struct.error) as problem:
        raise Unreadable(f"it cannot be unpacked: {_why(problem)}") from problem
    if left:
        raise Unreadable("it unpacks to less than its entry says")
    if checksum != member.crc:
        raise Unreadable("it cannot be unpacked: its checksum does not fit")


def _unpacked(file: BinaryIO, member: ZipMember) -> Iterator[bytes]:
    """The bytes piece by piece, each of PIECE bytes at most, and one piece more where there is too much."""
    file.seek(member.offset)
    mark, name, extra = _HEADER.unpack(file.read(_HEADER.size))
    if mark != _MARK:
        raise ValueError("it does not begin where the list says")
    file.seek(name + extra, os.SEEK_CUR)
    unpacker, left = zlib.decompressobj(-zlib.MAX_WBITS), member.packed
    while left > 0 and (packed := file.read(min(PIECE, left))):
        left -= len(packed)
        if member.method == _STORED:
            yield packed
            continue
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, PIECE)
            packed = unpacker.unconsumed_tail
    if member.method == _DEFLATED:
        yield unpacker.flush()


def _why(problem: Exception) -> str:
    return why(problem) if isinstance(problem, OSError) else str(problem) or type(problem).__name__


def _moment(member: ZipMember) -> int:
    """ZIPs keep local times without a zone; that of this machine is taken."""
    try:
        return int(datetime(*member.date).astimezone().timestamp() * 1e9)
    except (ValueError, OverflowError, OSError):
        return 0


def _hidden(name: str) -> bool:
    parts = name.split("/")
    return any(part.startswith(".") and part not in (".", "..") for part in parts) or parts[0] == "__MACOSX"
