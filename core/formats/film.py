"""What a film, a sound, a deep picture or a mesh says of itself, whatever its format: size, playing time, texts."""

from __future__ import annotations

from collections.abc import Mapping

from core.formats.decoding import text_of
from core.formats.raw_text import RawTexts


def edge(pixels: int) -> int | None:
    """A width or height as it is claimed, or None for what no picture has and no column of whole numbers holds."""
    return pixels if 0 < pixels < 2**31 else None


class Film:
    """None and empty where the file says nothing."""

    def __init__(self, *, left: int = 0) -> None:
        self.width: int | None = None
        self.height: int | None = None
        self.seconds: float | None = None
        self.frames: int = 1
        self.raw = RawTexts(left)

    @property
    def texts(self) -> Mapping[str, str]:
        """The first text under each key."""
        found: dict[str, str] = {}
        for one in self.raw.found:
            found.setdefault(one.key, text_of(one))
        return found
