"""What a film, a sound, a deep picture or a mesh says of itself, whatever its format: size, playing time, words."""

from __future__ import annotations

from dataclasses import dataclass, field


def edge(pixels: int) -> int | None:
    """A width or height as it is claimed, or None for what no picture has and no column of whole numbers holds."""
    return pixels if 0 < pixels < 2**31 else None


@dataclass
class Film:
    """None and empty where the file says nothing."""

    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def keep(self, key: str, text: str, left: int) -> int:
        """Keep a text if there is room for it, the first under its key; returns the room that is left."""
        if not key or key in self.texts or len(text) > left:
            return left
        self.texts[key] = text
        return left - len(text)
