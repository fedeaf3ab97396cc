"""The command audit: who did what, as a list, as files, and whether the log is as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from bot import command_text
from bot.cards import Answer, Button, Card, Field
from bot.commands.command import Asked
from bot.formatting import when
from core.audit import check, checkpoints, log, words
from core.audit.words import AuditEntry
from core.errors import AuditBroken, BadInput, Conflict, UnknownMember
from core.exports import links
from core.people import projects, team
from core.people.roles import Permission, allow
from core.schemas.audit import AuditCheckSchema, AuditEventSchema, AuditFile, AuditSchema, CheckpointSchema
from core.security.signed_links import LinkedFile
from storage import ids
from storage.people.audit import AuditFilter

VERIFY, CHECKPOINT = "verify", "checkpoint"
FORMS = ("csv", "jsonl")
_SHOWN, _MOST, _IN_A_FILE = 15, 100, 100_000
_LONGEST_BUTTON = 80


def audit(asked: Asked) -> Answer:
    """Show who did what, newest first: all of it, or by person, action, project, id or day.

    Leads see the events of their projects, admins all. `as:csv` makes a file of what is found, `as:jsonl` of the whole log, which
    can be checked elsewhere. `verify` checks that nothing was edited, deleted, reordered or cut off; `checkpoint` signs the log's
    end.
    /audit
    /audit R-4F2K
    /audit @ana action:role
    /audit by:@ana project:orchid day:2026-11-30
    /audit as:csv since:2026-11-01
    /audit verify
    """
    subject = " ".join(part.value for part in asked.line.words)
    if subject == VERIFY:
        return _verify(asked)
    if subject == CHECKPOINT:
        return _checkpoint(asked)
    form = asked.option("as").casefold()
    if form not in ("", *FORMS):
        raise BadInput(f"`as` is csv or jsonl, not `{form[:20]}`.", hint="Write as:csv.", input="as")
    if form == "jsonl":
        return _whole(asked)
    limit = _IN_A_FILE if form else asked.count("limit", _SHOWN, _MOST)
    with asked.desk.reading() as session:
        found = log.read(session, _wanted(session, asked, subject), by=asked.member, limit=limit + 1)
        shown = words.entries(session, found[:limit])
    events, more = [_schema(one) for one in shown[:_MOST]], len(found) > limit
    if not form:
        return Answer(cards=(_card(asked, shown, more),), private=True, schema=AuditSchema(events=events, more=more))
    card, link = _file(asked, "audit.csv", "text/csv", words.table(shown).encode("utf-8-sig"), len(shown))
    return Answer(cards=(card,), private=True, schema=AuditSchema(events=events, more=more, link=link, count=len(shown)))


def _wanted(session: Session, asked: Asked, subject: str) -> AuditFilter:
    by, action, project = asked.option("by"), asked.option("action"), asked.option("project")
    since, until = _span(asked)
    code = _code(subject)
    person = None if code or not subject else _person(session, asked, subject)
    found = projects.find(session, project).id if project else None
    return AuditFilter(
        actor_id=_person(session, asked, by) if by else None,
        person_id=person,
        actions=log.actions(action) if action else None,
        projects=None if found is None else (found,),
        subject=code,
        since=since,
        until=until,
        before=asked.count("before", 2**31, 2**31) if asked.option("before") else None,
    )


def _code(text: str) -> str:
    """The id in its own letters, of whatever kind, or a subject such as `project/orchid`; empty for anything else."""
    prefix = text[:1].upper()
    row = ids.number(prefix, text) if text[1:2] == "-" and prefix.isalpha() else None
    if row is not None:
        return ids.code(prefix, row)
    return text if text.partition("/")[0] in ("project", "client", "channel", "workspace") and "/" in text else ""


def _person(session: Session, asked: Asked, name: str) -> int:
    found = team.find(session, name, platform=asked.place.platform, tenant=asked.place.tenant)
    if found.id is None:
        raise UnknownMember
    return found.id


def _span(asked: Asked) -> tuple[datetime | None, datetime | None]:
    day, since, until = (asked.day(name) for name in ("day", "since", "until"))
    if day is not None:
        return day, day + timedelta(days=1)
    return since, until


def _card(asked: Asked, shown: Sequence[AuditEntry], more: bool) -> Card:
    fields = tuple(Field(when(one.event.at), _line(one), short=False) for one in shown)
    buttons = _more(asked, shown[-1]) if more else ()
    return Card("Audit log", text="" if shown else "No events match.", fields=fields, buttons=buttons)


def _more(asked: Asked, last: AuditEntry) -> tuple[Button, ...]:
    given = {name: value for name, value in asked.line.options if name != "before"} | {"before": str(last.event.number)}
    again = command_text.write("", [part.value for part in asked.line.words], given).strip()
    return (Button("audit", again, "More"),) if len(again) <= _LONGEST_BUTTON else ()


def _line(one: AuditEntry) -> str:
    parts = [one.sentence, *one.changes, *([one.project] if one.project else [])]
    return " · ".join(parts)


def _schema(one: AuditEntry) -> AuditEventSchema:
    event = one.event
    return AuditEventSchema(
        number=event.number,
        at=event.at,
        who=one.who,
        action=event.action,
        subject=event.subject,
        project=one.project,
        sentence=one.sentence,
        before=event.before,
        after=event.after,
        hash=event.hash,
    )


def _whole(asked: Asked) -> Answer:
    """The whole log, as lines that can be checked elsewhere."""
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.CHECK_AUDIT, None)
    with asked.desk.reading() as session:
        told = [f"{one}\n".encode("ascii") for one in log.lines(session)]
    card, link = _file(asked, "audit.jsonl", "application/jsonl", b"".join(told), len(told))
    return Answer(cards=(card,), private=True, schema=AuditFile(link=link, count=len(told)))


def _file(asked: Asked, name: str, mime: str, made: bytes, count: int) -> tuple[Card, str]:
    """A card that offers the file, and the link to it."""
    log.note_export(asked.desk, name.rpartition(".")[2], count, by=asked.member)
    link = links.make(asked.desk, LinkedFile(asked.desk.blobs.put(made), name, mime), by=asked.member)
    card = Card("Audit log", fields=(Field("File", f"Download {name}", link=link), Field("Events", f"{count:,}")))
    return card, link


def _verify(asked: Asked) -> Answer:
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.CHECK_AUDIT, None)
    found = check.check(asked.desk)
    if not found.intact:
        more = f" And {found.count - len(found.problems):,} more." if found.count > len(found.problems) else ""
        said = f"The audit log is not as it was written: {found.count:,} problem{'s' if found.count != 1 else ''}."
        raise AuditBroken(said, hint=" ".join(found.problems) + more, problems=list(found.problems), count=found.count)
    if not found.checkpoints:
        rest = "No checkpoint has been signed yet, so events cut off at its end cannot be noticed: /audit checkpoint signs one."
    elif found.covered < found.events:
        rest = f"A checkpoint vouches for the first {found.covered:,}; later ones could still be cut off unnoticed."
    else:
        rest = "A checkpoint vouches for all of them."
    told = AuditCheckSchema(
        intact=True, events=found.events, hash=found.hash, checkpoints=found.checkpoints, covered=found.covered
    )
    return Answer(f"The audit log is **intact**: {found.events:,} events. {rest}", private=True, schema=told)


def _checkpoint(asked: Asked) -> Answer:
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.CHECK_AUDIT, None)
    written = checkpoints.write(asked.desk)
    if written is None:
        raise Conflict("The audit log has no events yet.", hint="Sign a checkpoint once something has happened.")
    made, path = written
    note = path.read_text(encoding="utf-8")
    said = f"Signed: the first {made.number:,} events. The checkpoint is in `{path.name}`; keep a copy on another machine."
    told = CheckpointSchema(events=made.number, hash=made.hash, file=str(path), note=note)
    return Answer(said, private=True, copy=note, schema=told)
