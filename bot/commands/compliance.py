"""Commands on AI marking: compliance, declare."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from bot.cards import Answer, Card, Field, Tone
from bot.commands import background, subjects
from bot.commands.command import Asked
from core.compliance import collect
from core.compliance import report as compliance_report
from core.compliance.rules import QUESTIONS, SECTIONS, Checked, ComplianceReport, Item, Status
from core.errors import BadInput, NotFound, UnknownAsset
from core.exports import links
from core.people import projects
from core.schemas.verification import CheckedAsset, ComplianceSchema, DeclarationSchema, ItemSchema, LegalSourceSchema
from core.security.signed_links import LinkedFile
from storage import ids
from storage.files import assets, exports
from storage.tables import Asset


def compliance(asked: Asked) -> Answer:
    """Check how pictures are marked, item by item.

    For pictures by their ids, for one delivery by an export's id, or for a project, as a whole or from one day to another.
    `as:pdf` and `as:csv` make files of it. Items that need a person's answer are listed; `declare` gives it.
    /compliance A-7Q0D
    /compliance X-4F2K as:pdf
    /compliance project:acme-spring since:2026-11-01 until:2026-12-01 as:csv
    """
    form = asked.option("as").casefold()
    if form not in ("", "pdf", "csv"):
        raise BadInput(f"`as` is pdf or csv, not `{form[:20]}`.", hint="Write as:pdf.", input="as")
    subject, found = _meant(asked)
    if asked.later:
        return background.begin(asked, f"Checking {subject}.")
    report = collect.report(asked.desk, subject, found, by=asked.member)
    text, told = f"{subject}: {report.sentence}", schema_of(report)
    if form:
        made = compliance_report.pdf(report) if form == "pdf" else compliance_report.table(report).encode("utf-8-sig")
        mime = "application/pdf" if form == "pdf" else "text/csv"
        name = "marking-" + "".join(letter if letter.isalnum() else "-" for letter in subject)[:60].strip("-") + f".{form}"
        link = links.make(asked.desk, LinkedFile(asked.desk.blobs.put(made), name, mime), by=asked.member)
        told = told.model_copy(update={"link": link})
        made_of = Card("Compliance report", fields=(Field("File", f"Download {name}", link=link),))
    cards = tuple(_card(one, report) for one in report.assets[:6])
    return Answer(text, (made_of, *cards) if form else cards, private=True, schema=told)


def declare(asked: Asked) -> Answer:
    """Answer the compliance questions that only a person can.

    Questions are deep-fake, public-interest, artistic, standard-edit and icon. An answer is kept with your name; a later one
    replaces it.
    /declare A-7Q0D deep-fake:"no, a product shot"
    /declare A-7Q0D icon:"yes, on the campaign page" artistic:no
    """
    with asked.desk.reading() as session:
        found = subjects.some_assets(session, asked)
    given = [(question, asked.option(question)) for question in QUESTIONS if asked.option(question)]
    if not given:
        raise BadInput("`declare` needs an answer.", hint=f"Questions are {', '.join(QUESTIONS)}.")
    for asset in found:
        for question, answer in given:
            collect.say(asked.desk, asset, question, answer, by=asked.member)
    codes = ", ".join(asset.code for asset in found)
    said = "; ".join(f"{question}: {answer}" for question, answer in given)
    told = DeclarationSchema(assets=[one.code for one in found], said=dict(given))
    return Answer(f"{asked.member.name} declared for {codes}: {said}", schema=told)


def schema_of(report: ComplianceReport) -> ComplianceSchema:
    return ComplianceSchema(
        subject=report.subject,
        rule_set=report.rule_set,
        made_at=report.made_at,
        counts={status.value: report.count(status) for status in Status},
        roles=dict(report.roles),
        sources=[LegalSourceSchema(name=one.name, title=one.title, note=one.note) for one in report.sources],
        assets=[
            CheckedAsset(asset=one.asset, sha256=one.sha256, items=[_item_schema(item) for item in one.items])
            for one in report.assets
        ],
    )


def _item_schema(item: Item) -> ItemSchema:
    return ItemSchema(
        section=item.section,
        item=item.name,
        status=item.status.value,
        found=item.text,
        source=item.source,
        where=item.where,
    )


def _meant(asked: Asked) -> tuple[str, Sequence[Asset]]:
    """(what it is about in words, the Assets)."""
    word = asked.line.word(0)
    with asked.desk.reading() as session:
        if (row := ids.number("X", word)) is not None:
            return _delivery(session, asked, word, row)
        if word:
            found = subjects.some_assets(session, asked)
            return ", ".join(one.code for one in found[:4]) + (" …" if len(found) > 4 else ""), found
        if not asked.option("project") and asked.place.thread_ref:
            found = subjects.some_assets(session, asked)
            return found[0].code, found
        project = projects.find(session, asked.option("project")) if asked.option("project") else asked.place.project
        if project is None:
            raise BadInput("`compliance` needs an id or a project.", hint="Give an id, or project:NAME.")
    since, until = asked.day("since"), asked.day("until")
    span = "".join(f" {word} {day:%Y-%m-%d}" for word, day in (("from", since), ("until", until)) if day)
    return f"{project.slug}{span}", collect.of_period(asked.desk, project, since, until, by=asked.member)


def _delivery(session: Session, asked: Asked, word: str, row: int) -> tuple[str, list[Asset]]:
    """The originals of everything that left together with one export."""
    export = exports.by_id(session, row)
    if export is None:
        raise NotFound(f"There is no export {word[:20].upper()}.", hint="The id is on its card.")
    together = exports.of_batch(session, export.batch) or [export]
    known = assets.many(session, [one.asset_id for one in together])
    if not known:
        raise UnknownAsset("The originals of this delivery were deleted.")
    found = [subjects.check_visible(session, asked, one) for one in known.values()]
    return f"delivery {export.code} to {export.recipient or 'an unnamed recipient'}", found


_OUTCOMES = {
    Status.PASS: "passed",
    Status.FAIL: "failed",
    Status.UNKNOWN: "could not be checked",
    Status.HUMAN: "needs review",
}


def _line(item: Item) -> str:
    source = f" ({item.source})" if item.source else ""
    return f"{_OUTCOMES[item.status]}: {item.name}: {item.text}{source}"


def _card(one: Checked, report: ComplianceReport) -> Card:
    tone: Tone = "failed" if one.count(Status.FAIL) else "plain"
    fields = []
    for letter, name in SECTIONS.items():
        items = [item for item in one.items if item.section == letter]
        open_ones = [item for item in items if item.status in (Status.FAIL, Status.UNKNOWN, Status.HUMAN)]
        passed = sum(1 for item in items if item.status is Status.PASS)
        lines = [_line(item) for item in open_ones[:6]]
        if passed or lines:
            fields.append(Field(f"{letter} {name}", "\n".join([f"{passed} passed", *lines] if passed else lines), short=False))
    return Card(
        f"Compliance of {one.asset}",
        tone=tone,
        subject=one.asset,
        text=f"{', '.join(f'{one.count(status)} {word}' for status, word in _OUTCOMES.items() if one.count(status))}.",
        fields=tuple(fields),
        footer=f"Rules of {report.rule_set}; `as:pdf` names them. A technical check, not legal advice.",
        link=f"/assets/{one.asset}",
    )
