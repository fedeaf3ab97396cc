"""Named queries about Exports and the export profiles of projects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from storage.tables import Asset, ComplianceNote, Export, ExportProfile, Member, Origin

RESTORED = "restored"
"""The profile of a copy that did not leave: it was brought here, recognised, and given credentials."""


def add(session: Session, export: Export) -> Export:
    session.add(export)
    session.flush()
    return export


def of_asset(session: Session, asset_id: int) -> Sequence[Export]:
    """Every copy of an Asset that left, oldest first."""
    return session.exec(select(Export).where(Export.asset_id == asset_id).order_by(col(Export.id))).all()


def by_id(session: Session, export_id: int) -> Export | None:
    return session.get(Export, export_id)


def of_copy(session: Session, copy_id: int) -> Export | None:
    """The Export that made a copy."""
    return session.exec(select(Export).where(Export.copy_id == copy_id)).first()


def of_batch(session: Session, batch: str) -> Sequence[Export]:
    """What left together, in order; nothing for an empty word."""
    return session.exec(select(Export).where(Export.batch == batch).order_by(col(Export.id))).all() if batch else []


def exported(session: Session, project_id: int, since: datetime | None = None, until: datetime | None = None) -> Sequence[Asset]:
    """The Assets of a project that left in a time, each once, oldest first."""
    asked = select(Asset).join(Export, col(Export.asset_id) == Asset.id).where(Export.project_id == project_id).distinct()
    asked = asked if since is None else asked.where(col(Export.created_at) >= since)
    asked = asked if until is None else asked.where(col(Export.created_at) < until)
    return session.exec(asked.order_by(col(Asset.id))).all()


def notes(session: Session, asset_id: int) -> dict[str, tuple[ComplianceNote, Member]]:
    """The newest answer to each question about an Asset, and whose it is."""
    asked = select(ComplianceNote, Member).join(Member, col(Member.id) == ComplianceNote.member_id)
    rows = session.exec(asked.where(ComplianceNote.asset_id == asset_id).order_by(col(ComplianceNote.id)))
    return {note.question: (note, member) for note, member in rows}


def add_note(session: Session, note: ComplianceNote) -> ComplianceNote:
    session.add(note)
    session.flush()
    return note


def in_period(session: Session, project_id: int, since: datetime | None, until: datetime | None, limit: int) -> Sequence[Asset]:
    """What was rendered for a project in a time, newest first."""
    asked = select(Asset).where(Asset.project_id == project_id, Asset.origin == Origin.RENDER)
    asked = asked if since is None else asked.where(col(Asset.created_at) >= since)
    asked = asked if until is None else asked.where(col(Asset.created_at) < until)
    return session.exec(asked.order_by(col(Asset.id).desc()).limit(limit)).all()


def profiles(session: Session, project_id: int) -> dict[str, dict[str, Any]]:
    """Profile -> the rules that a project has changed."""
    rows = session.exec(select(ExportProfile).where(ExportProfile.project_id == project_id))
    return {row.name: dict(row.rules) for row in rows}


def set_profile(session: Session, project_id: int, name: str, rules: Mapping[str, Any], member_id: int) -> dict[str, Any]:
    """Keep a project's own rules for a profile (none: as Slate ships it) and return the former ones."""
    asked = select(ExportProfile).where(ExportProfile.project_id == project_id, ExportProfile.name == name)
    there = session.exec(asked).first()
    before = dict(there.rules) if there else {}
    if there is None:
        session.add(ExportProfile(project_id=project_id, name=name, rules=dict(rules), member_id=member_id))
    elif rules:
        there.rules, there.member_id = dict(rules), member_id
        session.add(there)
    else:
        session.delete(there)
    session.flush()
    return before
