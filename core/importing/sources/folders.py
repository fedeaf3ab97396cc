"""A folder and all below it: each real folder is entered once, and no link leads out of it or to Slate's own files."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from core.importing.sources.entries import PIECE, Changed, SourceFile, Trouble, Unreadable, address_of, path_of, shown, why

_AT_ONCE = 4 << 20
"""A file up to here is read in one go, which costs two threads fewer turns than pieces would."""


class Folder:
    """A folder on a disk this machine sees; `only` is the one file of it that is meant, `closed` are places never read."""

    def __init__(self, root: Path, *, only: str = "", closed: Sequence[Path] = ()) -> None:
        self.root = os.fsencode(root.absolute())
        self.only = os.fsencode(only)
        self.bounds = Bounds.of(self.root, closed)

    @property
    def address(self) -> str:
        return address_of(self.root)

    def walk(self) -> Iterator[SourceFile | Trouble]:
        if self.only:
            yield self._file(os.path.join(self.root, self.only))
            return
        stack, entered = [self.root], set[tuple[int, int]]()
        while stack:
            folder = stack.pop()
            try:
                if problem := self.bounds.problem(os.path.realpath(folder)):
                    yield Trouble(address_of(folder), problem)
                    continue
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

    def _file(self, path: bytes) -> SourceFile | Trouble:
        return _entry(path, shown(os.path.relpath(path, self.root)), self.bounds)

    @staticmethod
    def entry_at(place: str, *, closed: Sequence[Path] = ()) -> SourceFile:
        path = path_of(place)
        found = _entry(path, shown(os.path.basename(path)), Bounds.of(b"/", closed))
        if isinstance(found, Trouble):
            raise Unreadable(found.problem)
        return found


@dataclass(frozen=True)
class Bounds:
    """Where files may lie, all as real paths: below `root` and not in what is closed."""

    root: bytes
    closed: tuple[bytes, ...] = ()

    @staticmethod
    def of(root: bytes, closed: Sequence[Path]) -> Bounds:
        return Bounds(os.path.realpath(root), tuple(os.path.realpath(os.fsencode(one)) for one in closed))

    def problem(self, real: bytes) -> str:
        """Why nothing is read there; empty where it may be."""
        if any(_below(real, one) for one in self.closed):
            return "it belongs to Slate itself; it is never taken in"
        return "" if _below(real, self.root) else "a link that leads out of the folder; not followed"


def _below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def _entry(path: bytes, name: str, bounds: Bounds) -> SourceFile | Trouble:
    try:
        about = os.stat(path)
        real = os.path.realpath(path)
    except (OSError, ValueError) as problem:
        return Trouble(address_of(path), f"it cannot be looked at: {why(problem)}")
    if outside := bounds.problem(real):
        return Trouble(address_of(path), outside)
    if not stat.S_ISREG(about.st_mode):
        return Trouble(address_of(path), "it is no regular file")
    return SourceFile(
        address_of(path), name, about.st_size, about.st_mtime_ns, partial(_pieces, real), partial(_user, about.st_uid)
    )


def _pieces(real: bytes) -> Generator[bytes, None, None]:
    """The bytes of the file at a real path; raises Changed when it is not the same at the end as it was at the beginning."""
    try:
        handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        with open(handle, "rb", buffering=0) as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                raise Unreadable("it is no regular file")
            if _opened(handle, real) != real:
                raise Unreadable("a folder above it became a link while it was looked at")
            while piece := file.read(PIECE if before.st_size > _AT_ONCE else before.st_size + 1):
                yield piece
            after = os.fstat(handle)
    except OSError as problem:
        raise Unreadable(f"it cannot be read: {why(problem)}") from problem
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Changed("it changed while it was being read")


def _opened(handle: int, real: bytes) -> bytes:
    """Where an open file really lies, as the system says; on systems that do not say, its path once more without links."""
    try:
        return os.readlink(b"/proc/self/fd/%d" % handle)
    except OSError:
        return os.path.realpath(real)


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
