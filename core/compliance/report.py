"""A compliance report on paper (PDF) and as a table (CSV). Both say what was checked; neither says what that means in law."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from fpdf.enums import Align, XPos, YPos

from core.compliance.rules import SECTIONS, Checked, Item, Report, Status
from core.exports.pdf import BLACK, GREY, MARGIN, Paper

_TONES = {
    Status.PASS: (22, 128, 80),
    Status.FAIL: (190, 40, 50),
    Status.UNKNOWN: (150, 105, 10),
    Status.HUMAN: (60, 80, 190),
    Status.NOT_APPLICABLE: GREY,
}
_NO_JUDGEMENT = (
    "This lists what a machine could check and what it found. It is no legal advice and no statement that any duty is met."
)


def pdf(report: Report) -> bytes:
    """The report on A4."""
    paper = Paper(f"Marking of AI pictures: {report.subject}")
    paper.heading("Marking of AI pictures")
    paper.line_of(report.subject, 13, bold=True)
    paper.line_of(f"{report.sentence} Made {datetime.fromisoformat(report.made_at).astimezone(UTC):%d %B %Y, %H:%M} UTC.")
    paper.line_of(_NO_JUDGEMENT, grey=True)
    paper.ln(3)
    for name, value in report.roles:
        paper.line_of(f"{name}: {value}")
    for one in report.assets:
        _asset(paper, one)
    _sources(paper, report)
    return paper.bytes()


def table(report: Report) -> str:
    """The report as CSV, a line an item; a cell that a spreadsheet would take for a formula is made text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("asset", "file", "sha256", "section", "item", "status", "found", "source", "where", "rule_set"))
    for one in report.assets:
        for item in one.items:
            row = (
                one.asset,
                one.title,
                one.sha256,
                item.section,
                item.name,
                item.status.value,
                item.text,
                item.source,
                item.where,
            )
            writer.writerow([_tame(cell) for cell in (*row, report.rule_set)])
    return out.getvalue()


def _asset(paper: Paper, one: Checked) -> None:
    if paper.get_y() > paper.h - 60:
        paper.add_page()
    paper.ln(5)
    paper.heading(f"{one.asset} · {one.title}", 13)
    paper.line_of(f"SHA-256 {one.sha256}", 7.5, grey=True)
    section = ""
    for item in one.items:
        if item.section != section:
            section = item.section
            paper.ln(1.6)
            if paper.get_y() > paper.h - 38:
                paper.add_page()
            paper.line_of(f"{section}  {SECTIONS[section]}", 9.5, bold=True)
        _item(paper, item)


def _item(paper: Paper, item: Item) -> None:
    if paper.get_y() > paper.h - 26:
        paper.add_page()
    top = paper.get_y()
    paper.set_font("body", "B", 8)
    paper.set_text_color(*_TONES[item.status])
    paper.set_xy(MARGIN, top)
    paper.cell(18, 4.3, item.status.value.upper(), align=Align.L)
    paper.set_text_color(*BLACK)
    paper.set_font("body", "", 8.5)
    paper.cell(40, 4.3, paper.known(item.name)[:34], align=Align.L)
    source = " · ".join(part for part in (item.source, item.where) if part)
    text, width = paper.known(item.text)[:600], paper.w - 2 * MARGIN - 58 - (34 if source else 0)
    paper.multi_cell(width, 4.3, text, align=Align.L, new_x=XPos.RIGHT, new_y=YPos.LAST)
    size = ("body", "", 8.5)
    paper.set_xy(paper.w - MARGIN - 32, top)
    paper.set_text_color(*GREY)
    paper.set_font("body", "", 7.5)
    paper.cell(32, 4.3, source, align=Align.R)
    paper.set_font(*size)
    height = paper.multi_cell(width, 4.3, text, dry_run=True, output="HEIGHT")
    paper.set_xy(MARGIN, top + max(4.6, float(str(height)) + 0.3))


def _sources(paper: Paper, report: Report) -> None:
    if paper.get_y() > paper.h - 70:
        paper.add_page()
    paper.ln(6)
    paper.heading(f"Rules of {report.rule_set}", 12)
    for source in report.sources:
        note = f" ({source.note})" if source.note else ""
        paper.line_of(f"{source.name}: {source.title}{note}.", 8, grey=True)


def _tame(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell
