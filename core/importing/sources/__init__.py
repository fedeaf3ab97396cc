"""Places with files in them: a folder, a ZIP, a bucket's prefix; nothing is ever written there.

A place gives `Entry` after `Entry`, and a `Trouble` for whatever cannot be looked at; it never raises while it is walked.
"""

from __future__ import annotations

import stat
from pathlib import Path

from core.errors import BadInput, NotFound
from core.importing.sources.entries import Changed, Entry, Place, Trouble, Unreadable
from core.importing.sources.folders import Folder
from core.importing.sources.s3 import Bucket
from core.importing.sources.zip_files import Archive

__all__ = ["Changed", "Entry", "Place", "Trouble", "Unreadable", "at", "open_place"]


def open_place(text: str, *, s3_endpoint: str = "") -> Place:
    """The place a person named: `/renders`, `old.zip`, `s3://bucket/prefix`. Raises NotFound, BadInput."""
    if text.startswith("s3://"):
        return Bucket(text, s3_endpoint)
    path = Path(text).expanduser()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as problem:
        raise NotFound(f"There is no {text[:200]}.", hint="Name a folder, a ZIP file or s3://bucket/prefix.") from problem
    if stat.S_ISDIR(mode):
        return Folder(path)
    if stat.S_ISREG(mode) and path.suffix.lower() == ".zip":
        return Archive(path)
    if stat.S_ISREG(mode):
        return Folder(path.parent, only=path.name)
    raise BadInput(f"{text[:200]} is neither a folder nor a ZIP file.", hint="Name a folder, a ZIP file or s3://bucket/prefix.")


def at(place: str, *, s3_endpoint: str = "") -> Entry:
    """The file at an address that a place gave. Raises Unreadable when it is not there any more."""
    if place.startswith("s3://"):
        return Bucket.entry_at(place, s3_endpoint)
    return Archive.entry_at(place) if "!/" in place else Folder.entry_at(place)
