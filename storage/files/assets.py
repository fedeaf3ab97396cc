"""Named queries for Assets: keeping one, finding it by id, code or content, and where it came from and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import ColumnElement, true, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from storage import ids, search
from storage.files import fingerprints, raw_metadata, sources
from storage.tables import Asset, Origin, RenderInput

_FAMILY_LIMIT = 500
"""A lineage stops growing here; more than anybody reads, and a guard against wild data."""


@dataclass(frozen=True)
class AssetDraft:
    """An Asset whose bytes are already in the store and whose row is not yet written."""

    asset: Asset
    words: Sequence[raw_metadata.Raw] = field(default=(), repr=False)
    """Text that the file carries, kept beside the facts that were read from it."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """What it was made from, name -> SHA-256, where the file itself says so."""


@dataclass(frozen=True)
class LineageLink:
    """`child` was rendered from `parent`, which went in as the input `name`; `steps` away from the Asset asked about."""

    parent: Asset
    child: Asset
    name: str
    steps: int


def add(session: Session, draft: AssetDraft) -> Asset:
    """Write the Asset with its fingerprint and its place in the search index: it is found from the same transaction on.

    Copies made for others are not found by searching: their original is.
    """
    asset = draft.asset
    session.add(asset)
    session.flush()
    assert asset.id is not None
    raw_metadata.add(session, {asset.id: draft.words})
    if asset.origin is Origin.EXPORT:
        return asset
    fingerprints.add(session, asset.id, asset.phash)
    sources.add(session, {asset.id: draft.sources})
    sources.connect(session, [asset])
    search.index(session, asset.id)
    return asset


def add_many(session: Session, drafts: Sequence[AssetDraft]) -> list[Asset]:
    """Write many at once, none of them fingerprinted yet; returns them with their row numbers, in the same order."""
    every = [draft.asset for draft in drafts]
    session.add_all(every)
    session.flush()
    numbered = [(one.asset.id, one) for one in drafts]
    raw_metadata.add(session, {number: draft.words for number, draft in numbered})
    sources.add(session, {number: draft.sources for number, draft in numbered})
    sources.connect(session, every)
    search.index_new(session, every)
    return every


def copies(session: Session, asset_id: int) -> Sequence[Asset]:
    """What was exported or restored from an Asset, oldest first."""
    return session.exec(select(Asset).where(Asset.copy_of == asset_id).order_by(col(Asset.id))).all()


def to_seal(
    session: Session, states: Collection[str], kinds: Collection[str], limit: int = 50, *, after: int = 0
) -> Sequence[Asset]:
    """Renders' outputs of these kinds (MIME types) in one of these seal states, oldest first, from behind a row number on."""
    wanted = (col(Asset.seal_state).in_(sorted(states)), col(Asset.mime).in_(sorted(kinds)), col(Asset.id) > after)
    asked = select(Asset).where(Asset.origin == Origin.RENDER, *wanted)
    return session.exec(asked.order_by(col(Asset.id)).limit(limit)).all()


def seals_ending(session: Session, before: str, *, after: int = 0, limit: int = 50) -> Sequence[Asset]:
    """Renders' outputs with a seal and no time stamp whose certificate ends before a moment (ISO 8601, UTC), by row number."""
    told = col(Asset.seal)
    ends = (told["expires"].as_string() < before, told["stamped"].as_boolean().is_not(True))
    asked = select(Asset).where(Asset.origin == Origin.RENDER, Asset.seal_state == "sealed", col(Asset.id) > after, *ends)
    return session.exec(asked.order_by(col(Asset.id)).limit(limit)).all()


def reseal(session: Session, asset_id: int, before: str, values: Mapping[str, object]) -> bool:
    """Change the bytes that an Asset stands for, if they are still those of digest `before`; whether that was so."""
    asked = update(Asset).where(col(Asset.id) == asset_id, col(Asset.sha256) == before).values(**values)
    return bool(cast(CursorResult[Any], session.connection().execute(asked)).rowcount)


def by_id(session: Session, asset_id: int) -> Asset | None:
    return session.get(Asset, asset_id)


def by_code(session: Session, code: str) -> Asset | None:
    """The Asset people call `code` (such as `A-7Q0D`), if there is one."""
    row = ids.number("A", code)
    return session.get(Asset, row) if row is not None and row < 2**31 else None


def lock(session: Session, asset_ids: Iterable[int]) -> dict[int, Asset]:
    """The Assets with these row numbers as they are now, kept from other writers until the transaction ends."""
    wanted = sorted(set(asset_ids))
    rows: dict[int, Asset] = {}
    for start in range(0, len(wanted), 500):
        asked = select(Asset).where(col(Asset.id).in_(wanted[start : start + 500])).order_by(col(Asset.id))
        fresh = asked.with_for_update().execution_options(populate_existing=True)
        rows |= {asset.id: asset for asset in session.exec(fresh)}
    return rows


def many(session: Session, asset_ids: Iterable[int]) -> dict[int, Asset]:
    """The Assets with these row numbers, by number; those that are not there are left out."""
    wanted = sorted(set(asset_ids))
    rows: dict[int, Asset] = {}
    for start in range(0, len(wanted), 500):
        for asset in session.exec(select(Asset).where(col(Asset.id).in_(wanted[start : start + 500]))):
            rows[asset.id or 0] = asset
    return rows


def of_render(session: Session, render_id: int) -> Sequence[Asset]:
    """What a Render made, in order."""
    return session.exec(select(Asset).where(Asset.render_id == render_id).order_by(col(Asset.ordinal), col(Asset.id))).all()


