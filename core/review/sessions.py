"""A sitting: takes that one person made for one project without a long pause, which is how people remember their work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from storage import search
from storage.files import assets
from storage.search import Facet, FacetField, Order, Query, Scope
from storage.tables import Asset

PAUSE = timedelta(minutes=45)
"""After so long without a take, another sitting begins."""
_MOST = 200


@dataclass(frozen=True)
class Sitting:
    """The takes of a sitting, in time order, at most 200 before and 200 after the one asked about."""

    takes: tuple[Asset, ...]

    @property
    def began(self) -> datetime:
        return self.takes[0].created_at

    @property
    def ended(self) -> datetime:
        return self.takes[-1].created_at


def of(session: Session, asset: Asset) -> Sitting:
    """The sitting an Asset was made in; found in the index, so that it costs the same however much there is."""
    whose = (Facet(FacetField.BY, (str(asset.member_id),)), Facet(FacetField.PROJECT, (str(asset.project_id),)))
    second = timedelta(seconds=1)
    before = Query(facets=whose, until=asset.created_at + second, order=Order.NEWEST)
    after = Query(facets=whose, since=asset.created_at - second, order=Order.OLDEST)
    found = {asset.id: asset}
    for query in (before, after):
        rows = assets.many(session, search.find(session, query, Scope(), _MOST).asset_ids)
        near = sorted(rows.values(), key=lambda one: (one.created_at, one.id), reverse=query is before)
        found |= {one.id: one for one in _unbroken(asset, near)}
    return Sitting(tuple(sorted(found.values(), key=lambda one: (one.created_at, one.id))))


def _unbroken(asset: Asset, near: list[Asset]) -> Iterator[Asset]:
    """Those that follow one another without a pause, away from `asset`."""
    last = asset.created_at
    for one in near:
        if abs(one.created_at - last) > PAUSE:
            return
        last = one.created_at
        yield one
