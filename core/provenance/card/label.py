"""The words of a card in their order and size: what a visitor reads first stands first."""

from __future__ import annotations

import segno

from core.provenance.card.boxes import LABEL, Box, Cell, Chip, Column, Logo, QrCode, TextBlock, Tone
from core.provenance.card.clusters import clean
from core.provenance.card.facts import CardFacts, short_hash, shown_date
from core.provenance.card.text import Style
from core.text.headline import headline

WORDMARK = Style(25, "bold")
TITLE = Style(38, "bold")
CODES = Style(21, "mono")
NAME = Style(24, "bold")
VALUE = Style(22)
MODEL = Style(20)
HASH = Style(17, "mono")
NOTE = Style(17)
CHIP = Style(17, "bold")
SETTING = Style(20)

MODELS = 5
SETTING_ROWS = 4
QR_PIXELS = 168
QR_LONGEST = 300
"""Characters of a link; a longer one would make a code too fine to scan from a screen, and stands as text only."""

_MARKS = {"approved": "✓", "rejected": "✗", "needs work": "✎"}
_NO_VERDICT = "Not reviewed"


def header(column: Column, facts: CardFacts) -> None:
    """Whose card it is, and at the other end how it stands."""
    right = column.x + column.width
    top = column.y
    for text, tone in _chips(facts):
        (line, *_rest) = column.setter.lines(text, CHIP, column.width // 2, 1)
        width = int(line.width) + 30
        column.items.append(Chip(Box(right - width, top, width, 36), line, CHIP, tone))
        right -= width + 10
    column.items.append(Logo(Box(column.x, top + 1, 34, 34)))
    mark = Column(column.setter, column.x + 44, top + 1, 80)
    mark.words("Slate", WORDMARK)
    column.items.extend(mark.items)
    column.gap(36)


def _chips(facts: CardFacts) -> list[tuple[str, Tone]]:
    status = clean(facts.status).lower()
    tone: Tone = status if status in ("approved", "rejected", "needs work") else "soft"  # type: ignore[assignment]
    text = f"{_MARKS.get(status, '○')} {status.capitalize() or _NO_VERDICT}"
    marks: list[tuple[str, Tone]] = [("AI", "ink")] if "AI" in facts.disclosure else []
    return [(text, tone), *marks, *([("SIMULATED", "simulated")] if facts.simulated else [])]  # type: ignore[list-item]


def heading(column: Column, facts: CardFacts) -> None:
    """The name of the work and the numbers by which it is found."""
    codes = "  ·  ".join(code for code in (clean(facts.asset), clean(facts.render)) if code)
    column.words(clean(headline(facts.title)) or "Untitled", TITLE, most=3, reading=True)
    column.gap(6)
    column.words(codes, CODES, tone="soft")


def people(column: Column, facts: CardFacts) -> None:
    """For whom and by whom. The shot's code is never cut: it has the width it needs, or a row of its own."""
    whom = [Cell(label, value, NAME) for label, value in (("Client", facts.client), ("Project", facts.project)) if clean(value)]
    shot = [Cell("Shot", facts.shot, NAME, most=6, whole=True)] if clean(facts.shot) else []
    together = shot and column.natural(shot[0]) * 2 <= column.width
    for cells in ([*whom, *shot],) if together else (whom, shot):
        if cells:
            column.rule()
            column.row(cells)
    column.rule()
    made = [Cell("Made by", clean(facts.who) or "not recorded", VALUE)]
    if facts.date:
        made.append(Cell("Date", shown_date(facts.date), VALUE))
    column.row(made)


def recipe(column: Column, facts: CardFacts, *, ruled: bool) -> None:
    """With what it was made: workflow, models, seed and settings."""
    if ruled:
        column.rule()
    column.labelled("Workflow", clean(facts.workflow) or "not recorded", VALUE)
    column.rule()
    column.words("MODELS", LABEL, tone="soft")
    column.gap(4)
    for model in facts.models[:MODELS]:
        _model(column, *model)
    more = len(facts.models) - MODELS
    column.words(f"and {more} more" if more > 0 else "" if facts.models else "none recorded", NOTE, tone="soft")
    settings(column, facts)


def _model(column: Column, name: str, sha256: str, licence: str) -> None:
    """Name and short hash on one line, the licence below."""
    known = short_hash(clean(sha256))
    room = column.width // 2
    (tag, *_rest) = column.setter.lines(known, HASH, room, 1) or column.setter.lines("no hash", HASH, room, 1)
    width = int(tag.width) + 2
    left = Column(column.setter, column.x, column.y, column.width - width - 16)
    left.words(clean(name) or "unnamed", MODEL, most=2)
    drop = MODEL.baseline - HASH.baseline
    right = Box(column.x + column.width - width, column.y + drop, width, HASH.pitch)
    column.items.append(TextBlock(right, (tag,), HASH, "soft", "right"))
    column.take([left])
    column.words(clean(licence) or "licence unknown", NOTE, tone="soft")
    column.gap(6)


def settings(column: Column, facts: CardFacts) -> None:
    seed = [("Seed", facts.seed)] if clean(facts.seed) else []
    pairs = [(label, value) for label, value in (*seed, *facts.settings) if clean(label) or clean(value)]
    if not pairs:
        return
    column.rule(above=12)
    cells = [Cell(clean(label), clean(value) or "–", SETTING) for label, value in pairs]
    shown = column.grid(cells, SETTING_ROWS)
    if shown < len(cells):
        column.gap(6)
        column.words(f"and {len(cells) - shown} more", NOTE, tone="soft")


def credentials(column: Column, facts: CardFacts) -> None:
    """What is to be said of its making, and whether that is signed."""
    cells = [("AI disclosure", facts.disclosure), ("Content Credentials", facts.seal)]
    shown = [Cell(label, clean(value), SETTING, most=3) for label, value in cells if clean(value)]
    if shown:
        column.rule(above=14)
        column.row(shown)


def footer(column: Column, facts: CardFacts, *, ruled: bool) -> None:
    """The way to the full record, and what one must know before believing the picture."""
    link = "".join(clean(facts.link).split())
    if ruled and (link or facts.simulated):
        column.rule()
    code = qr(link, column.x, column.y) if link else None
    indent = code.box.width + 22 if code else 0
    beside = Column(column.setter, column.x + indent, column.y, column.width - indent)
    if code:
        column.items.append(code)
        beside.gap(6)
    if link:
        beside.words("FULL RECORD", LABEL, tone="soft")
        beside.gap(3)
        beside.words(link.partition("://")[2] or link, NOTE, most=3)
    if facts.simulated:
        beside.gap(8 if link else 0)
        beside.words("Simulated: a stand-in picture. No model was run.", NOTE, tone="simulated", most=3)
    column.take([beside])
    column.y = max(column.y, code.box.bottom if code else 0)


def qr(link: str, x: int, y: int) -> QrCode | None:
    """The link as a QR code with its quiet zone of four modules; None for one too long to scan."""
    if len(link) > QR_LONGEST:
        return None
    matrix = segno.make(link, error="m", micro=False).matrix_iter(scale=1, border=4)
    modules = tuple(tuple(bool(module) for module in row) for row in matrix)
    scale = max(2, QR_PIXELS // len(modules))
    return QrCode(Box(x, y, scale * len(modules), scale * len(modules)), modules, scale)
