"""Full-text search over Assets, the same on SQLite (FTS5) and PostgreSQL: write an entry, ask a Query, get a Page.

Only the two modules sqlite.py and postgres.py know a dialect; they offer the same functions over *slots*, places in time order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlmodel import Session, col, select

from storage.database import Database
from storage.search import entity_index, forms, postgres, sqlite
from storage.search.document import IndexEntry, asset_in, bound, gather, gather_new, slot
from storage.search.query import Bound, Facet, FacetField, Measure, Order, Page, Phrase, Query, RelatedRows, Relation, Scope
from storage.tables import Asset, Origin

__all__ = [
    "Bound",
    "Facet",
    "FacetField",
    "Measure",
    "Order",
    "Page",
    "Phrase",
    "Query",
    "RelatedRows",
    "Relation",
    "Scope",
    "count",
    "find",
    "forget",
    "index",
    "index_new",
    "reindex",
    "span",
]

RANKED = 200
"""How many of the newest hits are sorted by how well they fit; the rest follow newest first."""
_FIRST, _LAST = 0, 2**63 - 1
_BATCH = 500


class _Dialect(Protocol):
    def newest(self, session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[int]: ...
    def oldest(self, session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> list[int]: ...
    def scored(
        self, session: Session, query: Query, scope: Scope, low: int, high: int, limit: int
    ) -> list[tuple[int, float]]: ...
    def count(self, session: Session, query: Query, scope: Scope, low: int, high: int, limit: int) -> int: ...
    def put(self, session: Session, entries: list[IndexEntry]) -> None: ...
    def remove(self, session: Session, slot: int) -> None: ...


def index(session: Session, asset_id: int) -> None:
    """Bring the index in step with one Asset's rows, in the caller's transaction; for after any change to what it is found by."""
    session.flush()
    found = next(gather(session, [asset_id]), None)
    if found is None:
        return
    dialect = _dialect(session)
    dialect.remove(session, found.slot)
    dialect.put(session, [found])
    entity_index.remember(session, [found])
    forms.remember(session, [found.body])


def index_new(session: Session, added: Sequence[Asset]) -> None:
    """Put Assets that were just written into the index, many at once."""
    fresh = list(gather_new(session, added))
    _dialect(session).put(session, fresh)
    entity_index.remember(session, fresh)
    forms.remember(session, [one.body for one in fresh])


def forget(session: Session, asset_id: int) -> None:
    """Take one Asset out of the index; call it before the Asset's row is deleted."""
    created_at = session.exec(select(Asset.created_at).where(Asset.id == asset_id)).first()
    if created_at is not None:
        _dialect(session).remove(session, slot(created_at, asset_id))


def reindex(database: Database) -> int:
    """Make every entry anew, a few hundred a transaction, while searches go on; returns how many there are."""
    with database.reading() as session:
        known_before = entity_index.all_rows(session)
    done, last, kept = 0, 0, set[entity_index.Row]()
    while True:
        with database.writing() as session:
            ids = _next_ids(session, last)
            fresh = list(gather(session, ids))
            for one in fresh:
                _dialect(session).remove(session, one.slot)
            _dialect(session).put(session, fresh)
            kept |= entity_index.remember(session, fresh)
            forms.remember(session, [one.body for one in fresh])
        if not ids:
            break
        done, last = done + len(fresh), ids[-1]
    with database.writing() as session:
        _drop_orphans(session)
        entity_index.drop(session, known_before - kept)
    return done


def find(session: Session, query: Query, scope: Scope, limit: int = 20, after: str = "") -> Page:
    """The Assets that match and may be seen, `limit` at a time. `after` is the last Page's; one nobody gave is ignored."""
    if scope.project_ids is not None and not scope.project_ids:
        return Page(())
    low, high = span(query)
    kind, _, place = after.partition(":")
    if query.ranked and kind != "n":
        return _ranked(session, query, scope, (low, high), limit, place)
    start = _number(place)
    if query.order is Order.OLDEST:
        low = low if start is None else max(low, start + 1)
        return _page(_dialect(session).oldest(session, query, scope, low, high, limit + 1), limit, "o")
    high = high if start is None else min(high, start)
    return _page(_dialect(session).newest(session, query, scope, low, high, limit + 1), limit, "n")


def count(session: Session, query: Query, scope: Scope, at_most: int = 1_000_000) -> int:
    """How many match and may be seen; counting stops at `at_most`."""
    if scope.project_ids is not None and not scope.project_ids:
        return 0
    low, high = span(query)
    return _dialect(session).count(session, query, scope, low, high, at_most)


def _ranked(session: Session, query: Query, scope: Scope, span: tuple[int, int], limit: int, place: str) -> Page:
    """A page out of the newest RANKED hits, best first; its mark is where that window began and how far we are in it."""
    top, _, offset = place.partition(".")
    start = _number(top)
    high = span[1] if start is None else min(span[1], start)
    skip = _number(offset) or 0
    found = _dialect(session).scored(session, query, scope, span[0], high, RANKED)
    if not found:
        return Page(())
    high = found[0][0] + 1
    most = max(score for _slot, score in found) or 1.0
    # In steps of a tenth of the best: a text that is a little shorter is no better, then the newer one is.
    best = [slot for slot, _score in sorted(found, key=lambda hit: (-round(hit[1] / most, 1), -hit[0]))]
    ids = tuple(asset_in(slot) for slot in best[skip : skip + limit])
    if skip + limit < len(best):
        return Page(ids, f"b:{high}.{skip + limit}")
    return Page(ids, f"n:{found[-1][0]}" if len(found) == RANKED else "")


def _page(slots: list[int], limit: int, mark: str) -> Page:
    ids = tuple(asset_in(slot) for slot in slots[:limit])
    return Page(ids, f"{mark}:{slots[limit - 1]}" if len(slots) > limit else "")


def _number(text: str) -> int | None:
    """A number out of a page's mark; marks come back from outside, so they may be anything."""
    return min(int(text), _LAST - 1) if text.isascii() and text.isdigit() and len(text) < 20 else None


def span(query: Query) -> tuple[int, int]:
    """The slots of a query's time: from the first on, up to the second."""
    low = _FIRST if query.since is None else bound(query.since)
    return low, _LAST if query.until is None else bound(query.until)


def _dialect(session: Session) -> _Dialect:
    return sqlite if session.get_bind().dialect.name == "sqlite" else postgres


def _next_ids(session: Session, last: int) -> list[int]:
    found = session.exec(select(Asset.id).where(col(Asset.id) > last).order_by(col(Asset.id)).limit(_BATCH))
    return [one for one in found if one is not None]


def _drop_orphans(session: Session) -> None:
    """Remove entries whose Asset is gone or has another time now."""
    low, everything = _FIRST, Query(order=Order.OLDEST)
    while slots := _dialect(session).oldest(session, everything, Scope(), low, _LAST, _BATCH):
        ids = [asset_in(one) for one in slots]
        kept = (col(Asset.id).in_(ids), col(Asset.origin) != Origin.EXPORT)
        rows = session.exec(select(Asset.id, Asset.created_at).where(*kept))
        live = {slot(created_at, asset_id) for asset_id, created_at in rows if asset_id is not None}
        for one in slots:
            if one not in live:
                _dialect(session).remove(session, one)
        low = slots[-1] + 1
