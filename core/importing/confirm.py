"""Turns what is believed of files from before Slate into what somebody has said: one by one or as many as a search finds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.events import Event, record
from core.events.actions import Action
from core.importing.rules import FACETS
from core.people.roles import Permission, allow
from storage.files import assets
from storage.people import projects
from storage.tables import Asset, Member, Project


@dataclass(frozen=True)
class Confirmation:
    """What a person says of some Assets; None: as it is believed now."""

    by: Member | None = None
    project: Project | None = None
    shot: str | None = None

    @property
    def nothing(self) -> bool:
        return self.by is None and self.project is None and self.shot is None


def confirm(session: Session, asset_ids: Collection[int], *, by: Member, said: Confirmation = Confirmation()) -> list[Asset]:
    """Let these Assets be whose they are believed to be, or whose `said` says; returns those that changed.

    Where `said` names something, only that is settled; where it names nothing, all that is believed is, but for an unknown
    maker. What was made here is left alone: that is known. Raises Refused.
    """
    changed = []
    for asset in assets.lock(session, asset_ids).values():
        allow(session, by, Permission.CONFIRM, projects.by_id(session, asset.project_id))
        before = _state(session, asset)
        if asset.render_id is None and _settle(session, asset, said):
            session.add(asset)
            after = _state(session, asset)
            record(session, Event(Action.ASSET_CONFIRMED, asset.code, by=by, before=before, after=after, asset_id=asset.id))
            changed.append(asset)
    return changed


def _settle(session: Session, asset: Asset, said: Confirmation) -> bool:
    left = dict(asset.inferred or {})
    before = (asset.member_id, asset.project_id, asset.shot, dict(left))
    if said.nothing:
        left = {facet: why for facet, why in left.items() if facet not in FACETS or why == "unknown"}
    if said.by is not None:
        asset.member_id = said.by.id
        left.pop("by", None)
    if said.project is not None:
        asset.project_id = said.project.id
        left = {facet: why for facet, why in left.items() if facet not in ("client", "project")}
    if said.shot is not None:
        asset.shot = said.shot
        left.pop("shot", None)
    asset.inferred = left
    return before != (asset.member_id, asset.project_id, asset.shot, left)


def _state(session: Session, asset: Asset) -> dict[str, Any]:
    project = projects.by_id(session, asset.project_id)
    return {"by": asset.member_id, "project": project.slug if project else "", "shot": asset.shot, "inferred": asset.inferred}
