"""The plain mark on every simulated file: a strip that says SIMULATED, readable at thumbnail size, and the prompt in small."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hooks.simulator.values import Frame

WORD = "SIMULATED"
WIDE_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSans-Regular.ttf", "DejaVuSans.ttf", "Arial Unicode.ttf")
_MOST_LINES = 2
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def marked(frame: Frame, caption: str) -> Image.Image:
    """The frame as a picture with the strip along its lower edge."""
    picture = Image.fromarray(frame)
    width, height = picture.size
    if width < 24 or height < 16:
        return picture
    strip = _strip(width, height, caption)
    box = (0, height - strip.height, width, height)
    picture.paste((12, 12, 14), box)  # it hides the strip of a picture this one was made from
    picture.paste((245, 243, 238), box, strip)
    return picture


@lru_cache(maxsize=16)
def _strip(width: int, height: int, caption: str) -> Image.Image:
    """The words as a mask, white where ink goes."""
    size = max(8, min(round(width * 0.105), round(height * 0.13)))
    font = _fitting(WORD, size, width * 0.94)
    _, top, _, bottom = _box(font, WORD)
    tall = bottom - top
    small = max(9, round(min(width, height) * 0.024))
    most = _MOST_LINES if height >= 160 else 0
    lines = _wrapped(caption, _font(small, caption.isascii()), width - 2 * small, most)
    pad = max(2, tall // 4)
    # as high with a short caption or none, so that a picture made from a marked one has its mark covered
    strip = Image.new("L", (width, min(height // 2, round(tall + 2 * pad + most * small * 1.35 + (pad if most else 0)))), 0)
    draw = ImageDraw.Draw(strip)
    above = pad + (most - len(lines)) * small * 1.35 / 2
    draw.text(((width - font.getlength(WORD)) / 2, above - top), WORD, fill=235, font=font)
    for number, line in enumerate(lines):
        face = _font(small, line.isascii())
        draw.text(((width - face.getlength(line)) / 2, above + tall + pad + number * small * 1.35), line, fill=190, font=face)
    return strip


def _fitting(text: str, size: int, room: float) -> Font:
    while size > 5 and _font(size, True).getlength(text) > room:
        size -= 1
    return _font(size, True)


def _box(font: Font, text: str) -> tuple[int, int, int, int]:
    left, top, right, bottom = font.getbbox(text)
    return int(left), int(top), int(right), int(bottom)


@lru_cache(maxsize=64)
def _font(size: int, plain: bool) -> Font:
    """Pillow's own face; for other scripts the first wide one the machine has."""
    for name in () if plain else WIDE_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _wrapped(text: str, font: Font, room: float, most: int) -> list[str]:
    words = "".join(c if c.isprintable() else " " for c in text[:600]).split()
    lines: list[str] = []
    while words and len(lines) < most:
        line = words.pop(0)
        while words and font.getlength(f"{line} {words[0]}") <= room:
            line = f"{line} {words.pop(0)}"
        lines.append(_cut(f"{line} {' '.join(words)}" if words and len(lines) == most - 1 else line, font, room))
    return lines


def _cut(line: str, font: Font, room: float) -> str:
    if font.getlength(line) <= room:
        return line
    keep = int(len(line) * room / max(1.0, font.getlength(line)))
    while keep > 1 and font.getlength(line[:keep] + "…") > room:
        keep -= 1
    return line[:keep].rstrip() + "…"


def preview(frame: Frame, done: float, longest: int = 512) -> Image.Image:
    """How a half-done picture looks: small, and the less done the more it is noise."""
    picture = Image.fromarray(frame)
    picture.thumbnail((min(longest, 256), min(longest, 256)))
    noise = np.random.default_rng(7).integers(0, 255, (*picture.size[::-1], 3), dtype=np.uint8)
    return Image.blend(Image.fromarray(noise), picture, float(np.clip(0.15 + 0.85 * done, 0, 1)))
