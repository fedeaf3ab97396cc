"""Lines of text put on a picture, each kept strictly inside its own strip."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from core.provenance.card.fonts import packaged
from core.provenance.card.text import Style, TextLine, TextRun, box_width, emoji_height

Colour = tuple[int, int, int]
_ROOM = 3
"""Pixels left and right of a line for letters that lean out of their width."""


@dataclass(frozen=True)
class Pen:
    """What draws: shaping as the FontBook says."""

    shaping: bool

    def write(self, image: Image.Image, line: TextLine, at: tuple[int, int], style: Style, colour: Colour) -> None:
        """Put a line with its top left corner at `at`; nothing is drawn above, below or beside its strip."""
        width = int(line.width) + 2 * _ROOM + 1
        mask = Image.new("L", (width, style.pitch))
        draw, x = ImageDraw.Draw(mask), float(_ROOM)
        for run in line.runs:
            if run.emoji:
                _paste_emoji(image, run, (at[0] + round(x) - _ROOM, at[1]), style)
            elif run.face:
                self._letters(draw, run, x, style)
            else:
                _code_box(draw, run.text, x, style)
            x += run.width
        image.paste(colour, (at[0] - _ROOM, at[1]), mask)

    def _letters(self, draw: ImageDraw.ImageDraw, run: TextRun, x: float, style: Style) -> None:
        assert run.face is not None
        font = run.face.at(style.size, shaping=self.shaping)
        direction = ("rtl" if run.rtl else "ltr") if self.shaping else None
        fatter = style.size / 40 if run.face.thicken else 0
        draw.text((x, style.baseline), run.text, fill=255, font=font, anchor="ls", direction=direction, stroke_width=fatter)


def _paste_emoji(image: Image.Image, run: TextRun, at: tuple[int, int], style: Style) -> None:
    assert run.emoji is not None
    height = emoji_height(style)
    picture = run.emoji.picture(run.text, height)
    image.paste(picture, (at[0], at[1] + style.baseline + round(style.size * 0.2) - height), picture)


def _code_box(draw: ImageDraw.ImageDraw, char: str, x: float, style: Style) -> None:
    """A box with the character's code point in hexadecimal, in two rows."""
    digits = f"{ord(char):04X}" if ord(char) <= 0xFFFF else f"{ord(char):06X}"
    half, width = len(digits) // 2, box_width(char, style)
    top, bottom = style.baseline - round(style.size * 0.84), style.baseline + round(style.size * 0.14)
    draw.rounded_rectangle((x, top, x + width - 1, bottom), radius=max(1, style.size // 10), outline=150, width=1)
    font = packaged("fimo").at(max(6, round(style.size * 0.4)), shaping=False)
    middle, step = x + width / 2, (bottom - top) / 2
    for row, part in enumerate((digits[:half], digits[half:])):
        draw.text((middle, top + step * (row + 0.5) + 0.5), part, fill=255, font=font, anchor="mm")
