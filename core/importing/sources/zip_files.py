"""A ZIP file: its members are read in place and never unpacked to a disk; what lies about its size is cut off."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Generator, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from core.importing.sources.entries import PIECE, SourceFile, Trouble, Unreadable, address_of, path_of, why

_BROKEN = (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError)
"""What zipfile raises on broken, locked and foreign archives."""
_MOST = 2_000_000


class Archive:
    """A ZIP on a disk this machine sees."""

    def __init__(self, path: Path) -> None:
        self.path = os.fsencode(path.absolute())

    @property
    def address(self) -> str:
        return address_of(self.path)

    def walk(self) -> Iterator[SourceFile | Trouble]:
        try:
            with zipfile.ZipFile(os.fsdecode(self.path)) as archive:
                members = archive.infolist()
        except _BROKEN as problem:
            yield Trouble(self.address, f"the ZIP cannot be opened: {why(problem)}")
            return
        if len(members) > _MOST:
            yield Trouble(self.address, f"the ZIP has more than {_MOST:,} members; the rest is left out")
        for member in members[:_MOST]:
            if not member.filename:
                yield Trouble(self.address, "a member of the ZIP has no name; it is left out")
            elif not member.filename.endswith("/") and not _hidden(member.filename):
                yield self._entry(member)

    def _entry(self, member: zipfile.ZipInfo) -> SourceFile | Trouble:
        place = f"{self.address}!/{member.filename.encode('utf-8', 'replace').decode()}"
        if member.flag_bits & 0x1:
            return Trouble(place, "it is locked with a password")
        return SourceFile(
            place, member.filename.lstrip("/"), member.file_size, _moment(member), partial(_pieces, self.path, member)
        )

    @staticmethod
    def entry_at(place: str) -> SourceFile:
        address, _, name = place.partition("!/")
        archive = Archive(Path(os.fsdecode(path_of(address))))
        try:
            with zipfile.ZipFile(os.fsdecode(archive.path)) as opened:
                found = archive._entry(opened.getinfo(name))
        except (*_BROKEN, KeyError) as problem:
            raise Unreadable(f"it is not in the ZIP any more: {why(problem)}") from problem
        if isinstance(found, Trouble):
            raise Unreadable(found.problem)
        return found


def _pieces(path: bytes, member: zipfile.ZipInfo) -> Generator[bytes, None, None]:
    """The member's bytes, never more than its entry claims."""
    left = member.file_size
    try:
        with zipfile.ZipFile(os.fsdecode(path)) as archive, archive.open(member) as file:
            while piece := file.read(min(PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    raise Unreadable("it unpacks to more than its entry says")
                yield piece
    except _BROKEN as problem:
        raise Unreadable(f"it cannot be unpacked: {why(problem)}") from problem
    if left:
        raise Unreadable("it unpacks to less than its entry says")


def _moment(member: zipfile.ZipInfo) -> int:
    """ZIPs keep local times without a zone; that of this machine is taken."""
    try:
        return int(datetime(*member.date_time).astimezone().timestamp() * 1e9)
    except (ValueError, OverflowError, OSError):
        return 0


def _hidden(name: str) -> bool:
    parts = name.split("/")
    return any(part.startswith(".") and part not in (".", "..") for part in parts) or parts[0] == "__MACOSX"
