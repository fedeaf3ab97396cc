"""A compliance report on paper (PDF) and as a table (CSV). Both say what was checked; neither says what that means in law."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from fpdf.enums import Align, XPos, YPos

from core.compliance.rules import SECTIONS, Checked, ComplianceReport, Item, Status
from core.exports.pdf import BLACK, GREY, MARGIN, PdfDocument
from core.text.cells import tame

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


def pdf(report: ComplianceReport) -> bytes:
    """The report on A4."""
    page = PdfDocument(f"Marking of AI pictures: {report.subject}")
    page.heading("Marking of AI pictures")
    page.line_of(report.subject, 13, bold=True)
    page.line_of(f"{report.sentence} Made {datetime.fromisoformat(report.made_at).astimezone(UTC):%d %B %Y, %H:%M} UTC.")
    page.line_of(_NO_JUDGEMENT, grey=True)
    page.ln(3)
    for name, value in report.roles:
        page.line_of(f"{name}: {value}")
    for one in report.assets:
        _asset(page, one)
    _sources(page, report)
    return page.bytes()


def table(report: ComplianceReport) -> str:
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
            writer.writerow([tame(cell) for cell in (*row, report.rule_set)])
    return out.getvalue()


def _asset(page: PdfDocument, one: Checked) -> None:
    if page.get_y() > page.h - 60:
        page.add_page()
    page.ln(5)
    page.heading(f"{one.asset} · {one.title}", 13)
    page.line_of(f"SHA-256 {one.sha256}", 7.5, grey=True)
    section = ""
    for item in one.items:
        if item.section != section:
            section = item.section
            page.ln(1.6)
            if page.get_y() > page.h - 38:
                page.add_page()
            page.line_of(f"{section}  {SECTIONS[section]}", 9.5, bold=True)
        _item(page, item)


def _item(page: PdfDocument, item: Item) -> None:
    if page.get_y() > page.h - 26:
        page.add_page()
    top = page.get_y()
    page.set_font("body", "B", 8)
    page.set_text_color(*_TONES[item.status])
    page.set_xy(MARGIN, top)
    page.cell(18, 4.3, item.status.value.upper(), align=Align.L)
    page.set_text_color(*BLACK)
    page.set_font("body", "", 8.5)
    page.cell(40, 4.3, page.known(item.name)[:34], align=Align.L)
    source = " · ".join(part for part in (item.source, item.where) if part)
    text, width = page.known(item.text)[:600], page.w - 2 * MARGIN - 58 - (34 if source else 0)
    page.multi_cell(width, 4.3, text, align=Align.L, new_x=XPos.RIGHT, new_y=YPos.LAST)
    size = ("body", "", 8.5)
    page.set_xy(page.w - MARGIN - 32, top)
    page.set_text_color(*GREY)
    page.set_font("body", "", 7.5)
    page.cell(32, 4.3, source, align=Align.R)
    page.set_font(*size)
    height = page.multi_cell(width, 4.3, text, dry_run=True, output="HEIGHT")
    page.set_xy(MARGIN, top + max(4.6, float(str(height)) + 0.3))


def _sources(page: PdfDocument, report: ComplianceReport) -> None:
    if page.get_y() > page.h - 70:
        page.add_page()
    page.ln(6)
    page.heading(f"Rules of {report.rule_set}", 12)
    for source in report.sources:
        note = f" ({source.note})" if source.note else ""
        page.line_of(f"{source.name}: {source.title}{note}.", 8, grey=True)
