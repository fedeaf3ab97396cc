"""Where each thing stands on a card: rectangles with what goes into them, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.provenance.card.text import Style, TextLine, Typesetter

Tone = Literal["ink", "soft", "approved", "rejected", "needs work", "simulated"]
LABEL = Style(14, "bold", tracking=1.3)
_COLUMNS = 3
GAP = 30
"""Between two cells beside each other."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def overlaps(self, other: Box) -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def within(self, other: Box) -> bool:
        return self.x >= other.x and self.y >= other.y and self.right <= other.right and self.bottom <= other.bottom

    def moved(self, x: int, y: int) -> Box:
        return Box(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True)
class TextBlock:
    """Lines of one text."""

    box: Box
    lines: tuple[TextLine, ...]
    style: Style
    tone: Tone = "ink"
    align: Literal["left", "right", "centre", "reading"] = "left"
    """`reading`: to the side where its script begins."""


@dataclass(frozen=True)
class RuleLine:
    """A hairline."""

    box: Box


@dataclass(frozen=True)
class Chip:
    """A short text in a pill."""

    box: Box
    line: TextLine
    style: Style
    tone: Tone


@dataclass(frozen=True)
class Logo:
    """The clapper mark."""

    box: Box


@dataclass(frozen=True)
class Matte:
    """The ground the picture stands on."""

    box: Box


@dataclass(frozen=True)
class Plate:
    """The picture itself, or what stands in for it."""

    box: Box


@dataclass(frozen=True)
class QrCode:
    """A QR code: `modules` rows of black and white squares, `scale` pixels each, quiet zone included in the box."""

    box: Box
    modules: tuple[tuple[bool, ...], ...]
    scale: int


Item = TextBlock | RuleLine | Chip | Logo | Matte | Plate | QrCode


@dataclass(frozen=True)
class Cell:
    """A small label and its value."""

    label: str
    value: str
    style: Style
    most: int = 2
    """Lines the value may take."""
    whole: bool = False
    """Whether it gets the width it needs before the cells beside it share the rest."""


@dataclass
class Column:
    """Things below each other; `y` is where the next one begins."""

    setter: Typesetter
    x: int
    y: int
    width: int
    items: list[Item] = field(default_factory=list)

    def gap(self, height: int) -> None:
        self.y += height

    def rule(self, above: int = 18, below: int = 16) -> None:
        self.gap(above)
        self.items.append(RuleLine(Box(self.x, self.y, self.width, 1)))
        self.gap(1 + below)

    def words(self, text: str, style: Style, *, tone: Tone = "ink", most: int = 1, reading: bool = False) -> None:
        """A text of at most that many lines; nothing at all for an empty one. `reading`: set like a title."""
        setting = self.setter.balanced if reading else self.setter.lines
        lines = setting(text, style, self.width, most)
        if lines:
            box = Box(self.x, self.y, self.width, style.pitch * len(lines))
            self.items.append(TextBlock(box, lines, style, tone, "reading" if reading else "left"))
            self.gap(box.height)

    def labelled(self, label: str, text: str, style: Style, *, most: int = 2) -> None:
        self.words(label.upper(), LABEL, tone="soft")
        self.gap(3)
        self.words(text, style, most=most)

    def row(self, cells: list[Cell]) -> None:
        """Cells side by side, parted by hairlines as on a film slate; of equal width unless one needs more and others less."""
        x, parts = self.x, []
        for cell, width in zip(cells, self._shares(cells), strict=True):
            part = Column(self.setter, x, self.y, width)
            part.labelled(cell.label, cell.value, cell.style, most=cell.most)
            parts.append(part)
            x += width + GAP
        bottom = max((part.y for part in parts), default=self.y)
        for part in parts[1:]:
            self.items.append(RuleLine(Box(part.x - GAP // 2, self.y, 1, bottom - self.y)))
        self.take(parts)

    def _shares(self, cells: list[Cell]) -> list[int]:
        needs = [self.natural(cell) for cell in cells]
        room, waiting = self.width - GAP * (len(cells) - 1), set(range(len(cells)))
        shares = [0] * len(cells)
        for at in [at for at in waiting if cells[at].whole]:
            shares[at] = min(needs[at], room)
            room -= shares[at]
            waiting.discard(at)
        while waiting:
            share = room // len(waiting)
            narrow = {at for at in waiting if needs[at] < share}
            settled = narrow if narrow and narrow != waiting else waiting
            for at in settled:
                shares[at] = needs[at] if settled is narrow else share
                room -= shares[at]
            waiting = waiting - settled
        return shares

    def grid(self, cells: list[Cell], rows: int) -> int:
        """Cells on three columns, a wide one over two or all of them, in at most that many rows; how many found room."""
        step = (self.width + GAP) // _COLUMNS
        at_column, bottom, row = 0, self.y, 1
        for at, cell in enumerate(cells):
            span = min(_COLUMNS, max(1, -(-(self.natural(cell) + GAP) // step)))
            if at_column and at_column + span > _COLUMNS:
                at_column, row = 0, row + 1
                if row > rows:
                    self.y = bottom
                    return at
                self.y = bottom + 14
            part = Column(self.setter, self.x + at_column * step, self.y, span * step - GAP)
            part.labelled(cell.label, cell.value, cell.style, most=1)
            self.items.extend(part.items)
            bottom, at_column = max(bottom, part.y), at_column + span
        self.y = bottom
        return len(cells)

    def take(self, parts: list[Column]) -> None:
        """Adopt what stands in columns beside each other and go on below the longest."""
        for part in parts:
            self.items.extend(part.items)
        self.y = max([self.y, *(part.y for part in parts)])

    def natural(self, cell: Cell) -> int:
        """The width a cell needs to stand on one line each."""
        lines = (
            *self.setter.lines(cell.label.upper(), LABEL, self.width, 1),
            *self.setter.lines(cell.value, cell.style, self.width, 1),
        )
        return min(self.width, int(max((line.width for line in lines), default=0)) + 2)
