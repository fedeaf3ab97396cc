"""ModelFiles: what is in the model folders this machine can read, by hash, with what files and descriptions say of themselves."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from core.desk import Desk
from core.models import description, headers, sidecars
from core.models.description import ModelFacts
from core.models.headers import HeaderFacts
from core.models.lookup import MODEL_ENDINGS
from storage.clock import now
from storage.rendering import models
from storage.rendering.models import known
from storage.tables import ModelFile, ModelPlace

__all__ = ["READER", "ModelOnDisk", "known", "scan", "walk"]

READER = 1
"""Grows when reading gets better, so that the headers of files known from before are read again; their bytes are not."""
_PIECE = 1 << 20
_MOST_AUTOV3 = 4 << 30
"""Larger files are hashed once only: the second hash is what sites know LoRAs by."""


@dataclass(frozen=True)
class ModelOnDisk:
    """A model file on disk; `folder` and `name` are what ComfyUI calls it."""

    root: Path
    rank: int
    folder: str
    name: str
    path: Path
    size: int
    modified_ns: int
    inode: str
    beside: tuple[Path, ...] = ()
    """The descriptions beside it, most trusted first."""
    beside_ns: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return str(self.root), self.folder, self.name


@dataclass(frozen=True)
class _KnownBefore:
    """What the database knows before a scan."""

    places: Mapping[tuple[str, str, str], ModelPlace]
    moved: Mapping[tuple[str, int, int], int]
    """(inode, size, time) of a file -> its ModelFile: one that was only renamed is not hashed again."""
    files: Mapping[int, ModelFile]
    unplaced: Mapping[tuple[str, str, int | None, int | None], str]
    """(folder, name, size, time) -> SHA-256, for files known from before places were kept."""

    def unchanged(self, file: ModelOnDisk) -> bool:
        there = self.places.get(file.key)
        stamp = (file.rank, file.size, file.modified_ns, file.inode, file.beside_ns, READER)
        return there is not None and there.gone_at is None and stamp == (
            there.rank, there.size, there.modified_ns, there.inode, there.beside_ns, there.reader
        )  # fmt: skip

    def hashes(self, file: ModelOnDisk) -> tuple[str, str] | None:
        """SHA-256 and AutoV3 of a file whose bytes were read before."""
        row = self.moved.get((file.inode, file.size, file.modified_ns))
        if row is not None and row in self.files:
            return self.files[row].sha256, self.files[row].autov3
        digest = self.unplaced.get((file.folder, file.name, file.size, file.modified_ns))
        return (digest, "") if digest else None


def scan(desk: Desk, folders: Sequence[Path]) -> int:
    """Bring the ModelFiles in step with ComfyUI `models` folders (checkpoints/, loras/ … below each); how many files were read.

    Only new and changed files are read, as hashing takes a second per gigabyte or so, and no transaction is open meanwhile.
    Files that vanish or change while this goes on, or cannot be read, are left to the next scan.
    """
    before, read, seen = _known_before(desk), 0, set[tuple[str, str, str]]()
    for file in walk(folders):
        seen.add(file.key)
        if before.unchanged(file):
            continue
        try:
            header = headers.read(file.path)
            digest, autov3 = before.hashes(file) or _digests(file, header)
        except OSError:
            continue  # it went away, or is not ours to read: the next scan sees it again
        said = description.joined(file.folder, file.name, header, sidecars.read(file.beside, digest))
        with desk.writing() as session:
            _keep(session, file, digest, autov3, said)
        read += 1
    roots = [str(one) for one in folders if one.is_dir()]
    gone = [place.id for key, place in before.places.items() if key[0] in roots and key not in seen and place.gone_at is None]
    if gone:
        with desk.writing() as session:
            models.gone(session, gone)
    return read


def _known_before(desk: Desk) -> _KnownBefore:
    with desk.reading() as session:
        files = {row.id: row for row in models.everything(session)}
        places = {(row.root, row.folder, row.name): row for row in models.places(session)}
    placed = {row.model_file_id for row in places.values()}
    return _KnownBefore(
        places,
        {(row.inode, row.size, row.modified_ns): row.model_file_id for row in places.values() if row.inode},
        files,
        {(row.folder, row.name, row.size, row.modified_ns): row.sha256 for key, row in files.items() if key not in placed},
    )


def walk(folders: Sequence[Path]) -> Iterator[ModelOnDisk]:
    """The model files below ComfyUI `models` folders, in a settled order. Links to folders are followed, each folder once."""
    for rank, root in enumerate(folders):
        for where, names in _folders_in(root):
            parts = where.relative_to(root).parts
            for name in names if parts else ():
                path = where / name
                if path.suffix.lower() in MODEL_ENDINGS and (found := _found(root, rank, path, names)) is not None:
                    yield found


def _folders_in(root: Path) -> Iterator[tuple[Path, list[str]]]:
    seen = set[tuple[int, int]]()
    for where, inside, names in os.walk(root, followlinks=True):
        try:
            stat = os.stat(where)
        except OSError:
            inside.clear()
            continue
        if (stat.st_dev, stat.st_ino) in seen:
            inside.clear()  # a link back to where we were
            continue
        seen.add((stat.st_dev, stat.st_ino))
        inside.sort()
        yield Path(where), sorted(names)


def _found(root: Path, rank: int, path: Path, names: Sequence[str]) -> ModelOnDisk | None:
    try:
        if not path.is_file():
            return None
        stat = path.stat()
        beside = tuple(path.with_name(one) for one in sidecars.beside(names, path.name))
        beside_ns = max((one.stat().st_mtime_ns for one in beside), default=0)
    except OSError:
        return None
    folder, *rest = path.relative_to(root).parts
    inode = str(stat.st_ino)
    return ModelOnDisk(
        root, rank, folder, "/".join(rest), path, stat.st_size, stat.st_mtime_ns, inode, beside, beside_ns
    )  # fmt: skip


def _digests(file: ModelOnDisk, header: HeaderFacts) -> tuple[str, str]:
    """SHA-256 of the file, and AutoV3: of what follows a safetensors header. Raises OSError, also where it changed meanwhile."""
    whole, data = hashlib.sha256(), hashlib.sha256()
    twice, at = header.data_at > 0 and file.size <= _MOST_AUTOV3, 0
    with file.path.open("rb") as opened:
        while piece := opened.read(_PIECE):
            whole.update(piece)
            if twice and at + len(piece) > header.data_at:
                data.update(memoryview(piece)[max(0, header.data_at - at) :])
            at += len(piece)
    after = file.path.stat()
    if (at, after.st_size, after.st_mtime_ns) != (file.size, file.size, file.modified_ns):
        raise OSError(f"{file.name} changed while it was read")
    return whole.hexdigest(), data.hexdigest()[:12] if twice else ""


def _keep(session: Session, file: ModelOnDisk, digest: str, autov3: str, said: ModelFacts) -> None:
    row = models.by_content(session, file.folder, file.name, digest) or ModelFile(
        folder=file.folder, name=file.name, sha256=digest
    )
    row.size, row.modified_ns, row.seen_at = file.size, file.modified_ns, now()
    row.autov3, row.base_model = autov3 or row.autov3, said.base_model or row.base_model
    row.title, row.licence, row.source = said.title or row.title, said.licence or row.licence, said.source or row.source
    row.trigger_words, row.about = list(said.trigger_words) or row.trigger_words, dict(said.about) or row.about
    models.keep(session, row)
    root, folder, name = file.key
    place = models.place(session, root, folder, name) or ModelPlace(
        root=root, folder=folder, name=name, model_file_id=row.id, size=file.size, modified_ns=file.modified_ns
    )
    place.model_file_id, place.size, place.modified_ns, place.inode = row.id, file.size, file.modified_ns, file.inode
    place.rank, place.beside_ns, place.reader, place.gone_at = file.rank, file.beside_ns, READER, None
    models.keep_place(session, place)
