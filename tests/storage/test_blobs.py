"""Bytes by digest, in a folder and in S3."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from storage.blobs import PIECE, BlobBroken, BlobError, BlobNotFound, Blobs, BlobStoreFull, FolderBlobs, open_blobs


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """An empty store: once a folder, once S3."""
    if request.param == "folder":
        return open_blobs(f"file://{tmp_path / 'a folder with spaces'}")
    return open_blobs(request.getfixturevalue("s3_url"), endpoint=request.getfixturevalue("s3_endpoint"))


def test_bytes_come_back_under_their_sha256(blobs: Blobs) -> None:
    data = os.urandom(200_000)
    digest = blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert blobs.get(digest) == data


def test_a_large_blob_is_read_in_pieces_and_by_ranges(blobs: Blobs) -> None:
    data = os.urandom(2 * PIECE + 77)
    digest = blobs.put(data)
    pieces = list(blobs.pieces(digest))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= PIECE
    for start, end in [(0, 10), (PIECE - 5, PIECE + 5), (len(data) - 1, None), (3, 3), (0, None)]:
        assert b"".join(blobs.pieces(digest, start, end)) == data[start:end]
    assert blobs.prove(digest) == len(data)
    with pytest.raises(BlobNotFound):
        list(blobs.pieces("0" * 64))


def test_the_same_bytes_twice_are_one_blob(blobs: Blobs) -> None:
    assert blobs.put(b"same") == blobs.put(b"same")


def test_no_bytes_at_all_are_bytes_too(blobs: Blobs) -> None:
    assert blobs.get(blobs.put(b"")) == b""


@pytest.mark.parametrize("digest", ["0" * 64, "", "..", "../../etc/passwd", "G" * 64, "A" * 64])
def test_what_is_not_there_or_is_no_digest_is_not_found(blobs: Blobs, digest: str) -> None:
    with pytest.raises(BlobNotFound):
        blobs.get(digest)


def test_forgetting_twice_is_forgetting_once(blobs: Blobs) -> None:
    digest = blobs.put(b"short-lived")
    assert blobs.has(digest)
    blobs.delete(digest)
    blobs.delete(digest)
    assert not blobs.has(digest)


def test_a_full_disk_is_said_so_and_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = FolderBlobs(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BlobStoreFull):
        blobs.put(b"too much")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_s3_that_is_away_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    away = open_blobs("s3://bucket", endpoint="http://127.0.0.1:9")
    with pytest.raises(BlobError):
        away.put(b"into the void")


def test_a_folder_that_is_away_is_no_missing_file(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "mounted")
    digest = blobs.put(b"a picture")
    blobs.root.rename(tmp_path / "elsewhere")
    reads = (blobs.get, blobs.prove, blobs.has, lambda one: list(blobs.pieces(one)), lambda _: list(blobs.every()))
    for read in reads:
        with pytest.raises(BlobError) as told:
            read(digest)
        assert not isinstance(told.value, BlobNotFound)
    with pytest.raises(BlobError):
        blobs.put(b"another picture")
    (tmp_path / "elsewhere").rename(blobs.root)
    assert blobs.get(digest) == b"a picture"
    assert not blobs.has("0" * 64)


def test_other_kinds_of_url_are_refused() -> None:
    with pytest.raises(ValueError, match="file:// or s3://"):
        open_blobs("ftp://host/folder")


def damage(path: Path) -> None:
    """Flip one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_flipped_bit_is_noticed_and_mended_by_bringing_the_bytes_again(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    digest = blobs.put(b"a picture")
    assert blobs.prove(digest) == len(b"a picture")
    damage(blobs.path(digest))
    for read in (blobs.get, blobs.prove):
        with pytest.raises(BlobBroken):
            read(digest)
    assert blobs.put(b"a picture") == digest
    assert blobs.get(digest) == b"a picture"


def test_proving_what_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BlobNotFound):
        FolderBlobs(tmp_path).prove("0" * 64)
