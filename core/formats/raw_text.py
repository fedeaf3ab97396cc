"""Text as it stands in a file: its bytes, where they stood, and how they are declared to be encoded."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST = 2_000
"""Texts kept of one file."""
WANTED = frozenset(
    ("parameters", "prompt", "workflow", "comment", "usercomment", "description", "invokeai_metadata", "sd-metadata")
)
_MORE = 50
"""Texts under these keys, by which programs tell how a picture was made, that are kept behind so many others."""


@dataclass(frozen=True)
class RawText:
    """`place` is for people ("EXIF UserComment"), `key` is the name the writer gave; `code` is one of core.formats.decoding."""

    place: str
    key: str
    code: str
    body: bytes

    def kept(self) -> tuple[str, str, str, bytes]:
        """As storage.files.raw_metadata keeps it."""
        return self.place, self.key, self.code, self.body


@dataclass
class RawTexts:
    """The texts of one file, never more than `left` bytes of them."""

    left: int
    found: list[RawText] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, place: str, key: str, code: str, body: bytes | memoryview) -> None:
        """Keep a text if there is room for it, and tell of one there is no room for."""
        if not len(body):
            return
        most = MOST + _MORE if key.casefold() in WANTED else MOST
        if len(body) > self.left or len(self.found) >= most:
            self.refuse(place, "it is too long" if len(body) > self.left else "there are too many texts")
            return
        self.left -= len(body)
        self.found.append(RawText(place, key, code, bytes(body)))

    def refuse(self, place: str, why: str) -> None:
        if len(self.problems) < 20:
            self.problems.append(f"The text in {place} was left out: {why}.")
