"""ModelFiles: what is in the model folders this machine can read, by hash, with title and licence from the files themselves."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from core.comfyui.refusal import word
from core.desk import Desk
from core.errors import BadInput
from core.formats import bounded_json
from core.security.sandbox import sandboxed
from storage.clock import now
from storage.rendering import models
from storage.rendering.models import known
from storage.tables import ModelFile

__all__ = ["ModelOnDisk", "known", "metadata", "scan", "walk"]

_ENDINGS = frozenset({".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".gguf", ".pkl"})
_MOST_VALUES = 2_000_000
_MAX_HEADER = 100 * 1024 * 1024
"""The safetensors format itself allows no longer header."""


@dataclass(frozen=True)
class ModelOnDisk:
    """A model file on disk; `folder` and `name` are what ComfyUI calls it."""

    folder: str
    name: str
    path: Path
    size: int
    modified_ns: int


def scan(desk: Desk, folders: Sequence[Path]) -> int:
    """Bring the ModelFiles in step with ComfyUI `models` folders (checkpoints/, loras/ … below each); how many files were read.

    Only new and changed files are read, as hashing takes a second per gigabyte or so, and no transaction is open meanwhile.
    Files that vanish while this goes on, or cannot be read, are left out.
    """
    with desk.reading() as session:
        latest = {(row.folder, row.name): (row.size, row.modified_ns) for row in models.everything(session)}
    read = 0
    for file in walk(folders):
        if latest.get((file.folder, file.name)) == (file.size, file.modified_ns):
            continue
        try:
            digest, told = _digest(file.path), metadata(file.path)
        except OSError:
            continue  # it went away, or is not ours to read: the next scan sees it again
        with desk.writing() as session:
            _keep(session, file, digest, told)
        read += 1
    return read


def walk(folders: Sequence[Path]) -> Iterator[ModelOnDisk]:
    """The model files below ComfyUI `models` folders, in a settled order."""
    for root in folders:
        for path in sorted(root.glob("*/**/*")) if root.is_dir() else ():
            if path.suffix.lower() in _ENDINGS and path.is_file():
                stat = path.stat()
                folder, *rest = path.relative_to(root).parts
                yield ModelOnDisk(folder, "/".join(rest), path, stat.st_size, stat.st_mtime_ns)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def metadata(path: Path) -> dict[str, str]:
    """The `__metadata__` of a safetensors file; {} for other files and broken ones. Raises OSError.

    Format: 8 bytes little-endian length, then a JSON header of that length (https://github.com/huggingface/safetensors).
    """
    if path.suffix.lower() not in (".safetensors", ".sft"):
        return {}
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        text = file.read(length) if 0 < length <= _MAX_HEADER else b""
    try:
        return _told(text) if len(text) == length else {}
    except (ValueError, BadInput):
        return {}


@sandboxed
def _told(header: bytes) -> dict[str, str]:
    """The `__metadata__` of a header. Raises ValueError."""
    value = bounded_json.value(header, _MOST_VALUES)
    told = value.get("__metadata__") if isinstance(value, dict) else None
    return {str(key): value for key, value in told.items() if isinstance(value, str)} if isinstance(told, dict) else {}


def _keep(session: Session, file: ModelOnDisk, digest: str, told: dict[str, str]) -> None:
    row = models.by_content(session, file.folder, file.name, digest) or ModelFile(
        folder=file.folder, name=file.name, sha256=digest
    )
    row.size, row.modified_ns, row.seen_at = file.size, file.modified_ns, now()
    row.title = word(told.get("modelspec.title")) or row.title
    row.licence = word(told.get("modelspec.license")) or row.licence
    row.source = word(told.get("modelspec.author")) or row.source
    models.keep(session, row)
