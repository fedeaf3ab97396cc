"""Several pictures of one asking on one sheet, numbered and captioned, in a size that chat shows well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw

from core.provenance.card.facts import CardFacts
from core.provenance.card.ink import Pen
from core.provenance.card.picture import enlargement, fitted_size, flattened, opened, size_of
from core.provenance.card.placeholder import placeholder
from core.provenance.card.text import Style, Typesetter
from core.provenance.card.theme import DARK, LIGHT, Theme

MOST = 12
WIDTH = 1280
_EDGE, _GAP, _UNDER = 32, 24, 10
_NUMBER, _CAPTION, _MORE = Style(19, "bold"), Style(19), Style(18)
_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3, 7: 4, 8: 4, 9: 3, 10: 4, 11: 4, 12: 4}


@dataclass(frozen=True)
class Grid:
    """Cells of one size, row by row."""

    columns: int
    rows: int
    width: int
    height: int
    """Of the part of a cell that holds the picture."""

    def place(self, at: int) -> tuple[int, int]:
        """Top left corner of cell number `at`."""
        x = _EDGE + at % self.columns * (self.width + _GAP)
        return x, _EDGE + at // self.columns * (self.height + _UNDER + _CAPTION.pitch + _GAP)

    @property
    def bottom(self) -> int:
        return self.place(self.columns * self.rows)[1] - _GAP


def compose(pictures: Sequence[bytes], captions: Sequence[str], *, dark: bool, setter: Typesetter) -> bytes:
    """JPEG bytes of the first `MOST` pictures, numbered; those beyond are counted in a last line."""
    if not pictures:
        raise ValueError("a contact sheet needs at least one picture")
    theme, pen = (DARK if dark else LIGHT), Pen(setter.book.shaping)
    shown, more = pictures[:MOST], len(pictures) - MOST
    grid = _grid([size_of(picture) for picture in shown])
    sheet = Image.new("RGB", (WIDTH, grid.bottom + _EDGE + (_MORE.pitch if more > 0 else 0)), theme.matte)
    for at, picture in enumerate(shown):
        caption = captions[at] if at < len(captions) else ""
        left = _stand(sheet, grid, at, picture, theme, setter, pen)
        _caption(sheet, grid, at, left, (str(at + 1), caption), theme, setter, pen)
    for line in setter.lines(f"and {more} more", _MORE, WIDTH - 2 * _EDGE, 1) if more > 0 else ():
        pen.write(sheet, line, (_EDGE, grid.bottom + _EDGE // 2), _MORE, theme.soft)
    out = BytesIO()
    sheet.save(out, "JPEG", quality=90, subsampling=0, optimize=True)
    return out.getvalue()


def _grid(sizes: Sequence[tuple[int, int] | None]) -> Grid:
    """As many columns as look even, and cells of the pictures' middle proportions, no higher than needed."""
    columns = _COLUMNS[len(sizes)]
    width = (WIDTH - 2 * _EDGE - _GAP * (columns - 1)) // columns
    ratios = sorted(size[1] / size[0] for size in sizes if size) or [0.75]
    ratio = min(1.5, max(0.5, ratios[len(ratios) // 2]))
    room = (width, min(round(width * ratio), 900))
    tallest = max((fitted_size(size, room)[1] * enlargement(size, room) for size in sizes if size), default=room[1])
    return Grid(columns, -(-len(sizes) // columns), width, tallest if all(sizes) else max(tallest, width // 2))


def _stand(sheet: Image.Image, grid: Grid, at: int, data: bytes, theme: Theme, setter: Typesetter, pen: Pen) -> int:
    """Put the picture, whole, at the foot of its cell; returns where its left edge is."""
    x, y = grid.place(at)
    shown = opened(data, (grid.width, grid.height))
    if shown:
        picture = flattened(shown.image, theme.paper, theme.board)
    else:
        picture = placeholder(CardFacts("", ""), (grid.width, grid.height), True, theme, setter, pen)
    left, top = x + (grid.width - picture.width) // 2, y + grid.height - picture.height
    sheet.paste(picture, (left, top))
    ImageDraw.Draw(sheet).rectangle((left - 1, top - 1, left + picture.width, top + picture.height), outline=theme.frame)
    return left


def _caption(
    sheet: Image.Image, grid: Grid, at: int, left: int, words: tuple[str, str], theme: Theme, setter: Typesetter, pen: Pen
) -> None:
    cell, y = grid.place(at)
    x, right = left, cell + grid.width
    y += grid.height + _UNDER
    for text, style, colour in zip(words, (_NUMBER, _CAPTION), (theme.ink, theme.soft), strict=True):
        for line in setter.lines(text, style, right - x, 1):
            pen.write(sheet, line, (x, y), style, colour)
            x += int(line.width) + 12
