"""Which font draws which character: two font packages that come with Slate, then whatever fonts the machine has.

FiraGO (Latin, Greek, Cyrillic, Arabic, Hebrew, Thai, Devanagari, Georgian) and Noto Sans CJK are pip packages, so that a card
looks the same on every machine; see docs/decisions/0004-card-fonts.md. Emoji and rarer scripts come from the machine's own fonts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import noto_cjk_sans_otc
import pymupdf_fonts
from PIL import features

from core.provenance.card.clusters import is_emoji
from core.provenance.card.cmap import Coverage, coverage, coverage_of_file
from core.provenance.card.faces import EmojiFace, FontFace, emoji_face
from core.provenance.card.system_fonts import SystemFonts

Look = Literal["regular", "bold", "mono"]
_MAIN: dict[Look, tuple[str, ...]] = {
    "regular": ("figo", "notos"),
    "bold": ("figbo", "notosbo"),
    "mono": ("fimo", "figo", "notos"),
}
_SYMBOLS = ("symbol2", "symbol1", "math")


@dataclass(frozen=True, eq=False)
class FontBook:
    """All fonts a card may use, in order of preference."""

    system: SystemFonts
    shaping: bool
    """Whether Pillow can shape text (Raqm with libfribidi)."""
    bundled_cjk: bool = True

    def face_for(self, piece: str, look: Look, language: str) -> FontFace | None:
        """The first font that has all of `piece`; `language` (ja, ko, zh-Hans, zh-Hant) settles which Han shapes."""
        for face in self._chain(look, language):
            if face.has(piece):
                return face
        return self.system.find(piece)

    def emoji_for(self, piece: str) -> EmojiFace | None:
        return self.emoji if self.emoji and is_emoji(piece) and self.emoji.has(piece) else None

    @cached_property
    def emoji(self) -> EmojiFace | None:
        tried = (emoji_face(path, self.shaping) for path in self.system.colour_emoji())
        return next((face for face in tried if face), None)

    def _chain(self, look: Look, language: str) -> Iterable[FontFace]:
        for code in _MAIN[look]:
            yield packaged(code)
        if self.bundled_cjk:
            yield han(language, thicken=look == "bold")
        for code in _SYMBOLS:
            yield packaged(code, thicken=look == "bold")


@cache
def packaged(code: str, *, thicken: bool = False) -> FontFace:
    """A font of the pymupdf-fonts package by its code there."""
    data: bytes = pymupdf_fonts.myfont(code)
    return FontFace(code, data, coverage(data), thicken=thicken)


@cache
def han(language: str, *, thicken: bool) -> FontFace:
    """Noto Sans CJK in the shapes of one language; the collection's order is Japanese, Korean, Simplified, Traditional."""
    index = {"ja": 0, "ko": 1, "zh-Hans": 2, "zh-Hant": 3}.get(language, 2)
    path = Path(str(noto_cjk_sans_otc.FONT_PATH))
    return FontFace(f"cjk-{language}", path, _han_coverage(path), index, thicken)


@cache
def _han_coverage(path: Path) -> Coverage:
    return coverage_of_file(path)  # all fonts of the collection share one character set


def language_of(text: str) -> str:
    """A guess at whose Han shapes to use: kana says Japanese, hangul Korean, else whichever old character set holds the text."""
    blocks = {unicodedata.name(char, "").split(" ")[0] for char in text}
    if blocks & {"HIRAGANA", "KATAKANA"}:
        return "ja"
    if "HANGUL" in blocks:
        return "ko"
    signs = "".join(char for char in text if unicodedata.name(char, "").startswith("CJK "))
    for language, charset in (("zh-Hans", "gb2312"), ("zh-Hant", "big5"), ("ja", "shift_jis")):
        if _fits(signs, charset):
            return language
    return "zh-Hans"


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


@cache
def font_book() -> FontBook:
    """The fonts of this machine, looked up once a process."""
    return FontBook(SystemFonts(), bool(features.check("raqm")))
