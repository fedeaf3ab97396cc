"""Attributes files anew that were taken in before, by what this import is told of them: only what nobody has confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from sqlmodel import Session

from core import files
from core.desk import UNFIT, Desk
from core.events import Event, record
from core.events.actions import Action
from core.formats.raw_text import RawText
from core.importing.attribution import Attribution, Attributor
from core.importing.sources import SourceFile
from storage.files import assets, imports, raw_metadata
from storage.people import projects
from storage.tables import Asset, Origin

log = structlog.get_logger(__name__)


def attribute(desk: Desk, attributor: Attributor, entries: Sequence[SourceFile]) -> int:
    """How many Assets are believed to be somebody else's now. An Asset goes by the place where it was found first."""
    told = {one.place: one for one in entries if attributor.tells(one)}
    if not told:
        return 0
    with desk.reading() as session:
        found = {number: told[place] for place, number in imports.found_first_at(session, told).items()}
        kept = assets.many(session, found)
        open_ = {number: found[number] for number, asset in kept.items() if _is_open(asset)}
        words = {number: _words(session, kept[number]) for number in open_}
    try:
        return _attribute(desk, attributor, open_, words) if open_ else 0
    except UNFIT:
        attributor.forget()
        if len(open_) > 1:
            return sum(attribute(desk, attributor, [one]) for one in open_.values())
        log.exception("intake.unfit", place=next(iter(open_.values())).place)
        return 0


def _is_open(asset: Asset) -> bool:
    """Whether something of it is only believed."""
    return asset.origin is Origin.INGEST and asset.render_id is None and bool(asset.inferred)


def _words(session: Session, asset: Asset) -> dict[str, str]:
    """What the file says of itself, from its texts that were kept."""
    kept = [RawText(*one) for one in raw_metadata.of(session, asset.id) or ()]
    return dict(files.said(kept, asset.filename, asset.mime, asset.frames).words) if kept else {}


def _attribute(desk: Desk, attributor: Attributor, entries: dict[int, SourceFile], words: dict[int, dict[str, str]]) -> int:
    changed = 0
    with desk.writing() as session:
        imports.one_at_a_time(session)
        for number, asset in assets.lock(session, entries).items():
            before = _state(session, asset)
            if _is_open(asset):
                _settle(asset, attributor.of(session, entries[number], words[number]))
            after = _state(session, asset)
            if after != before:
                session.add(asset)
                event = Event(
                    Action.ASSET_ATTRIBUTED, asset.code, by=attributor.asker, before=before, after=after, asset_id=asset.id
                )
                record(session, event)
                changed += 1
    return changed


def _settle(asset: Asset, whose: Attribution) -> None:
    """Put in what is believed or said now; what nothing tells of stays as it was."""
    believed = dict(asset.inferred)
    if "by" in believed and whose.inferred.get("by") != "unknown":
        asset.member_id = whose.member_id
        believed = _with(believed, whose, "by")
    if {"client", "project"} & believed.keys() and whose.inferred.get("project") != "nothing":
        asset.project_id = whose.project_id
        believed = _with(believed, whose, "client", "project")
    if whose.shot and ("shot" in believed or not asset.shot):
        asset.shot = whose.shot
        believed = _with(believed, whose, "shot")
    asset.inferred = believed


def _with(believed: dict[str, str], whose: Attribution, *facets: str) -> dict[str, str]:
    """The same with why these are believed now; what a person said is believed no more, but known."""
    rest = {facet: why for facet, why in believed.items() if facet not in facets}
    return rest | {facet: whose.inferred[facet] for facet in facets if facet in whose.inferred}


def _state(session: Session, asset: Asset) -> dict[str, Any]:
    project = projects.by_id(session, asset.project_id)
    inferred = dict(asset.inferred)
    return {"by": asset.member_id, "project": project.slug if project else "", "shot": asset.shot, "inferred": inferred}
