"""Names of output files: prefix, folder and the next free number, found by listing the folder."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from hooks.simulator.folders import Escaped, Folders


@dataclass(frozen=True)
class OutputName:
    folder: Path
    subfolder: str
    stem: str
    counter: int


def numbered(folders: Folders, kind: str, prefix: str, width: int = 0, height: int = 0) -> OutputName:
    """Where the next file of this prefix goes; makes the folder.

    The prefix may hold folders and %year% %month% %day% %hour% %minute% %second% %width% %height%. Two servers writing into one
    folder can take the same number, as two real ones can.
    """
    base = folders.root / kind
    prefix = _filled(prefix, width, height)
    subfolder, stem = os.path.split(os.path.normpath(prefix))
    try:
        folder = folders.within(base, subfolder)
    except Escaped as error:
        raise ValueError(f"Saving image outside the output folder is not allowed.\n full_output_folder: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    pattern = re.compile(re.escape(stem) + r"_(\d+)[_.]")
    taken = [int(match[1]) for entry in os.scandir(folder) if (match := pattern.match(entry.name))]
    return OutputName(folder, subfolder, stem, max(taken, default=0) + 1)


def _filled(prefix: str, width: int, height: int) -> str:
    if "%" not in prefix:
        return prefix
    now = time.localtime()
    known = {
        "width": str(width), "height": str(height), "year": str(now.tm_year), "month": f"{now.tm_mon:02}",
        "day": f"{now.tm_mday:02}", "hour": f"{now.tm_hour:02}", "minute": f"{now.tm_min:02}", "second": f"{now.tm_sec:02}",
    }  # fmt: skip
    return re.sub(r"%(\w+)%", lambda match: known.get(match[1], match[0]), prefix)
