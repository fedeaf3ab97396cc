"""Where a running Slate is reached, told by `slate up` to every other command on the same data folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.settings import Settings

_SAID = frozenset({"port", "host", "public_url"})


def _file(settings: Settings) -> Path:
    return settings.data / "address"


@contextmanager
def announced(settings: Settings) -> Iterator[None]:
    """Write the address (line 1: how people reach it, line 2: host and port), and hold the file: let go, it means nothing."""
    path = _file(settings)
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(f"{settings.base_url}\n{settings.host} {settings.port}\n")
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def as_served(settings: Settings) -> Settings:
    """The settings with the address of the Slate that runs on their data folder, unless they name an address themselves."""
    if _SAID & settings.model_fields_set:
        return settings
    lines = _announced(_file(settings))
    host, _, port = lines[1].partition(" ") if len(lines) == 2 else ("", "", "")
    if not host or not port.isdecimal():
        return settings
    reached = settings.model_copy(update={"host": host, "port": int(port)})
    return reached if reached.base_url == lines[0] else reached.model_copy(update={"public_url": lines[0]})


def _announced(path: Path) -> list[str]:
    """The lines of the file, or none where nobody holds it: one that a killed Slate left behind."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().splitlines()
    except OSError:  # no file, or one that is not for us: as if nothing ran
        return []
    return []
