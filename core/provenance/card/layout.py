"""The plan of a card: picture beside the label, or above it when the picture is wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.provenance.card import label
from core.provenance.card.boxes import Box, Column, Item, Matte, Plate, TextBlock
from core.provenance.card.facts import CardFacts
from core.provenance.card.text import Typesetter

WIDTH = 1440
EDGE = 48
"""From the edge of the paper to the words on it."""
FRAME = 28
"""From the edge of the matte to the picture on it."""
PANEL = 880
"""Width of the matte beside a label."""
TALLEST = 1040
"""Height of a picture beside a label."""
WIDE_TALLEST = 860
"""Height of a picture above a label."""
SQUAREST = 1.5
"""A card with the picture beside its label is at most this many times wider than high, so that cards look alike."""
LOWEST_MATTE = 200
WIDE = 1.25
"""From this ratio of width to height on, a picture stands above its label."""
PLACEHOLDER = (624, 468)


@dataclass(frozen=True)
class Layout:
    """Everything on a card and where."""

    width: int
    height: int
    items: tuple[Item, ...]

    @property
    def plate(self) -> Box:
        return next(item.box for item in self.items if isinstance(item, Plate))


def is_wide(size: tuple[int, int] | None) -> bool:
    return size is not None and size[0] >= WIDE * size[1]


def room_for(size: tuple[int, int] | None) -> tuple[int, int]:
    """The largest width and height a picture of that size may have on its card."""
    return (WIDTH - 2 * FRAME, WIDE_TALLEST) if is_wide(size) else (PANEL - 2 * FRAME, TALLEST)


def arrange(facts: CardFacts, plate: tuple[int, int], notes: Sequence[str], setter: Typesetter, *, wide: bool) -> Layout:
    """The plan for a picture that is shown `plate` pixels large, with `notes` under it."""
    return _above(facts, plate, notes, setter) if wide else _beside(facts, plate, notes, setter)


def _above(facts: CardFacts, plate: tuple[int, int], notes: Sequence[str], setter: Typesetter) -> Layout:
    matte = max(LOWEST_MATTE, plate[1] + 2 * FRAME + _notes_height(notes))
    pictured = _pictured(plate, notes, Box(0, 0, WIDTH, matte), setter)
    top = Column(setter, EDGE, matte + 36, WIDTH - 2 * EDGE)
    label.header(top, facts)
    share = (top.width - 64) // 2
    left = Column(setter, EDGE, top.y + 22, share)
    right = Column(setter, EDGE + share + 64, top.y + 30, share)
    label.heading(left, facts)
    label.people(left, facts)
    label.recipe(right, facts, ruled=False)
    label.credentials(left if left.y <= right.y else right, facts)
    shorter = left if left.y <= right.y else right
    label.footer(shorter, facts, ruled=True)
    top.take([left, right])
    return Layout(WIDTH, top.y + EDGE - 8, (*pictured, *top.items))


def _beside(facts: CardFacts, plate: tuple[int, int], notes: Sequence[str], setter: Typesetter) -> Layout:
    """The way to the record stands below the picture or below the words, whichever makes the lower card."""
    plans = [_side(facts, plate, notes, setter, below=below) for below in (False, True)]
    return min(plans, key=lambda plan: plan.height)


def _side(facts: CardFacts, plate: tuple[int, int], notes: Sequence[str], setter: Typesetter, *, below: bool) -> Layout:
    words = Column(setter, PANEL + EDGE, EDGE - 4, WIDTH - PANEL - 2 * EDGE)
    label.header(words, facts)
    words.gap(30)
    label.heading(words, facts)
    label.people(words, facts)
    label.recipe(words, facts, ruled=True)
    label.credentials(words, facts)
    if not below:
        label.footer(words, facts, ruled=True)
    foot = Column(setter, FRAME, 0, PANEL - 2 * FRAME)
    if below:
        label.footer(foot, facts, ruled=False)
    taken = foot.y + EDGE if foot.items else 0
    height = max(words.y + EDGE - 4, plate[1] + 2 * FRAME + _notes_height(notes) + taken, round(WIDTH / SQUAREST))
    pictured = _pictured(plate, notes, Box(0, 0, PANEL, height - taken), setter)
    matte = Matte(Box(0, 0, PANEL, height))
    moved = [_moved(item, height - taken) for item in foot.items]
    return Layout(WIDTH, height, (matte, *pictured[1:], *moved, *words.items))


def _notes_height(notes: Sequence[str]) -> int:
    return label.NOTE.pitch * len(notes) + (14 if notes else 0)


def _pictured(plate: tuple[int, int], notes: Sequence[str], matte: Box, setter: Typesetter) -> list[Item]:
    """The picture in the middle of its matte with its notes right under it."""
    height = plate[1] + _notes_height(notes)
    box = Box(matte.x + (matte.width - plate[0]) // 2, matte.y + (matte.height - height) // 2, *plate)
    items: list[Item] = [Matte(matte), Plate(box)]
    y, width = box.bottom + 14, matte.width - 2 * FRAME
    for note in notes:
        lines = setter.lines(note, label.NOTE, width, 1)
        items.append(TextBlock(Box(matte.x + FRAME, y, width, label.NOTE.pitch), lines, label.NOTE, "soft", "centre"))
        y += label.NOTE.pitch
    return items


def _moved(item: Item, down: int) -> Item:
    return replace(item, box=item.box.moved(0, down))
