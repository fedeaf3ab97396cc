"""A prefix of an S3 bucket, listed a thousand at a time; keys come from the usual AWS variables."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from core.importing.sources.entries import PIECE, SourceFile, Trouble, Unreadable, why
from storage.blobs import open_bucket

_AWAY = (BaseError, OSError)


class Bucket:
    """All objects whose keys begin with a prefix."""

    def __init__(self, address: str, endpoint: str) -> None:
        self.bucket, _, self.prefix = address.removeprefix("s3://").partition("/")
        self.endpoint = endpoint

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def walk(self) -> Iterator[SourceFile | Trouble]:
        try:
            store = open_bucket(self.bucket, "", self.endpoint)
            for page in obstore.list(store, self.prefix.rstrip("/") or None, chunk_size=1000):
                yield from (self._entry(store, one) for one in page if not str(one["path"]).rpartition("/")[2].startswith("."))
        except _AWAY as problem:
            yield Trouble(self.address, f"the bucket cannot be listed: {why(problem)}")

    def _entry(self, store: S3Store, about: Any) -> SourceFile:
        key = str(about["path"])
        name = key.removeprefix(self.prefix).lstrip("/") or key
        moment = int(about["last_modified"].timestamp() * 1e9)
        return SourceFile(f"s3://{self.bucket}/{key}", name, int(about["size"]), moment, partial(_pieces, store, key))

    @staticmethod
    def entry_at(place: str, endpoint: str) -> SourceFile:
        bucket = Bucket(place, endpoint)
        try:
            store = open_bucket(bucket.bucket, "", endpoint)
            return bucket._entry(store, obstore.head(store, bucket.prefix))
        except _AWAY as problem:
            raise Unreadable(f"it is not in the bucket any more: {why(problem)}") from problem


def _pieces(store: S3Store, key: str) -> Generator[bytes, None, None]:
    try:
        for piece in obstore.get(store, key).stream(min_chunk_size=PIECE):
            yield bytes(piece)
    except _AWAY as problem:
        raise Unreadable(f"it cannot be fetched: {why(problem)}") from problem
