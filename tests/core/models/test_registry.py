"""Model files: known by hash, with title and licence from the file, and read again only when they change."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path

import pytest

from core.desk import Desk
from core.models import headers, registry
from storage.rendering import models


def write(path: Path, told: object, body: bytes = b"weights") -> Path:
    """A safetensors file with a header of our choice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(told).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


TOLD = {"__metadata__": {"modelspec.title": "Ink", "modelspec.license": "CC0-1.0", "other": "x"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "models"
    write(root / "loras" / "team" / "ink.safetensors", TOLD)
    write(root / "checkpoints" / "base.safetensors", {})
    (root / "checkpoints" / "old.ckpt").write_bytes(b"pickle")
    (root / "checkpoints" / "put_checkpoints_here").write_text("")
    (root / "loras" / "team" / "ink.png").write_bytes(b"a preview")
    return root


def test_files_are_known_by_hash_title_and_licence(desk: Desk, folder: Path) -> None:
    assert registry.scan(desk, [folder]) == 3
    with desk.reading() as session:
        ink = registry.known(session, "loras", "team/ink.safetensors")
        assert ink
        assert ink.sha256 == hashlib.sha256((folder / "loras/team/ink.safetensors").read_bytes()).hexdigest()
        assert (ink.title, ink.licence) == ("Ink", "CC0-1.0")
        assert registry.known(session, "checkpoints", "old.ckpt")
        assert registry.known(session, "loras", "team/ink.png") is None
        assert registry.known(session, "checkpoints", "team/ink.safetensors") is None


def test_only_changed_files_are_read_again(desk: Desk, folder: Path) -> None:
    registry.scan(desk, [folder])
    assert registry.scan(desk, [folder]) == 0
    path = write(folder / "checkpoints" / "base.safetensors", {}, b"other weights")
    os.utime(path, ns=(1, 1))
    assert registry.scan(desk, [folder]) == 1
    with desk.reading() as session:
        now = registry.known(session, "checkpoints", "base.safetensors")
        assert now
        assert now.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert len(models.everything(session)) == 4, "the earlier content is remembered too"


def test_content_that_comes_back_is_the_latest_again(desk: Desk, folder: Path) -> None:
    path = folder / "checkpoints" / "base.safetensors"
    first = path.read_bytes()
    for at, content in enumerate((first, b"second", first), start=1):
        path.write_bytes(content)
        os.utime(path, ns=(at, at))
        registry.scan(desk, [folder])
    with desk.reading() as session:
        known = registry.known(session, "checkpoints", "base.safetensors")
    assert known
    assert known.sha256 == hashlib.sha256(first).hexdigest()


def test_folders_that_are_not_there_hold_nothing(desk: Desk, tmp_path: Path) -> None:
    assert registry.scan(desk, [tmp_path / "nowhere"]) == 0
    assert registry.scan(desk, []) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x05",
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 50) + b"{}",
        struct.pack("<Q", 2) + b"{{",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 20) + b'{"__metadata__": 123}',
        struct.pack("<Q", 26) + b'{"__metadata__": {"a": 12}}',
        struct.pack("<Q", 40_000) + b"[" * 40_000,
    ],
)
def test_a_damaged_file_has_no_metadata_but_still_a_hash(desk: Desk, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "models" / "loras" / "bad.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert headers.read(path).told == {}
    assert registry.scan(desk, [tmp_path / "models"]) == 1
    with desk.reading() as session:
        known = registry.known(session, "loras", "bad.safetensors")
    assert known
    assert (known.sha256, known.title, known.licence) == (hashlib.sha256(content).hexdigest(), "", "")


def test_a_title_fit_to_be_shown(desk: Desk, tmp_path: Path) -> None:
    title = {"modelspec.title": "x" * 500 + "\n`@here`", "modelspec.license": 7}
    write(tmp_path / "models" / "loras" / "long.safetensors", {"__metadata__": title})
    registry.scan(desk, [tmp_path / "models"])
    with desk.reading() as session:
        known = registry.known(session, "loras", "long.safetensors")
    assert known
    assert len(known.title) == 80
    assert known.licence == ""
