"""A plan turned into pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from core.provenance.card.boxes import Box, Chip, Item, Logo, Matte, Plate, QrCode, RuleLine, TextBlock, Tone
from core.provenance.card.ink import Colour, Pen
from core.provenance.card.layout import Layout
from core.provenance.card.text import TextLine
from core.provenance.card.theme import Theme

_FINE = 4
"""Curves and slants are drawn this many times larger and shrunk, for smooth edges."""


def paint(layout: Layout, picture: Image.Image, theme: Theme, pen: Pen) -> Image.Image:
    """The card as an RGB picture; `picture` fills the plan's plate."""
    card = Image.new("RGB", (layout.width, layout.height), theme.paper)
    for item in layout.items:
        if isinstance(item, Plate):
            card.paste(picture, (item.box.x, item.box.y))
            _frame(card, item.box, theme.frame)
        else:
            _paint_item(card, item, theme, pen)
    return card


def _paint_item(card: Image.Image, item: Item, theme: Theme, pen: Pen) -> None:
    match item:
        case Matte():
            card.paste(theme.matte, _corners(item.box))
        case RuleLine():
            card.paste(theme.rule, _corners(item.box))
        case TextBlock():
            _words(card, item, theme, pen)
        case Chip():
            _chip(card, item, theme, pen)
        case Logo():
            card.paste(theme.ink, _corners(item.box), clapper(item.box.width))
        case QrCode():
            card.paste(_qr(item), (item.box.x, item.box.y))


def tone_colour(theme: Theme, tone: Tone) -> Colour:
    return {"ink": theme.ink, "soft": theme.soft, "simulated": theme.simulated}.get(tone) or theme.of_status(tone)


def _corners(box: Box) -> tuple[int, int, int, int]:
    return box.x, box.y, box.right, box.bottom


def _frame(card: Image.Image, box: Box, colour: Colour) -> None:
    """A hairline just outside the picture, which itself stays untouched."""
    ImageDraw.Draw(card).rectangle((box.x - 1, box.y - 1, box.right, box.bottom), outline=colour)


def _words(card: Image.Image, words: TextBlock, theme: Theme, pen: Pen) -> None:
    for row, line in enumerate(words.lines):
        x = words.box.x + _indent(words, line)
        pen.write(card, line, (x, words.box.y + row * words.style.pitch), words.style, tone_colour(theme, words.tone))


def _indent(words: TextBlock, line: TextLine) -> int:
    spare = max(0, words.box.width - int(line.width) - 1)
    if words.align == "centre":
        return spare // 2
    return spare if words.align == "right" or (words.align == "reading" and line.rtl) else 0


def _chip(card: Image.Image, chip: Chip, theme: Theme, pen: Pen) -> None:
    colour = tone_colour(theme, chip.tone)
    size = (chip.box.width * _FINE, chip.box.height * _FINE)
    fill, edge = Image.new("L", size), Image.new("L", size)
    radius = chip.box.height * _FINE // 2
    ImageDraw.Draw(fill).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, fill=26)
    ImageDraw.Draw(edge).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, outline=190, width=6)
    for mask in (fill, edge):
        card.paste(colour, _corners(chip.box), mask.resize((chip.box.width, chip.box.height), Image.Resampling.BOX))
    top = chip.box.y + round(chip.box.height / 2 + chip.style.size * 0.35) - chip.style.baseline
    pen.write(card, chip.line, (chip.box.x + (chip.box.width - int(chip.line.width)) // 2, top), chip.style, colour)


def _qr(code: QrCode) -> Image.Image:
    """Black on white in every theme: phones read it best so."""
    squares = np.where(np.array(code.modules), 0, 255).astype(np.uint8)
    return Image.fromarray(squares.repeat(code.scale, axis=0).repeat(code.scale, axis=1)).convert("RGB")


def clapper(size: int) -> Image.Image:
    """Slate's mark as a mask: a board with its striped stick a little open."""
    unit = size * _FINE / 32
    mask = Image.new("L", (size * _FINE, size * _FINE))
    draw = ImageDraw.Draw(mask)
    draw.rounded_rectangle((1 * unit, 13 * unit, 31 * unit, 30 * unit), 3 * unit, fill=255)
    stick = Image.new("L", mask.size)
    on_stick = ImageDraw.Draw(stick)
    on_stick.rounded_rectangle((1 * unit, 6 * unit, 31 * unit, 11.5 * unit), 1.6 * unit, fill=255)
    for start in (3, 11, 19, 27):
        on_stick.polygon([((start + x) * unit, y * unit) for x, y in ((3, 5), (7, 5), (4, 13), (0, 13))], fill=0)
    turned = stick.rotate(9, Image.Resampling.BICUBIC, center=(2 * unit, 12 * unit))
    mask.paste(turned, (0, 0), turned)
    return mask.resize((size, size), Image.Resampling.BOX)
