"""What used a model: the assets made with its bytes or under its name, and the workflows that name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session

from core.comfyui.loaders import models_in
from core.models.lookup import AUTOV2, KnownModel, folder_of, named_in_graph
from storage import search
from storage.files import assets
from storage.rendering import workflows
from storage.search import Facet, FacetField, Order, Query, Scope
from storage.search.document import key
from storage.tables import Asset

_PAGE = 200


@dataclass(frozen=True)
class AssetUse:
    """An asset and how a model is named in it."""

    asset: Asset
    name: str
    sha256: str
    """The model's hash as the asset has it; empty where it only has the name."""


def assets_with(session: Session, hashes: set[str], named: set[str], scope: Scope, *, most: int = 100_000) -> Iterator[AssetUse]:
    """Assets made with files of these hashes, whatever their names, newest first; and those that have only one of the names."""
    named = {key(FacetField.MODEL, one) for one in named}
    values = {one[:AUTOV2] for one in hashes} | named
    query, after, told = Query(facets=(Facet(FacetField.MODEL, tuple(sorted(values))),), order=Order.NEWEST), "", 0
    while values and told < most:
        page = search.find(session, query, scope, limit=_PAGE, after=after)
        found = assets.many(session, page.asset_ids)
        for row in page.asset_ids:
            use = _use(found[row], hashes, named) if row in found else None
            if use is not None:
                yield use
                told += 1
        after = page.after
        if not after:
            return


def _use(asset: Asset, hashes: set[str], named: set[str]) -> AssetUse | None:
    by_name = None
    for one in asset.models:
        name, digest = str(one.get("name", "")), str(one.get("sha256") or one.get("hash") or "").lower()
        if digest and any(known.startswith(digest) for known in hashes):
            return AssetUse(asset, name, digest)
        if not digest and key(FacetField.MODEL, name) in named:
            by_name = AssetUse(asset, name, "")
    return by_name


def workflows_with(session: Session, model: KnownModel) -> list[str]:
    """`product-depth@2`: the newest version of each workflow that names the model."""
    found = []
    for workflow in workflows.everything(session):
        version = workflows.version_by_id(session, workflow.latest_version_id or 0)
        refs = models_in(version.graph) if version else []
        if version and any(named_in_graph([model], ref.folder, ref.name) for ref in refs if folder_of(ref.folder)):
            found.append(f"{workflow.name}@{version.number}")
    return found
