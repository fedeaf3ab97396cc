"""What a place is made of: entries that can be read in pieces, and troubles."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote, unquote_to_bytes

PIECE = 1 << 20
"""Bytes read at a time."""


class Unreadable(Exception):
    """A file cannot be read; the message says why."""


class Changed(Unreadable):
    """A file changed while it was being read."""


@dataclass(frozen=True)
class SourceFile:
    """A file as a place lists it. `pieces` reads it from the start and raises Unreadable; nobody can write through it."""

    place: str
    """Its address, from which `core.importing.sources.at` finds it again."""
    name: str
    """Its path below the place, with `/` between folders, fit to be shown."""
    size: int
    modified_ns: int
    pieces: Callable[[], Generator[bytes, None, None]] = field(repr=False)
    owner: Callable[[], str] = field(default=lambda: "", repr=False)
    """Name of the system user who owns it, or empty."""

    sidecars: tuple[SourceFile, ...] = field(default=(), repr=False)
    """Texts beside it that are called like it; see core.importing.sidecars."""

    @property
    def changed_ns(self) -> int:
        """When it or a text beside it was last changed, in nanoseconds since 1970."""
        return max(self.modified_ns, *(one.modified_ns for one in self.sidecars), 0)

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(min(max(self.modified_ns / 1e9, 0), 4_000_000_000), UTC)


@dataclass(frozen=True)
class Trouble:
    """Something in a place that cannot be looked at."""

    place: str
    problem: str


class Source(Protocol):
    """Somewhere with files."""

    @property
    def address(self) -> str: ...

    def walk(self) -> Iterator[SourceFile | Trouble]:
        """Everything in it, in a steady order; never raises."""
        ...


def address_of(path: bytes) -> str:
    """`file://` and the path, with every byte that is no plain letter as %XX, so that any name there is can be kept."""
    return "file://" + quote(path, safe="/ -_.,()[]+=@&'!#$~")


def path_of(address: str) -> bytes:
    return unquote_to_bytes(address.removeprefix("file://"))


def shown(path: bytes) -> str:
    """The path as text, whatever its encoding: what is no UTF-8 is shown as replacement characters."""
    return path.decode("utf-8", "replace").replace(os.sep, "/")


def why(problem: Exception) -> str:
    """An operating system's reason, in a few words."""
    return str(getattr(problem, "strerror", None) or problem or type(problem).__name__)[:200].lower()
