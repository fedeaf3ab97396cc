"""Where an Asset came from and what became of it, as values for chat and for the page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from storage.files import assets
from storage.rendering import renders
from storage.tables import Asset, Render


@dataclass(frozen=True)
class LineageStep:
    """One step between two Assets: `asset` is the one further away from the one asked about."""

    asset: Asset
    other: Asset
    """The neighbour that is nearer."""
    name: str
    """The input that the older one of the two went into."""
    steps: int
    """How far from the Asset asked about; 1 is next to it."""


@dataclass(frozen=True)
class Lineage:
    """The family of one Asset."""

    asset: Asset
    sources: tuple[LineageStep, ...]
    """What it was made from, nearest first."""
    results: tuple[LineageStep, ...]
    """What was made from it, nearest first."""
    siblings: tuple[Asset, ...]
    """What the same Render made beside it."""
    copies: tuple[Asset, ...]
    """What was exported or restored from it."""
    askings: tuple[Render, ...]
    """The Render that made it, the one that was a variation or repetition of, and so on back to the first."""


def of(session: Session, asset: Asset, *, steps: int = 20) -> Lineage:
    """The family of an Asset, `steps` in each direction."""
    assert asset.id is not None, "an asset that is stored"
    up = assets.ancestry(session, asset.id, steps)
    down = assets.descent(session, asset.id, steps)
    beside = assets.of_render(session, asset.render_id) if asset.render_id else ()
    return Lineage(
        asset,
        tuple(LineageStep(one.parent, one.child, one.name, one.steps) for one in up),
        tuple(LineageStep(one.child, one.parent, one.name, one.steps) for one in down),
        tuple(one for one in beside if one.id != asset.id),
        tuple(assets.copies(session, asset.id)),
        tuple(_askings(session, asset.render_id, steps)),
    )


def _askings(session: Session, render_id: int | None, steps: int) -> list[Render]:
    found: list[Render] = []
    seen: set[int] = set()
    while render_id is not None and render_id not in seen and len(found) < steps:
        seen.add(render_id)
        render = renders.by_id(session, render_id)
        if render is None:
            break
        found.append(render)
        render_id = render.parent_id
    return found
