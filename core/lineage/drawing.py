"""A lineage as a drawing: columns from the oldest source to the newest result, a box an Asset, a line a step."""

from __future__ import annotations

from dataclasses import dataclass

from core.lineage.family import Lineage, LineageStep
from storage.tables import Asset

BOX_WIDTH, BOX_HEIGHT = 132, 148
_COLUMN, _ROW = BOX_WIDTH + 88, BOX_HEIGHT + 22
_MOST = 48


@dataclass(frozen=True)
class DrawnBox:
    """Where an Asset stands, in pixels."""

    asset: Asset
    x: int
    y: int
    current: bool


@dataclass(frozen=True)
class DrawnLine:
    """From one box's right edge to another's left one; `name` is the input it went into."""

    x1: int
    y1: int
    x2: int
    y2: int
    name: str


@dataclass(frozen=True)
class Drawing:
    """Everything to be drawn, and how large that is."""

    width: int
    height: int
    boxes: tuple[DrawnBox, ...]
    lines: tuple[DrawnLine, ...]
    more: int = 0
    """Assets that had no room."""


def draw(family: Lineage) -> Drawing:
    """At most 48 Assets, the nearest first; no boxes but its own for one without relatives."""
    columns: dict[int, int] = {family.asset.id: 0}
    steps: list[tuple[int, int, str]] = []
    rows: dict[int, Asset] = {family.asset.id: family.asset}
    for side, found in ((-1, family.sources), (1, family.results)):
        for one in found:
            if one.asset.id not in rows and len(rows) >= _MOST:
                continue
            rows.setdefault(one.asset.id, one.asset)
            columns.setdefault(one.asset.id, side * one.steps)
            steps.append(_ends(one, side))
    boxes = _placed(rows, columns, family.asset.id)
    by_id = {box.asset.id: box for box in boxes}
    lines = tuple(
        _line(by_id[parent], by_id[child], name) for parent, child, name in dict.fromkeys(steps) if {parent, child} <= set(by_id)
    )
    total = len({one.asset.id for one in (*family.sources, *family.results)} | {family.asset.id})
    return Drawing(
        max(box.x for box in boxes) + BOX_WIDTH, max(box.y for box in boxes) + BOX_HEIGHT, boxes, lines, total - len(boxes)
    )


def _ends(one: LineageStep, side: int) -> tuple[int, int, str]:
    """(what went in, what came out, as which input)."""
    near, far = one.other.id, one.asset.id
    return (far, near, one.name) if side < 0 else (near, far, one.name)


def _placed(rows: dict[int, Asset], columns: dict[int, int], current: int) -> tuple[DrawnBox, ...]:
    first = min(columns.values())
    by_column: dict[int, list[int]] = {}
    for number, column in columns.items():
        by_column.setdefault(column - first, []).append(number)
    tallest = max(map(len, by_column.values()))
    boxes = []
    for column, numbers in sorted(by_column.items()):
        top = (tallest - len(numbers)) * _ROW // 2
        boxes += [
            DrawnBox(rows[number], column * _COLUMN, top + at * _ROW, number == current)
            for at, number in enumerate(sorted(numbers))
        ]
    return tuple(boxes)


def _line(parent: DrawnBox, child: DrawnBox, name: str) -> DrawnLine:
    middle = BOX_HEIGHT // 2
    return DrawnLine(parent.x + BOX_WIDTH, parent.y + middle, child.x, child.y + middle, name)
