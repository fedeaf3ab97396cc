"""A font as the card uses it: what it has, and itself at a size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from core.provenance.card.clusters import ignorable, is_skin_tone
from core.provenance.card.cmap import Coverage, coverage_of_file

STRIKES = (109, 160, 96, 128, 64, 72, 40)
"""Pixel sizes at which colour emoji fonts keep their pictures: Noto 109, Apple 160 and below; outline fonts take any."""


@dataclass(frozen=True, eq=False)
class FontFace:
    """One font of one file."""

    name: str
    source: bytes | Path
    covers: Coverage = field(repr=False)
    index: int = 0
    thicken: bool = False
    """Whether bold is made by drawing this regular font a little fatter."""
    _sizes: dict[int, ImageFont.FreeTypeFont] = field(default_factory=dict, repr=False)

    def at(self, size: int, *, shaping: bool) -> ImageFont.FreeTypeFont:
        """The font at `size` pixels."""
        key = size if shaping else -size
        if key not in self._sizes:
            engine = ImageFont.Layout.RAQM if shaping else ImageFont.Layout.BASIC
            source = BytesIO(self.source) if isinstance(self.source, bytes) else str(self.source)
            self._sizes[key] = ImageFont.truetype(source, size, index=self.index, layout_engine=engine)
        return self._sizes[key]

    def has(self, piece: str) -> bool:
        return all(ord(char) in self.covers or ignorable(char) for char in piece)


@dataclass(frozen=True, eq=False)
class EmojiFace:
    """A colour emoji font, drawn at one of its own sizes and scaled from there."""

    font: ImageFont.FreeTypeFont
    covers: Coverage = field(repr=False)
    shaping: bool = True

    def has(self, piece: str) -> bool:
        return all(ord(char) in self.covers or ignorable(char) for char in piece)

    def picture(self, piece: str, height: int) -> Image.Image:
        """The piece as an RGBA picture of that height; a sequence the font does not know shows its parts side by side."""
        return _emoji_picture(self, piece, height)


@lru_cache(maxsize=256)
def _emoji_picture(face: EmojiFace, piece: str, height: int) -> Image.Image:
    shown = (
        piece if face.shaping else piece[0] + "".join(char for char in piece[1:] if not (ignorable(char) or is_skin_tone(char)))
    )
    left, top, right, bottom = face.font.getbbox(shown)
    picture = Image.new("RGBA", (max(1, int(right - left)), max(1, int(bottom - top))))
    ImageDraw.Draw(picture).text((-left, -top), shown, font=face.font, embedded_color=True)
    return picture.resize((max(1, round(picture.width * height / picture.height)), height), Image.Resampling.LANCZOS)


def emoji_face(path: Path, shaping: bool) -> EmojiFace | None:
    """The emoji font in a file, if this Pillow can draw it in colour (it cannot draw COLRv1 or SVG fonts)."""
    engine = ImageFont.Layout.RAQM if shaping else ImageFont.Layout.BASIC
    for size in STRIKES:
        try:
            face = EmojiFace(ImageFont.truetype(str(path), size, layout_engine=engine), coverage_of_file(path), shaping)
            if face.has("😀") and _is_colourful(face.picture("😀", 32)):
                return face
        except OSError:  # no pictures of that size in this font, or no font at all
            continue
    return None


def _is_colourful(picture: Image.Image) -> bool:
    extrema: Sequence[tuple[float, float]] = picture.convert("HSV").getextrema()  # type: ignore[assignment]
    return extrema[1][1] > 100 and extrema[2][1] > 100
