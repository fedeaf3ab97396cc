"""A contact sheet: pictures with their ids in rows on A4, to be looked at together and marked with a pen."""

from __future__ import annotations

import io
from collections.abc import Sequence

from fpdf.enums import Align

from core.exports.pdf import GREY, MARGIN, PdfDocument
from core.files import previews
from core.provenance.disclosure import Disclosure

COLUMNS = 3
_MOST_PIXELS = 40_000_000
_GAP, _CAPTION, _TOP = 6.0, 14.0, 20.0


class SheetFrame:
    """One picture of the sheet, as its profile lets it be told; `kind` stands in its place where there is none."""

    def __init__(self, picture: bytes, name: str, lines: Sequence[str], kind: str = "") -> None:
        self.picture, self.name, self.lines, self.kind = picture, name, list(lines)[:2], kind


def contact_sheet(title: str, note: str, frames: Sequence[SheetFrame]) -> bytes:
    """The PDF's bytes. A frame without a picture (sound, a damaged file) says of what kind it is."""
    paper = PdfDocument(title, landscape=True)
    paper.heading(title)
    paper.line_of(note, grey=True)
    width = (paper.w - 2 * MARGIN - _GAP * (COLUMNS - 1)) / COLUMNS
    height = width * 0.66
    top = paper.get_y() + 4
    for number, frame in enumerate(frames):
        column = number % COLUMNS
        if column == 0 and number and (top := top + height + _CAPTION) + height + _CAPTION > paper.h - _TOP:
            paper.add_page()
            top = MARGIN
        _frame(paper, frame, MARGIN + column * (width + _GAP), top, width, height)
    return paper.bytes()


def lines_of(facts: dict[str, object]) -> list[str]:
    """What stands under a picture: who it was for, its status, and that a model made it."""
    told = Disclosure.told(facts)
    said = told.source_type.label if told else ""
    return [" · ".join(str(facts[key]) for key in ("shot", "by") if facts.get(key)), said]


def kind_of(mime: str, seconds: float | None = None) -> str:
    """What a file without a picture is, in words.

    >>> kind_of("video/webm", 12.04), kind_of("model/gltf-binary"), kind_of("image/png")
    ('film, 12.0 s', 'mesh', 'a picture that is not shown')
    """
    family = {"video": "film", "audio": "sound", "model": "mesh", "image": "a picture that is not shown"}
    word = family.get(mime.partition("/")[0], "a file")
    return f"{word}, {seconds:.1f} s" if seconds else word


def _frame(paper: PdfDocument, frame: SheetFrame, left: float, top: float, width: float, height: float) -> None:
    paper.set_draw_color(225, 225, 228)
    paper.rect(left, top, width, height)
    if frame.picture:
        shown = previews.still(frame.picture, _MOST_PIXELS).convert("RGB")
        shown.thumbnail((720, 720))
        shown.info.clear()
        packed = io.BytesIO()
        shown.save(packed, "JPEG", quality=85)
        scale = min(width / shown.width, height / shown.height)
        size = (shown.width * scale, shown.height * scale)
        paper.image(packed, left + (width - size[0]) / 2, top + (height - size[1]) / 2, *size, alt_text=frame.name)
    else:
        paper.set_font("body", "", 9)
        paper.set_text_color(*GREY)
        paper.set_xy(left, top + height / 2 - 2.5)
        paper.cell(width, 5, paper.known(frame.kind or "no picture")[:60], align=Align.C)
    paper.set_xy(left, top + height + 0.8)
    paper.set_font("body", "B", 8.5)
    paper.set_text_color(24, 24, 27)
    paper.cell(width, 4.2, paper.known(frame.name)[:60], align=Align.L)
    paper.set_font("body", "", 7.5)
    paper.set_text_color(*GREY)
    for row, line in enumerate(one for one in frame.lines if one):
        paper.set_xy(left, top + height + 4.8 + row * 3.6)
        paper.cell(width, 3.6, paper.known(line)[:80], align=Align.L)
