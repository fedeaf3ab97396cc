"""A folder and all below it, links included: each real folder is entered once, so a circle of links ends."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Generator, Iterator
from functools import cache, partial
from pathlib import Path

from core.importing.sources.entries import PIECE, Changed, Entry, Trouble, Unreadable, address_of, path_of, shown, why

_AT_ONCE = 4 << 20
"""A file up to here is read in one go, which costs two threads fewer turns than pieces would."""


class Folder:
    """A folder on a disk this machine sees; `only` is the one file of it that is meant."""

    def __init__(self, root: Path, *, only: str = "") -> None:
        self.root = os.fsencode(root.absolute())
        self.only = os.fsencode(only)

    @property
    def address(self) -> str:
        return address_of(self.root)

    def walk(self) -> Iterator[Entry | Trouble]:
        if self.only:
            yield self._file(os.path.join(self.root, self.only))
            return
        stack, entered = [self.root], set[tuple[int, int]]()
        while stack:
            folder = stack.pop()
            try:
                about = os.stat(folder)
                if (about.st_dev, about.st_ino) in entered:
                    yield Trouble(address_of(folder), "a link to a folder that was looked into already; not followed again")
                    continue
                entered.add((about.st_dev, about.st_ino))
                below = sorted(os.scandir(folder), key=lambda one: one.name)
            except OSError as problem:
                yield Trouble(address_of(folder), f"the folder cannot be looked into: {why(problem)}")
                continue
            folders = []
            for one in below:
                if _is_folder(one):
                    folders.append(one.path)
                elif not _hidden(one.name):
                    yield self._file(one.path)
            stack += reversed([path for path in folders if not _hidden(os.path.basename(path))])

    def _file(self, path: bytes) -> Entry | Trouble:
        return _entry(path, shown(os.path.relpath(path, self.root)))

    @staticmethod
    def entry_at(place: str) -> Entry:
        path = path_of(place)
        found = _entry(path, shown(os.path.basename(path)))
        if isinstance(found, Trouble):
            raise Unreadable(found.problem)
        return found


def _entry(path: bytes, name: str) -> Entry | Trouble:
    try:
        about = os.stat(path)
    except (OSError, ValueError) as problem:
        return Trouble(address_of(path), f"it cannot be looked at: {why(problem)}")
    if not stat.S_ISREG(about.st_mode):
        return Trouble(address_of(path), "it is no regular file")
    return Entry(address_of(path), name, about.st_size, about.st_mtime_ns, partial(_pieces, path), partial(_user, about.st_uid))


def _pieces(path: bytes) -> Generator[bytes, None, None]:
    """The file's bytes; raises Changed when it is not the same at the end as it was at the beginning."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb", buffering=0) as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise Unreadable("it is no regular file")
            while piece := file.read(PIECE if before.st_size > _AT_ONCE else before.st_size + 1):
                yield piece
            after = os.fstat(handle)
    except OSError as problem:
        raise Unreadable(f"it cannot be read: {why(problem)}") from problem
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Changed("it changed while it was being read")


def _is_folder(one: os.DirEntry[bytes]) -> bool:
    try:
        return one.is_dir()
    except OSError:
        return False


def _hidden(name: bytes) -> bool:
    """Names that systems hide: `.DS_Store`, `._photo.png`, `@eaDir` …"""
    return name.startswith((b".", b"@ea")) or name.lower() in (b"thumbs.db", b"desktop.ini", b"__macosx")


@cache
def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return ""