def undecided(session: Session, limit: int = 20) -> Sequence[Asset]:
    """The newest outputs of renders on which no binding word was said yet."""
    waiting = (Asset.status == "", Asset.origin == Origin.RENDER)
    return session.exec(select(Asset).where(*waiting).order_by(col(Asset.id).desc()).limit(limit)).all()


def output(session: Session, render_id: int, ordinal: int) -> Asset | None:
    """One output of a Render."""
    return session.exec(select(Asset).where(Asset.render_id == render_id, Asset.ordinal == ordinal)).first()


def with_bytes(
    session: Session, sha256: str, projects: Collection[int] | None = None, limit: int = 20, *, made_here: bool = False
) -> Sequence[Asset]:
    """Assets whose stored bytes, or whose bytes as they came, have this digest; oldest first.

    With `made_here` only what a Render made, and copies of that.
    """
    same = or_(Asset.sha256 == sha256, Asset.source_sha256 == sha256)
    asked = select(Asset).where(same, fingerprints.seen_in(projects), _made_here() if made_here else true())
    return session.exec(asked.order_by(col(Asset.id)).limit(limit)).all()


def with_pixels(
    session: Session, pixel_sha256: str, projects: Collection[int] | None = None, limit: int = 20, *, made_here: bool = False
) -> Sequence[Asset]:
    """Assets that show exactly these pixels, whatever the file around them; oldest first. `made_here` as for `with_bytes`."""
    if not pixel_sha256:
        return []
    same = Asset.pixel_sha256 == pixel_sha256
    asked = select(Asset).where(same, fingerprints.seen_in(projects), _made_here() if made_here else true())
    return session.exec(asked.order_by(col(Asset.id)).limit(limit)).all()


def _made_here() -> ColumnElement[bool]:
    """What a Render made, and copies of that, told in the one statement that looks: what others brought costs no further one."""
    original = aliased(Asset)
    made = select(original.id).where(original.origin == Origin.RENDER)
    return or_(Asset.origin == Origin.RENDER, col(Asset.copy_of).in_(made))


def thumbnails(session: Session, asset_ids: Iterable[int]) -> dict[int, str]:
    """Digests of the small pictures, by Asset; those without one are left out."""
    asked = select(Asset.id, Asset.thumbnail).where(col(Asset.id).in_(sorted(set(asset_ids))), Asset.thumbnail != "")
    return {asset_id: digest for asset_id, digest in session.exec(asked) if asset_id is not None}


def inputs_of(session: Session, render_id: int) -> dict[str, Asset]:
    """Which Assets went into a Render, by input name."""
    asked = select(RenderInput.name, Asset).join(Asset, col(Asset.id) == RenderInput.asset_id)
    return dict(session.exec(asked.where(RenderInput.render_id == render_id).order_by(RenderInput.name)).all())


def parents(session: Session, asset: Asset) -> list[tuple[str, Asset]]:
    """(input name, Asset) of what this Asset was made from."""
    return [(one.name, one.parent) for one in ancestry(session, asset.id, 1)]


def children(session: Session, asset_id: int) -> Sequence[Asset]:
    """What was made from this Asset, oldest first."""
    return sorted({one.child.id: one.child for one in descent(session, asset_id, 1)}.values(), key=lambda one: one.id)


def ancestry(session: Session, asset_id: int, steps: int = 50) -> list[LineageLink]:
    """Where an Asset came from: its parents, theirs, and so on, nearest first. A circle ends where it closes."""
    return _grow(session, asset_id, steps, upward=True)


def descent(session: Session, asset_id: int, steps: int = 50) -> list[LineageLink]:
    """What became of an Asset: what was rendered from it, from that, and so on, nearest first."""
    return _grow(session, asset_id, steps, upward=False)


def _grow(session: Session, asset_id: int, steps: int, *, upward: bool) -> list[LineageLink]:
    relations: list[LineageLink] = []
    seen, edge = {asset_id}, {asset_id}
    for step in range(1, steps + 1):
        found = _relations(session, edge, upward)[: _FAMILY_LIMIT - len(relations)]
        relations += [LineageLink(parent, child, name, step) for parent, child, name in found]
        edge = {(parent if upward else child).id or 0 for parent, child, _ in found} - seen
        seen |= edge
        if not edge:
            break
    return relations


def _relations(session: Session, edge: set[int], upward: bool) -> list[tuple[Asset, Asset, str]]:
    """(parent, child, input name) one step up or down from the Assets in `edge`."""
    if not edge:
        return []
    known = many(session, edge)
    near = Asset.id if upward else RenderInput.asset_id
    asked = select(RenderInput.asset_id, Asset.id, RenderInput.name).join(Asset, col(Asset.render_id) == RenderInput.render_id)
    asked = asked.where(col(near).in_(sorted(edge))).order_by(col(Asset.id), RenderInput.name)
    pairs = [*session.exec(asked.limit(_FAMILY_LIMIT)).all(), *sources.links(session, edge, upward=upward, limit=_FAMILY_LIMIT)]
    known |= many(session, {one for parent, child, _ in pairs for one in (parent, child or 0)} - set(known))
    return [(known[parent], known[child], name) for parent, child, name in pairs if child in known and parent in known]


def read_before(session: Session, parser: int, *, after: int, limit: int) -> Sequence[Asset]:
    """Assets whose facts an older reader than `parser` made, by row number."""
    asked = select(Asset).where(col(Asset.id) > after, col(Asset.parser) < parser)
    return session.exec(asked.order_by(col(Asset.id)).limit(limit)).all()
