"""The one way to the bytes of a stored file: proved by their digest, whole or in pieces, with declared errors.

What is large, or may be, is read in pieces (`prove`, then `pieces`), and kept from a file (`put_file`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from core.desk import Desk
from core.errors import BlobDamaged, BlobMissing, DiskFull, StoreError
from storage.blobs import PIECE, BlobBroken, BlobError, BlobNotFound, BlobStoreFull

_FULL_HINT = "Make room in the file store. Renders go on by themselves then; ask again for anything else."
_MISSING_HINT = "Restore the store from a backup; `slate verify-store` lists what is missing."


def read(desk: Desk, digest: str, *, name: str = "") -> bytes:
    """The bytes behind a digest; `name` is what people call the file, such as an Asset's code.

    Raises BlobMissing when they are gone, BlobDamaged when they are not what they were, StoreError while the store is away.
    """
    with _declared(digest, name):
        return desk.blobs.get(digest)


def prove(desk: Desk, digest: str, *, name: str = "") -> int:
    """The size of the bytes behind a digest, proved to be those, without holding them. Raises as `read`."""
    with _declared(digest, name):
        return desk.blobs.prove(digest)


def pieces(desk: Desk, digest: str, start: int = 0, end: int | None = None, *, name: str = "") -> Iterator[bytes]:
    """The bytes from `start` to before `end`, a MiB at a time. Raises as `read`, but proves nothing: `prove` does, before."""
    with _declared(digest, name):
        yield from desk.blobs.pieces(digest, start, end)


def beginning(desk: Desk, digest: str, length: int) -> bytes:
    """The first bytes, by which a kind of file is told. Raises as `read`."""
    return b"".join(pieces(desk, digest, 0, length))


def put_file(desk: Desk, file: BinaryIO) -> str:
    """The digest of a file's bytes, which are kept now, read from its start in pieces. Raises DiskFull, StoreError."""
    file.seek(0)
    seen = hashlib.sha256()
    for piece in iter(lambda: file.read(PIECE), b""):
        seen.update(piece)
    file.seek(0)
    with keeping():
        desk.blobs.take(seen.hexdigest(), iter(lambda: file.read(PIECE), b""))
    return seen.hexdigest()


@contextmanager
def keeping() -> Iterator[None]:
    """What goes wrong while bytes are kept, as an error of ours. Raises DiskFull, StoreError."""
    try:
        yield
    except BlobStoreFull as problem:
        raise DiskFull(hint=_FULL_HINT) from problem
    except BlobError as problem:
        raise StoreError("The file store does not take the file.", hint="`slate doctor` tells more.") from problem


@contextmanager
def _declared(digest: str, name: str) -> Iterator[None]:
    what = f"The file of {name}" if name else "This file"
    try:
        yield
    except BlobNotFound as problem:
        raise BlobMissing(f"{what} is not in the store any more.", hint=_MISSING_HINT, sha256=digest) from problem
    except BlobBroken as problem:
        raise damaged(digest, name=name) from problem
    except BlobError as problem:
        raise StoreError("The file store does not answer.", hint="Try again in a moment.") from problem


def damaged(digest: str, *, name: str = "") -> BlobDamaged:
    """The error for bytes that are not what was stored."""
    what = f"The file of {name}" if name else "This file"
    hint = "Restore it from a backup; `slate verify-store` lists what is damaged."
    return BlobDamaged(f"{what} is damaged in the store, so it is not given out.", hint=hint, sha256=digest)
