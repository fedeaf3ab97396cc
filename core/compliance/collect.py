"""Gathers what the checks look at, for one Asset or for many, and writes down what a person says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import structlog

from core import files
from core.compliance.check import Declaration, Gone, Material, Signed, check
from core.compliance.rules import QUESTIONS, Checked, ComplianceReport, Item, Status
from core.desk import Desk
from core.errors import BadInput, BlobDamaged, BlobMissing, NotFound, SandboxBusy, StoreError
from core.events import Event, record
from core.events.actions import Action
from core.exports import leak_check, private_terms
from core.exports.leak_check import Secret
from core.files import Limits, stored
from core.people.roles import Permission, allow
from core.provenance import embed, xmp
from core.provenance.seal import read
from core.provenance.watermark import confirm
from storage.blobs import BlobError
from storage.clock import now
from storage.files import assets, exports, fingerprints
from storage.people import projects
from storage.tables import Asset, ComplianceNote, Member, Project

log = structlog.get_logger(__name__)
Value = TypeVar("Value")
MOST = 2_000
"""Assets of one report."""


def report(desk: Desk, subject: str, found: Sequence[Asset], *, by: Member) -> ComplianceReport:
    """The report about these Assets. Raises Refused, and BadInput for too many."""
    if len(found) > MOST:
        raise BadInput(
            f"{len(found)} files are too many for one report.", hint=f"At most {MOST}; narrow it with since: and until:."
        )
    settings = desk.settings
    roles = (("Provider", settings.provider), ("Deployer", settings.deployer), ("Notice", settings.notice))
    told = tuple((name, value or "for a person to fill in") for name, value in roles)
    return ComplianceReport(
        subject, now().isoformat(timespec="seconds"), tuple(_checked(desk, asset, by) for asset in found), told
    )


def of_period(desk: Desk, project: Project, since: datetime | None, until: datetime | None, *, by: Member) -> Sequence[Asset]:
    """What was rendered for a project in a time. Raises Refused."""
    with desk.reading() as session:
        allow(session, by, Permission.SEE, project)
        return exports.in_period(session, project.id or 0, since, until, MOST + 1)


def say(desk: Desk, asset: Asset, question: str, answer: str, *, by: Member) -> None:
    """Write down what a person says about an Asset. Raises Refused, NotFound for a question that is none, BadInput."""
    if question not in QUESTIONS:
        raise NotFound(f"`{question[:30]}` is not among the questions.", hint=f"They are {', '.join(QUESTIONS)}.")
    if not answer.strip():
        raise BadInput("An answer is missing.", hint=f'Write {question}:"no, a product shot".', input=question)
    with desk.writing() as session:
        allow(session, by, Permission.APPROVE, projects.by_id(session, asset.project_id))
        note = ComplianceNote(
            asset_id=asset.id or 0, question=question, answer=answer.strip()[:500], member_id=by.id or 0, created_at=now()
        )
        exports.add_note(session, note)
        record(session, Event(Action.ASSET_DECLARED, asset.code, by=by, after={question: note.answer}, asset_id=asset.id))


def _checked(desk: Desk, asset: Asset, by: Member) -> Checked:
    try:
        data = stored.read(desk, asset.sha256)
    except (BlobMissing, BlobDamaged) as problem:
        what = "are not in the store" if isinstance(problem, BlobMissing) else "are damaged in the store"
        lost = Item("A", "file digest", Status.FAIL, f"its bytes {what}")
        return Checked(asset.code, asset.filename, (lost,), asset.sha256)
    except StoreError:
        away = Item("A", "file digest", Status.UNKNOWN, "the file store does not answer: nothing of it could be checked")
        return Checked(asset.code, asset.filename, (away,), asset.sha256)
    with desk.reading() as session:
        allow(session, by, Permission.SEE, projects.by_id(session, asset.project_id))
        secrets = private_terms.secrets(session, asset)
        inputs = assets.parents(session, asset)
        left = [(one, assets.by_id(session, one.copy_id)) for one in exports.of_asset(session, asset.id or 0)]
        notes = {
            name: Declaration(note.answer, who.name, note.created_at)
            for name, (note, who) in exports.notes(session, asset.id or 0).items()
        }
        indexed = bool(asset.phash) and fingerprints.has(session, asset.id or 0, asset.phash)
    limits = Limits(max_pixels=desk.settings.max_pixels, max_bytes=4 << 30)
    examined, image = _read(lambda: files.look(data, asset.filename, limits)) or (None, None)
    signed = _read(lambda: Signed(read.read(desk.settings, data, asset.mime) if read.carries(data) else None))
    gone = [Gone(one, copied, _leaks(desk, copied, secrets)) for one, copied in left]
    return check(
        Material(
            desk.settings,
            asset,
            data,
            examined,
            signed.credentials if signed else None,
            inputs,
            gone,
            _read(lambda: tuple(sorted({one.what for one in leak_check.found_in(data, secrets)}))),
            _has(desk, str(asset.seal.get("manifest") or "")),
            indexed,
            notes,
            now(),
            confirm.agreement(desk.settings, image, asset.statement) if image is not None else None,
            signed is not None,
            _read(lambda: xmp.read(embed.xmp_in(data, asset.mime))),
        )
    )


def _read(what: Callable[[], Value]) -> Value | None:
    """What was read; None where it cannot be, which no check takes for an answer."""
    try:
        return what()
    except (BadInput, SandboxBusy) as problem:
        log.info("compliance.unread", problem=problem.message)
        return None


def _has(desk: Desk, digest: str) -> bool | None:
    """Whether something is in the store; None where the store does not answer."""
    try:
        return bool(digest) and desk.blobs.has(digest)
    except BlobError:
        return None


def _leaks(desk: Desk, copied: Asset | None, secrets: Sequence[Secret]) -> tuple[str, ...] | None:
    """Which kinds of secrets a copy holds; None where that could not be looked at."""
    if copied is None:
        return None
    try:
        data = stored.read(desk, copied.sha256)
    except StoreError:
        return None
    allowed = f"{desk.settings.team} {desk.settings.credit}"
    return _read(lambda: tuple(sorted({one.what for one in leak_check.found_in(data, secrets, allowed=allowed)})))
