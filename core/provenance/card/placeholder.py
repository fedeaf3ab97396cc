"""What stands in for a picture: a quiet drawing of the kind of file, with its name and playing time."""

from __future__ import annotations

from PIL import Image, ImageDraw

from core.provenance.card.facts import CardFacts, shown_seconds
from core.provenance.card.ink import Pen
from core.provenance.card.text import Style, Typesetter
from core.provenance.card.theme import Theme

ICON = 128
_FINE = 4
_HEAD = Style(26, "bold")
_NOTE = Style(18)
_NAMES = {"video": "Video", "audio": "Sound", "model": "3D model", "text": "Text", "image": "Picture"}


def kind_of(mime: str) -> str:
    """The family of a MIME type; `file` where it says nothing."""
    family = mime.partition("/")[0].strip().lower()
    return family if family in _NAMES else "file"


def kind_name(facts: CardFacts) -> str:
    """`Video · 0:12`."""
    name = _NAMES.get(kind_of(facts.kind), "File")
    return name if facts.seconds is None else f"{name} · {shown_seconds(facts.seconds)}"


def placeholder(facts: CardFacts, size: tuple[int, int], given: bool, theme: Theme, setter: Typesetter, pen: Pen) -> Image.Image:
    """`given`: whether there were bytes, which then could not be read."""
    picture = Image.new("RGB", size, theme.board)
    texts = [(kind_name(facts), _HEAD, theme.ink), (_why(facts, given), _NOTE, theme.soft), (facts.filename, _NOTE, theme.soft)]
    lines = [(line, style, colour) for text, style, colour in texts for line in setter.lines(text, style, size[0] - 64, 1)]
    top = (size[1] - ICON - 26 - sum(style.pitch + 4 for _, style, _ in lines)) // 2
    picture.paste(theme.soft, ((size[0] - ICON) // 2, top), _icon(kind_of(facts.kind)))
    y = top + ICON + 26
    for line, style, colour in lines:
        pen.write(picture, line, ((size[0] - int(line.width)) // 2, y), style, colour)
        y += style.pitch + 4
    return picture


def _why(facts: CardFacts, given: bool) -> str:
    if given:
        return "This file could not be read as a picture."
    return "No picture to show." if kind_of(facts.kind) == "image" else ""


def _icon(kind: str) -> Image.Image:
    """Line drawings on a field of 32 units."""
    mask = Image.new("L", (ICON * _FINE, ICON * _FINE))
    _Sketch(ImageDraw.Draw(mask), ICON * _FINE / 32).draw(kind)
    return mask.resize((ICON, ICON), Image.Resampling.BOX)


class _Sketch:
    """Draws with round, even strokes."""

    def __init__(self, draw: ImageDraw.ImageDraw, unit: float) -> None:
        self._draw, self._unit = draw, unit

    def draw(self, kind: str) -> None:
        {"video": self._film, "audio": self._wave, "image": self._hills, "model": self._cube}.get(kind, self._page)()

    def _line(self, *points: tuple[float, float], closed: bool = False) -> None:
        path = [(x * self._unit, y * self._unit) for x, y in (*points, *points[: 2 if closed else 0])]
        self._draw.line(path, fill=255, width=round(1.2 * self._unit), joint="curve")
        for x, y in path:
            radius = 0.58 * self._unit
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

    def _rounded(self, left: float, top: float, right: float, bottom: float) -> None:
        box = tuple(edge * self._unit for edge in (left, top, right, bottom))
        self._draw.rounded_rectangle(box, 2 * self._unit, outline=255, width=round(1.2 * self._unit))

    def _film(self) -> None:
        self._rounded(3, 6, 29, 26)
        self._line((13, 11.5), (20.5, 16), (13, 20.5), closed=True)

    def _wave(self) -> None:
        for at, height in enumerate((3, 7, 11, 6, 9, 13, 8, 4, 6, 2)):
            x = 4.4 + at * 2.58
            self._line((x, 16 - height * 0.75), (x, 16 + height * 0.75))

    def _hills(self) -> None:
        self._rounded(3, 6, 29, 26)
        self._line((4, 23), (11.5, 14.5), (17, 20.5), (21.5, 16.5), (28, 23))
        self._draw.ellipse(tuple(edge * self._unit for edge in (19.5, 9.5, 23, 13)), fill=255)

    def _cube(self) -> None:
        self._line((16, 4), (27, 10), (27, 22), (16, 28), (5, 22), (5, 10), closed=True)
        self._line((5, 10), (16, 16), (27, 10))
        self._line((16, 16), (16, 28))

    def _page(self) -> None:
        self._line((8, 4), (19, 4), (25, 10), (25, 28), (8, 28), closed=True)
        self._line((19, 4), (19, 10), (25, 10))
        for y in (15, 19, 23):
            self._line((12, y), (21, y))
