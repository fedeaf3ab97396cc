"""Writes what an answer links to, and other bytes, into files: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, DiskFull

if TYPE_CHECKING:
    from core.desk import Desk


def files_of(data: dict[str, Any]) -> list[str]:
    """The links of the files that an answer is about: its package where it has one, else each file."""
    return [str(data["link"])] if data.get("link") else [str(one["link"]) for one in data.get("files", ()) if one.get("link")]


def save(desk: Desk, data: dict[str, Any], output: str) -> list[str]:
    """Write the files that an answer links to; returns where. Raises BadInput, DiskFull, BlobMissing."""
    from core.exports.links import behind
    from core.files import stored

    files = [behind(desk, link.rpartition("/")[2]) for link in files_of(data)]
    target = Path(output).expanduser()
    folder = target.is_dir() or output.endswith("/")
    if not files or (len(files) > 1 and not folder):
        raise BadInput(f"{len(files)} files do not go into {output}.", hint="Name a folder with -o FOLDER/.", input="output")
    written = []
    for one in files:
        where = target / Path(one.filename).name if folder else target
        stored.prove(desk, one.sha256, name=one.filename)
        write(where, stored.pieces(desk, one.sha256, name=one.filename))
        written.append(str(where))
    return written


def write(target: Path, pieces: Iterable[bytes]) -> None:
    """Write the pieces as one file, whole or not at all. Raises BadInput for a place that cannot be written, DiskFull."""
    import errno

    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".slate-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(f"There is no room for {target}.", hint="Make room and fetch it again.") from problem
        raise BadInput(
            f"{target} cannot be written: {problem.strerror}.", hint="Choose another place.", input="output"
        ) from problem


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
