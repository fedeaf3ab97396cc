"""Bytes by SHA-256, in a folder or in S3: immutable, written whole or not at all, found again by their digest."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from storage.late_import import Late

if TYPE_CHECKING:
    import obstore
    from obstore import GetOptions
    from obstore import exceptions as obstore_errors
    from obstore.store import S3Store
else:
    obstore, obstore_errors = Late("obstore"), Late("obstore.exceptions")


class BlobError(Exception):
    """The store could not do what was asked."""


class BlobNotFound(BlobError):
    """No bytes with that digest are in the store."""


class BlobBroken(BlobError):
    """The bytes in the store are not those that were put there."""


class BlobStoreFull(BlobError):
    """There is no room left."""


class Blobs(Protocol):
    """A store of bytes by digest (64 lower-case hex digits)."""

    def put(self, data: bytes) -> str:
        """Keep `data` and return its digest. Raises BlobStoreFull when there is no room, BlobError otherwise."""
        ...

    def take(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Keep bytes that come in pieces, whatever their length, under their known digest.

        Raises BlobError when they turn out to have another one, and what `put` raises; then nothing is kept.
        """
        ...

    def every(self) -> Iterator[tuple[str, int]]:
        """(digest, size) of everything in the store, in no order that means anything."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes behind `digest`, proved to be those. Raises BlobNotFound, BlobBroken, BlobError."""
        ...

    def prove(self, digest: str) -> int:
        """The size of the bytes behind `digest`, proved to be those, without holding them. Raises as `get`.

        They are read once, and again only when they have changed since.
        """
        ...

    def pieces(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, at most PIECE at a time; `prove` them before. Raises as `get`."""
        ...

    def has(self, digest: str) -> bool:
        """Raises BlobError while the store is away."""
        ...

    def delete(self, digest: str) -> None:
        """Forget the bytes; nothing happens when they are not there. Raises BlobError."""
        ...


def open_blobs(url: str, *, endpoint: str = "") -> Blobs:
    """The store behind `file:///folder` or `s3://bucket/prefix`; S3 keys come from the usual AWS variables."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        return S3Blobs(parts.netloc, parts.path.strip("/"), endpoint)
    raise ValueError(f"a blob store is file:// or s3://, not {url!r}")


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise BlobNotFound(f"{digest[:80]!r} is no digest")
    return digest


def _true(digest: str, data: bytes) -> bytes:
    """The bytes, if they are the digest's. Raises BlobBroken."""
    if digest_of(data) != digest:
        raise BlobBroken(f"the bytes are not those of {digest}")
    return data


def _proven(digest: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same pieces; raises BlobError at the end when their digest is another."""
    seen = hashlib.sha256()
    for piece in pieces:
        seen.update(piece)
        yield piece
    if seen.hexdigest() != digest:
        raise BlobError(f"the bytes are not those of {digest}")


PIECE = 1 << 20
"""Bytes that are held at a time where a blob is not held whole."""
_PROVED = 50_000
"""Blobs a process remembers to have proved."""


class _Proofs:
    """Which blobs this process has proved, and what they looked like then."""

    def __init__(self) -> None:
        self._seen: dict[str, object] = {}

    def holds(self, digest: str, state: object) -> bool:
        return self._seen.get(digest) == state

    def add(self, digest: str, state: object) -> None:
        if len(self._seen) >= _PROVED:
            self._seen.clear()
        self._seen[digest] = state


class FolderBlobs:
    """Files `ab/cd/abcd…` below a folder; a crash leaves a stray temporary file at most, never half a blob.

    A folder that is not there any more is away: nothing in it counts as missing, and it is not made again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._proved = _Proofs()
        root.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        _checked(digest)
        return self.root / digest[:2] / digest[2:4] / digest

    def put(self, data: bytes) -> str:
        digest = digest_of(data)
        self._write(self.path(digest), (data,))
        return digest

    def take(self, digest: str, pieces: Iterable[bytes]) -> None:
        self._write(self.path(digest), _proven(digest, pieces))

    def every(self) -> Iterator[tuple[str, int]]:
        self._must_be_there()
        for path in self.root.glob("??/??/" + "?" * 64):
            with suppress(FileNotFoundError):
                yield path.name, path.stat().st_size

    def _must_be_there(self) -> None:
        """Raises BlobError while the folder is away."""
        if not self.root.is_dir():
            raise self._not_found("")

    def _not_found(self, digest: str) -> BlobError:
        """The error for a file that is not there: it is missing only where the folder is there."""
        return BlobNotFound(digest) if self.root.is_dir() else BlobError(f"the folder {self.root} is not there")

    def _write(self, target: Path, pieces: Iterable[bytes]) -> None:
        """Whole or not at all; what is there already is kept unless it is damaged."""
        if self.has(target.name) and self._is_whole(target.name):
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    for piece in pieces:
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(target)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise BlobStoreFull(str(problem)) from problem
            raise BlobError(str(problem)) from problem

    def _is_whole(self, digest: str) -> bool:
        try:
            self.prove(digest)
        except BlobError:
            return False
        return True

    def get(self, digest: str) -> bytes:
        try:
            return _true(digest, self.path(digest).read_bytes())
        except FileNotFoundError as missing:
            raise self._not_found(digest) from missing
        except OSError as problem:
            raise BlobError(str(problem)) from problem

    def prove(self, digest: str) -> int:
        path = self.path(digest)
        try:
            told = path.stat()
            state = (told.st_mtime_ns, told.st_size, told.st_ino)
            if self._proved.holds(digest, state):
                return told.st_size
            with path.open("rb") as file:
                same = hashlib.file_digest(file, "sha256").hexdigest() == digest
        except FileNotFoundError as missing:
            raise self._not_found(digest) from missing
        except OSError as problem:
            raise BlobError(str(problem)) from problem
        if not same:
            raise BlobBroken(f"the bytes are not those of {digest}")
        self._proved.add(digest, state)
        return told.st_size

    def pieces(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        try:
            with self.path(digest).open("rb") as file:
                file.seek(start)
                left = None if end is None else end - start
                while piece := file.read(PIECE if left is None else min(PIECE, left)):
                    left = None if left is None else left - len(piece)
                    yield piece
        except FileNotFoundError as missing:
            raise self._not_found(digest) from missing
        except OSError as problem:
            raise BlobError(str(problem)) from problem

    def has(self, digest: str) -> bool:
        try:
            self._must_be_there()
            return self.path(digest).exists()
        except OSError as problem:
            raise BlobError(str(problem)) from problem

    def delete(self, digest: str) -> None:
        try:
            self.path(digest).unlink(missing_ok=True)
        except OSError as problem:
            raise BlobError(str(problem)) from problem


def open_bucket(bucket: str, prefix: str = "", endpoint: str = "") -> S3Store:
    """A bucket, or what is below a prefix of it; keys and region come from the usual AWS variables."""
    from obstore.store import S3Store

    options: dict[str, str] = {"region": os.environ.get("AWS_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))}
    if endpoint:
        options["endpoint"] = endpoint
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": "60s"},
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        **options,  # type: ignore[arg-type]
    )


class S3Blobs:
    """Objects `prefix/ab/cd/abcd…` in a bucket."""

    def __init__(self, bucket: str, prefix: str = "", endpoint: str = "") -> None:
        self.store = open_bucket(bucket, prefix, endpoint)
        self._proved = _Proofs()

    def _key(self, digest: str) -> str:
        _checked(digest)
        return f"{digest[:2]}/{digest[2:4]}/{digest}"

    def put(self, data: bytes) -> str:
        digest = digest_of(data)
        if not self.has(digest):
            try:
                obstore.put(self.store, self._key(digest), data)
            except obstore_errors.BaseError as problem:
                raise BlobError(str(problem)) from problem
        return digest

    def take(self, digest: str, pieces: Iterable[bytes]) -> None:
        if self.has(digest):
            return
        try:
            obstore.put(self.store, self._key(digest), _proven(digest, pieces))
        except obstore_errors.BaseError as problem:
            raise BlobError(str(problem)) from problem

    def every(self) -> Iterator[tuple[str, int]]:
        try:
            for page in obstore.list(self.store, chunk_size=1000):
                yield from ((str(one["path"]).rpartition("/")[2], int(one["size"])) for one in page)
        except obstore_errors.BaseError as problem:
            raise BlobError(str(problem)) from problem

    def get(self, digest: str) -> bytes:
        try:
            return _true(digest, bytes(obstore.get(self.store, self._key(digest)).bytes()))
        except FileNotFoundError as missing:
            raise BlobNotFound(digest) from missing
        except obstore_errors.BaseError as problem:
            raise BlobError(str(problem)) from problem

    def prove(self, digest: str) -> int:
        try:
            told = obstore.head(self.store, self._key(digest))
        except FileNotFoundError as missing:
            raise BlobNotFound(digest) from missing
        except obstore_errors.BaseError as problem:
            raise BlobError(str(problem)) from problem
        size, state = int(told["size"]), (told["e_tag"], told["size"], told["last_modified"])
        if not self._proved.holds(digest, state):
            seen = hashlib.sha256()
            for piece in self.pieces(digest):
                seen.update(piece)
            if seen.hexdigest() != digest:
                raise BlobBroken(f"the bytes are not those of {digest}")
            self._proved.add(digest, state)
        return size

    def pieces(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return
        options: GetOptions = {"range": {"offset": start} if end is None else (start, end)} if start or end is not None else {}
        try:
            for piece in obstore.get(self.store, self._key(digest), options=options).stream(min_chunk_size=PIECE):
                yield from (bytes(piece[at : at + PIECE]) for at in range(0, len(piece), PIECE))
        except FileNotFoundError as missing:
            raise BlobNotFound(digest) from missing
        except obstore_errors.BaseError as problem:
            raise BlobError(str(problem)) from problem

    def has(self, digest: str) -> bool:
        try:
            obstore.head(self.store, self._key(digest))
        except FileNotFoundError:
            return False
        except obstore_errors.BaseError as problem:
            raise BlobError(str(problem)) from problem
        return True

    def delete(self, digest: str) -> None:
        try:
            obstore.delete(self.store, self._key(digest))
        except obstore_errors.BaseError as problem:
            raise BlobError(str(problem)) from problem
