"""Reads the bytes of a stored file for whatever leaves, proved by their digest, with declared errors."""

from __future__ import annotations

from core.desk import Desk
from core.errors import BlobDamaged, BlobMissing, StoreError
from storage.blobs import BlobBroken, BlobError, BlobNotFound

_MISSING_HINT = "Restore the store from a backup; `slate verify-store` lists what is missing."


def read(desk: Desk, digest: str, *, name: str = "") -> bytes:
    """The bytes behind a digest; `name` is what people call the file, such as an Asset's code.

    Raises BlobMissing when they are gone, BlobDamaged when they are not what they were, StoreError while the store is away.
    """
    what = f"The file of {name}" if name else "This file"
    try:
        return desk.blobs.get(digest)
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
