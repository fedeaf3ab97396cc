"""What the index holds of one Asset: its words, its facets and its place in time, gathered from the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePosixPath

from sqlmodel import Session, col, select

from storage.ids import code
from storage.search.picture_sizes import words_for
from storage.search.query import FacetField
from storage.search.tokenizer import fold, words_of
from storage.tables import Asset, Client, Member, Origin, Project, Tag, Verdict

_EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
_LAST_SECOND = 2**31 - 1
_IDS = 32
_LONGEST_TEXT = 20_000
"""Characters of a prompt that are indexed; the whole prompt stays in its row."""


@dataclass(frozen=True)
class IndexEntry:
    """One Asset as the index sees it. `facets` are (field, value) with the values of storage.search.query.Facet."""

    slot: int
    project_id: int
    client_id: int
    member_id: int
    status: str
    body: tuple[str, ...]
    unwanted: tuple[str, ...]
    facets: tuple[tuple[FacetField, str], ...]
    names: tuple[tuple[FacetField, str], ...]
    """What people may call it by, as it is written: shots, tags, models, LoRAs, workflows, techniques."""


def slot(created_at: datetime, asset_id: int) -> int:
    """The place in time order: whole seconds since 1990 (31 bits) and the row number (32 bits).

    >>> asset_in(slot(datetime(2026, 3, 12, tzinfo=UTC), 77))
    77
    """
    return (_seconds(created_at) << _IDS) | asset_id


def bound(moment: datetime) -> int:
    """The first slot at or after `moment`, to the second."""
    rounded_up = int(moment.microsecond > 0)
    return (_seconds(moment) + rounded_up) << _IDS


def asset_in(place: int) -> int:
    """The Asset's row number in a slot."""
    return place & ((1 << _IDS) - 1)


