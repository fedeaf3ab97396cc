"""Places with files in them: a folder, a ZIP, a bucket's prefix; nothing is ever written there.

A source gives one `SourceFile` after another, and a `Trouble` for what cannot be looked at; it never raises while it is walked.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from core.errors import BadInput, NotFound
from core.importing.sources.entries import Changed, Source, SourceFile, Trouble, Unreadable
from core.importing.sources.folders import Folder
from core.importing.sources.s3 import Bucket
from core.importing.sources.zip_files import Archive
from core.settings import Settings

__all__ = ["Changed", "Source", "SourceFile", "Trouble", "Unreadable", "at", "closed_places", "open_place"]


def closed_places(settings: Settings) -> tuple[Path, ...]:
    """Files that are never taken in, whatever links to them: the data folder and the key of the seal."""
    return (settings.data, *([settings.seal_key] if settings.seal_key else []))


def open_place(text: str, *, s3_endpoint: str = "", closed: Sequence[Path] = ()) -> Source:
    """The place a person named: `/renders`, `old.zip`, `s3://bucket/prefix`; never `closed`. Raises NotFound, BadInput."""
    if text.startswith("s3://"):
        return Bucket(text, s3_endpoint)
    path = Path(text).expanduser()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as problem:
        raise NotFound(f"There is no {text[:200]}.", hint="Name a folder, a ZIP file or s3://bucket/prefix.") from problem
    if any(path.resolve().is_relative_to(one.resolve()) for one in closed):
        raise BadInput(f"{text[:200]} belongs to Slate itself.", hint="Name a folder of files that somebody made.")
    if stat.S_ISDIR(mode):
        return Folder(path, closed=closed)
    if stat.S_ISREG(mode) and path.suffix.lower() == ".zip":
        return Archive(path)
    if stat.S_ISREG(mode):
        return Folder(path.resolve().parent, only=path.resolve().name, closed=closed)
    raise BadInput(f"{text[:200]} is neither a folder nor a ZIP file.", hint="Name a folder, a ZIP file or s3://bucket/prefix.")


def at(place: str, *, s3_endpoint: str = "", closed: Sequence[Path] = ()) -> SourceFile:
    """The file at an address that a place gave. Raises Unreadable when it is not there any more."""
    if place.startswith("s3://"):
        return Bucket.entry_at(place, s3_endpoint)
    return Archive.entry_at(place) if "!/" in place else Folder.entry_at(place, closed=closed)
