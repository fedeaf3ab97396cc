"""The fonts that the machine has, looked through only when a character needs one."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from PIL import ImageFont

from core.provenance.card.clusters import ignorable
from core.provenance.card.cmap import Coverage, coverage_of_file
from core.provenance.card.faces import FontFace

_MOST_FILES = 4000
_MOST_ANSWERS = 10_000
_NEVER = ("lastresort", "adobeblank", "emoji", "fallback", "keycaps")
_LAST = ("italic", "oblique", "bold", "black", "thin", "light", "condensed", "serif", "mono", "ui", "slanted", "unjoined")


def usual_folders() -> tuple[Path, ...]:
    """Where fonts are kept on Linux, macOS and Windows."""
    home = Path.home()
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    own = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share")) / "fonts"
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), own, home / ".fonts")


class SystemFonts:
    """Fonts in the given folders; reads a file's character table at most once."""

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = usual_folders() if folders is None else tuple(folders)
        self._coverages: dict[Path, Coverage] = {}
        self._faces: dict[Path, FontFace] = {}
        self._answers: dict[str, Path | None] = {}

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Every font file, plain upright ones first."""
        found = [path for folder in self._folders for path in _font_files(folder)]
        return tuple(sorted(found[:_MOST_FILES], key=lambda path: (sum(word in path.name.lower() for word in _LAST), path.name)))

    def find(self, piece: str) -> FontFace | None:
        """The most fitting font that has every character of `piece`."""
        key = "".join(sorted({char for char in piece if not ignorable(char)}))
        if key not in self._answers:
            if len(self._answers) > _MOST_ANSWERS:
                self._answers.clear()
            self._answers[key] = self._search(key)
        path = self._answers[key]
        return self._face(path) if path else None

    def colour_emoji(self) -> list[Path]:
        """Files that look like colour emoji fonts."""
        return [
            path for path in self.files if "emoji" in (name := path.name.lower()) and ("color" in name or "segui" in name)
        ] + [path for path in self.files if path.name.lower() == "seguiemj.ttf"]

    def _search(self, chars: str) -> Path | None:
        for path in self._likely_first(chars):
            covers = self._coverage(path)
            if all(ord(char) in covers for char in chars) and _opens(path):
                return path
        return None

    def _likely_first(self, chars: str) -> Iterable[Path]:
        """Fonts tend to be called after their script: NotoSansBengali for BENGALI LETTER KA."""
        script = unicodedata.name(chars[0], "").split(" ")[0].lower() if chars else ""
        usable = [path for path in self.files if not any(word in path.name.lower() for word in _NEVER)]
        named = [path for path in usable if script and script in path.name.lower()]
        return [*named, *(path for path in usable if path not in set(named))]

    def _coverage(self, path: Path) -> Coverage:
        if path not in self._coverages:
            self._coverages[path] = coverage_of_file(path)
        return self._coverages[path]

    def _face(self, path: Path) -> FontFace:
        if path not in self._faces:
            self._faces[path] = FontFace(path.stem, path, self._coverage(path))
        return self._faces[path]


def _opens(path: Path) -> bool:
    try:
        ImageFont.truetype(str(path), 20)
    except OSError:
        return False
    return True


def _font_files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf", ".ttc", ".otc"))
    except OSError:
        return []
