"""Disks with little room: a real, tiny one where this process may mount it, else the kernel's limit on the size of a file."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 2 << 20
LEFT = 16 << 10
"""Bytes of room that are left on a disk that is full: a small picture fits, a sealed one does not."""


class Disk:
    """The disk below a folder. `full()` takes its room away for a while."""

    def __init__(self, folder: Path, *, real: bool) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        self.mounted = real and os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0

    @contextmanager
    def full(self) -> Iterator[None]:
        if self.mounted:
            filler = self.folder / "filler"
            room = os.statvfs(self.folder)
            filler.write_bytes(b"x" * max(0, room.f_bavail * room.f_frsize - LEFT))
            try:
                yield
            finally:
                filler.unlink()
            return
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LEFT, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)
