"""What an Asset's page and its card picture say, looked up once and frozen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from bot.schemas import delivered_files
from bot.show.seals import seal_line, seal_summary
from bot.web.message_views import zone_of
from core.desk import Desk
from core.errors import UnknownAsset
from core.files import examine, limits_of, stored
from core.lineage import drawing
from core.lineage import family as lineage_family
from core.lineage.drawing import Drawing
from core.people import projects
from core.people.roles import visible_projects
from core.provenance.card import CardFacts
from core.provenance.disclosure import Disclosure
from core.recognition.identify import ALIKE
from core.review import sessions
from core.review import verdicts as core_verdicts
from core.schemas.assets import DeliveredFile
from storage.files import assets, fingerprints, verdicts
from storage.people import members
from storage.people import projects as storage_projects
from storage.rendering import renders
from storage.tables import Asset, Member, Project, Render, Verdict

_SHOWN = 12
_SETTINGS = (
    ("sampler", "Sampler"),
    ("scheduler", "Scheduler"),
    ("steps", "Steps"),
    ("cfg", "CFG"),
    ("denoise", "Denoise"),
)


@dataclass(frozen=True)
class ShownVerdict:
    """One verdict, as the history shows it."""

    verdict: Verdict
    name: str
    when: str


@dataclass(frozen=True)
class AssetPage:
    """Everything on the page of one Asset, for one reader."""

    asset: Asset
    by: str
    client: str
    project: Project | None
    render: Render | None
    made_at: str
    took: float | None
    settings: tuple[tuple[str, str], ...]
    backend: str
    simulated: bool
    opinions: tuple[ShownVerdict, ...]
    tags: tuple[str, ...]
    family: lineage_family.Lineage
    pedigree: Drawing | None
    """The family as a drawing; None where there is nobody but itself."""
    takes: tuple[Asset, ...]
    """The others of its sitting, those nearest in time."""
    lookalikes: tuple[tuple[Asset, int], ...]
    """What shows nearly the same, and in how many of 256 bits it differs."""
    seal: tuple[str, ...]
    """How it is sealed, a line for each thing to be said; nothing for a file that came without credentials."""
    delivered: Sequence[DeliveredFile]
    statement: str
    """The statement as readable JSON; empty for what Slate did not make."""


def page_of(session: Session, asset: Asset, reader: Member) -> AssetPage:
    zone = zone_of(reader)
    project = storage_projects.by_id(session, asset.project_id)
    maker = members.by_id(session, asset.member_id)
    render = renders.by_id(session, asset.render_id) if asset.render_id else None
    backend = asset.statement.get("backend") or {}
    history = core_verdicts.opinions(session, asset)
    family = lineage_family.of(session, asset)
    return AssetPage(
        asset=asset,
        by=maker.name if maker else "",
        client=projects.client_of(session, project).name if project else "",
        project=project,
        render=render,
        made_at=f"{asset.created_at.astimezone(zone):%d %B %Y, %H:%M}".lstrip("0"),
        took=_took(render),
        settings=settings_of(asset),
        backend=" · ".join(part for part in (str(backend.get("name") or ""), _comfyui(backend)) if part),
        simulated=bool(backend.get("simulated")),
        opinions=tuple(
            ShownVerdict(one.verdict, one.member.name, f"{one.verdict.created_at.astimezone(zone):%d %b %Y, %H:%M}")
            for one in history
        ),
        tags=tuple(verdicts.tags(session, asset.id or 0)),
        family=family,
        pedigree=drawing.draw(family) if family.sources or family.results else None,
        takes=_takes(session, asset),
        lookalikes=_lookalikes(session, asset, reader),
        seal=tuple(seal_line(asset).splitlines()),
        delivered=delivered_files(session, asset),
        statement=json.dumps(asset.statement, indent=2, ensure_ascii=False, sort_keys=True) if asset.statement else "",
    )


def _takes(session: Session, asset: Asset) -> tuple[Asset, ...]:
    made = sessions.of(session, asset).takes
    at = next(place for place, one in enumerate(made) if one.id == asset.id)
    near = made[max(0, at - _SHOWN // 2) : at + _SHOWN // 2 + 1]
    return tuple(one for one in near if one.id != asset.id)


def _lookalikes(session: Session, asset: Asset, reader: Member) -> tuple[tuple[Asset, int], ...]:
    if not asset.phash:
        return ()
    near = fingerprints.near(session, asset.phash, within=ALIKE, projects=visible_projects(session, reader), limit=_SHOWN)
    rows = assets.many(session, [one.asset_id for one in near])
    return tuple((rows[one.asset_id], one.distance) for one in near if one.asset_id in rows and one.asset_id != asset.id)


def settings_of(asset: Asset) -> tuple[tuple[str, str], ...]:
    """(label, value) of how the sampler was set, those that are known."""
    known: dict[str, Any] = {**asset.facts, **{k: v for k, v in (asset.statement.get("settings") or {}).items() if v is not None}}
    return tuple((label, _number(known[name])) for name, label in _SETTINGS if known.get(name) not in (None, ""))


def card_facts(session: Session, asset: Asset, public_url: str) -> CardFacts:
    """The words of the Asset's card picture; without a public address there is no link on it, as nobody could open it."""
    project = storage_projects.by_id(session, asset.project_id)
    maker = members.by_id(session, asset.member_id)
    render = renders.by_id(session, asset.render_id) if asset.render_id else None
    size = f"{asset.width} × {asset.height}" if asset.width and asset.height else ""
    return CardFacts(
        title=asset.prompt or asset.filename,
        asset=asset.code,
        render=render.code if render else "",
        who=maker.name if maker else "",
        client=projects.client_of(session, project).name if project else "",
        project=project.name if project else "",
        shot=asset.shot,
        workflow=f"{asset.workflow}@{asset.workflow_number}" if asset.workflow_number else asset.workflow,
        models=tuple((str(m.get("name", "")), str(m.get("sha256") or ""), str(m.get("licence") or "")) for m in asset.models),
        seed=asset.seed,
        settings=((("Size", size),) if size else ()) + settings_of(asset),
        date=asset.created_at,
        status=asset.status,
        link=f"{public_url.rstrip('/')}/assets/{asset.code}" if public_url else "",
        kind=asset.mime,
        simulated=bool((asset.statement.get("backend") or {}).get("simulated")),
        seconds=asset.seconds,
        frames=asset.frames,
        filename=asset.filename,
        disclosure=Disclosure.of(asset.statement).source_type.label if asset.statement else "",
        seal=seal_summary(asset),
    )


def graph_of(desk: Desk, asset: Asset) -> bytes:
    """The graph it was made with, of its statement or else of the file, as JSON. Raises UnknownAsset, BlobMissing."""
    graph = asset.statement.get("graph")
    if not graph:
        graph = examine(picture_bytes(desk, asset.sha256), asset.filename, limits=limits_of(desk.settings)).graph
    if not graph:
        raise UnknownAsset(f"{asset.code} carries no workflow graph.", hint="Only files that ComfyUI made have one.")
    return json.dumps(graph, indent=2, ensure_ascii=False).encode()


def picture_bytes(desk: Desk, digest: str) -> bytes:
    """The bytes behind a digest. Raises BlobMissing, BlobDamaged, StoreError."""
    return stored.read(desk, digest)


def _comfyui(backend: dict[str, Any]) -> str:
    return f"ComfyUI {backend['comfyui_version']}" if backend.get("comfyui_version") else ""


def _took(render: Render | None) -> float | None:
    if render is None or render.started_at is None or render.finished_at is None:
        return None
    return (render.finished_at - render.started_at).total_seconds()


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