def _seconds(moment: datetime) -> int:
    return min(max(int((moment - _EPOCH).total_seconds() // 1), 0), _LAST_SECOND - 1)


def gather(session: Session, asset_ids: Iterable[int]) -> Iterator[IndexEntry]:
    """The entries of these Assets, in time order; copies that left the house have none."""
    wanted = list(asset_ids)
    tags: dict[int, list[str]] = {}
    for asset_id, word in session.exec(select(Tag.asset_id, Tag.word).where(col(Tag.asset_id).in_(wanted)).order_by(Tag.word)):
        tags.setdefault(asset_id, []).append(word)
    judges: dict[int, list[int]] = {}
    standing = select(Verdict.asset_id, Verdict.member_id).where(
        col(Verdict.asset_id).in_(wanted), col(Verdict.binding), col(Verdict.withdrawn_at).is_(None)
    )
    for asset_id, judge in session.exec(standing):
        judges.setdefault(asset_id, []).append(judge)
    asked = (
        select(Asset, Member, Project, Client)
        .join(Member, col(Member.id) == col(Asset.member_id))
        .join(Project, col(Project.id) == col(Asset.project_id))
        .join(Client, col(Client.id) == col(Project.client_id))
        .where(col(Asset.id).in_(wanted), col(Asset.origin) != Origin.EXPORT)
    )
    found = [make(*row, tags.get(row[0].id or 0, []), judges.get(row[0].id or 0, [])) for row in session.exec(asked)]
    yield from sorted(found, key=lambda one: one.slot)


def gather_new(session: Session, added: Sequence[Asset]) -> Iterator[IndexEntry]:
    """The entries of Assets that were written just now, so that nobody has tagged or judged them, in time order."""
    makers = {one.member_id for one in added}
    people = {one.id: one for one in session.exec(select(Member).where(col(Member.id).in_(makers)))}
    wanted = {one.project_id for one in added}
    asked = select(Project, Client).join(Client, col(Client.id) == col(Project.client_id)).where(col(Project.id).in_(wanted))
    places = {project.id: (project, client) for project, client in session.exec(asked)}
    yield from sorted((make(one, people[one.member_id], *places[one.project_id]) for one in added), key=lambda one: one.slot)


def make(
    asset: Asset, member: Member, project: Project, client: Client, tags: Sequence[str] = (), judges: Sequence[int] = ()
) -> IndexEntry:
    """The entry of one Asset whose rows are at hand; `judges` gave the binding Verdicts that stand."""
    names = tuple(dict.fromkeys(_names(asset, tags)))
    assert asset.id is not None, "a stored asset"
    assert project.id is not None, "a stored project"
    assert client.id is not None, "a stored client"
    assert member.id is not None, "a stored member"
    facets = (
        (FacetField.BY, str(member.id)),
        (FacetField.CLIENT, str(client.id)),
        (FacetField.PROJECT, str(project.id)),
        (FacetField.STATUS, asset.status),
        (FacetField.SEED, asset.seed),
        (FacetField.KIND, kind(asset)),
        (FacetField.ORIGIN, str(asset.origin)),
        *((field, key(field, value)) for field, value in names),
        *_versions(asset),
        *_hashes(asset),
        *((FacetField.SIZE, word) for word in _sizes(asset)),
        *((FacetField.INFERRED, facet) for facet in asset.inferred or ()),
        *((FacetField.JUDGE, str(judge)) for judge in judges),
    )
    return IndexEntry(
        slot=slot(asset.created_at, asset.id),
        project_id=project.id,
        client_id=client.id,
        member_id=member.id,
        status=asset.status,
        body=tuple(words_of(" \n ".join(_texts(asset)))),
        unwanted=tuple(words_of(asset.negative[:_LONGEST_TEXT])),
        facets=tuple(facets),
        names=names,
    )


@lru_cache(1 << 13)
def key(field: FacetField, value: str) -> str:
    """What a value of `field` is compared by: model files without folder and ending, everything folded.

    >>> key(FacetField.LORA, "styles/Slate-Ink.safetensors"), key(FacetField.SHOT, " SH010 ")
    ('slate-ink', 'sh010')
    """
    if field in (FacetField.MODEL, FacetField.LORA):
        name = value.replace("\\", "/").rstrip("/").rpartition("/")[2]
        ending = PurePosixPath(name).suffix
        return fold(name.removesuffix(ending) if ending in (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf") else name)
    return fold(value)


def kind(asset: Asset) -> str:
    """image, animation, video, audio, 3d, text or file."""
    family = asset.mime.partition("/")[0]
    if family == "image":
        return "animation" if asset.frames > 1 else "image"
    if family == "model" or asset.filename.lower().endswith((".glb", ".gltf", ".obj", ".ply")):
        return "3d"
    return family if family in ("video", "audio", "text") else "file"


def model_names(asset: Asset, *, only: str = "") -> list[str]:
    """File names of the models that made it, of the folder (`loras`) or of all, without repeats."""
    kept = (one for one in asset.models if not only or str(one.get("folder", "")) == only)
    return list(dict.fromkeys(str(one["name"]) for one in kept if one.get("name")))


def _names(asset: Asset, tags: Sequence[str]) -> Iterator[tuple[FacetField, str]]:
    yield from ((FacetField.MODEL, name) for name in model_names(asset))
    yield from ((FacetField.LORA, name) for name in model_names(asset, only="loras"))
    yield from ((FacetField.TECHNIQUE, word) for word in asset.techniques)
    yield from ((FacetField.TAG, word) for word in tags)
    yield from (
        (field, value) for field, value in ((FacetField.SHOT, asset.shot), (FacetField.WORKFLOW, asset.workflow)) if value
    )


def _sizes(asset: Asset) -> tuple[str, ...]:
    return words_for(asset.width, asset.height) if asset.width and asset.height else ()


def _versions(asset: Asset) -> Iterator[tuple[FacetField, str]]:
    if asset.workflow and asset.workflow_number:
        yield FacetField.WORKFLOW, f"{fold(asset.workflow)}@{asset.workflow_number}"


def _hashes(asset: Asset) -> Iterator[tuple[FacetField, str]]:
    """Each model by the ten digits of its SHA-256 that model sites show (AutoV2)."""
    for one in asset.models:
        if digest := str(one.get("sha256") or one.get("hash") or ""):
            yield FacetField.MODEL, digest[:10]


def _texts(asset: Asset) -> Iterator[str]:
    """What its words are looked for in; names of people, places and models are facets."""
    yield asset.prompt[:_LONGEST_TEXT]
    yield asset.filename
    yield from (str(one["title"]) for one in asset.models if one.get("title"))
    yield from (str(one.get("text", "")) for one in asset.facts.get("unread", ()))
    yield code("A", asset.id or 0)
    if asset.render_id is not None:
        yield code("R", asset.render_id)
