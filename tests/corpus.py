"""A made corpus for the memory's tests: few pictures, many look-alikes (two Mias, two Acmes, one shot code in two projects)."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from sqlmodel import Session

from storage import search
from storage.database import Database
from storage.tables import (
    Asset,
    Client,
    Judgement,
    Member,
    Origin,
    Project,
    Render,
    RenderInput,
    RenderState,
    Role,
    Tag,
    Verdict,
    Workflow,
    WorkflowVersion,
)

NOW = datetime(2026, 3, 25, 15, 0, tzinfo=UTC)
"""A Wednesday; every question of the tests is asked now."""

PEOPLE = {
    "Mia Chen": Role.ARTIST,
    "Mia Okafor": Role.ARTIST,
    "Ana Ruiz": Role.LEAD,
    "Jo Park": Role.VIEWER,
    "Kit": Role.ADMIN,
    "Zoë Ørsted": Role.ARTIST,
}
PLACES = {
    "acme-spring": ("Acme", "Acme Spring"),
    "acme-winter": ("Acme", "Winter Catalogue"),
    "labs-launch": ("Acme Labs", "Labs Launch"),
    "globex-tv": ("Globex", "Globex TV"),
    "rose-garden": ("Rose", "Rose Garden"),
}
BASE = {"folder": "checkpoints", "name": "slate-sim-base.safetensors", "sha256": "ab12cd34ef" + "0" * 54, "title": "Slate Base"}
PHOTO = {"folder": "checkpoints", "name": "slate-sim-photo.safetensors", "sha256": "99" * 32, "title": ""}
INK = {"folder": "loras", "name": "styles/slate-sim-ink.safetensors", "sha256": "77" * 32, "title": ""}
FILM = {"folder": "loras", "name": "slate-sim-film.safetensors", "sha256": "", "title": ""}
DEPTH = {"folder": "controlnet", "name": "slate-sim-depth.safetensors", "sha256": "", "title": ""}


class Take(NamedTuple):
    """One picture of the corpus; `key` is what the tests call it by."""

    key: str
    by: str
    project: str
    shot: str
    at: str
    prompt: str
    workflow: str = "text-to-image"
    version: int = 1
    techniques: tuple[str, ...] = ()
    models: tuple[dict[str, Any], ...] = (BASE,)
    seed: str = ""
    status: str = ""
    judge: str = "Ana Ruiz"
    tags: tuple[str, ...] = ()
    negative: str = "blurry, text"
    origin: Origin = Origin.RENDER
    mime: str = "image/png"


_DEEP = ("depth", "controlnet")

TAKES = (
    Take("old-shoe", "Mia Chen", "acme-spring", "sh010", "2026-01-05 10:00", "hero shoe on sand", seed="11"),
    Take("depth-1", "Mia Chen", "acme-spring", "sh010", "2026-03-11 09:00", "hero shoe, low sun",
         "product-depth", 3, _DEEP, (BASE, DEPTH), "4242"),
    Take("depth-2", "Mia Chen", "acme-spring", "sh010", "2026-03-12 14:05", "hero shoe, low sun, fog",
         "product-depth", 3, _DEEP, (BASE, DEPTH), "4243", "approved", tags=("pick", "hero")),
    Take("depth-3", "Mia Chen", "acme-spring", "sh010", "2026-03-13 08:00", "hero shoe, low sun, rain",
         "product-depth", 4, _DEEP, (BASE, DEPTH), "4244", "rejected"),
    Take("labs-depth", "Mia Okafor", "labs-launch", "sh010", "2026-03-14 11:00", "laboratory bench, glassware",
         "product-depth", 4, _DEEP, (PHOTO, DEPTH), "5150"),
    Take("labs-ink", "Mia Okafor", "labs-launch", "sh020", "2026-03-16 10:00", "ink drawing of a flask",
         "text-to-image-lora", 1, ("lora",), (BASE, INK), "777", tags=("style",)),
    Take("winter-lake", "Ana Ruiz", "acme-winter", "sh030", "2026-02-02 12:00", "frozen lake at dawn, depth of field",
         models=(PHOTO,), seed="31", status="approved", judge="Kit"),
    Take("winter-up", "Ana Ruiz", "acme-winter", "sh030", "2026-02-03 12:00", "frozen lake at dawn",
         "upscale", 1, ("upscale",), (PHOTO,), "32"),
    Take("tv-clip", "Zoë Ørsted", "globex-tv", "tv01", "2026-03-23 16:00", "penguins march over ice",
         "image-to-video", 1, ("video",), (PHOTO,), "88", mime="video/mp4"),
    Take("tv-film", "Zoë Ørsted", "globex-tv", "tv02", "2026-03-24 13:00", "ein schöner Schuh im Regen, 東京の夜",
         "text-to-image-lora", 1, ("lora",), (BASE, FILM), "89", tags=("pick",)),
    Take("tv-needs", "Zoë Ørsted", "globex-tv", "tv02", "2026-03-25 08:00", "neon street in rain",
         seed="90", status="needs work"),
    Take("rose-1", "Ana Ruiz", "rose-garden", "rg1", "2026-03-20 09:00", "a single red flower in a vase",
         seed="61", tags=("pick",)),
    Take("rose-ref", "Jo Park", "rose-garden", "", "2026-03-19 09:00", "", "", 0, models=(), origin=Origin.UPLOAD, negative=""),
    Take("rosy", "Mia Okafor", "globex-tv", "tv03", "2026-03-18 09:00", "rose petals falling, inpainted sky",
         "image-to-image", 2, ("img2img", "inpaint"), (PHOTO,), "62"),
)  # fmt: skip


@contextmanager
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Corpus]]:
    """The corpus in a database of its own, for a module's fixture with the params `sqlite` and `postgres`."""
    if request.param == "sqlite":
        path = request.getfixturevalue("tmp_path_factory").mktemp("corpus") / "slate.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
    else:
        cluster, name = request.getfixturevalue("postgres_cluster"), f"c_{uuid.uuid4().hex[:12]}"
        cluster.create(name, template="slate_template")
        database = Database(cluster.url(name))
    with database.writing() as session:
        corpus = build(session)
    yield database, corpus
    database.close()


class Corpus(NamedTuple):
    """What was built: rows by the names the tests use."""

    people: dict[str, Member]
    projects: dict[str, Project]
    assets: dict[str, Asset]

    def key_of(self, code: str) -> str:
        """The name the tests use for an asset's public id."""
        return next(key for key, asset in self.assets.items() if asset.code == code)


def build(session: Session) -> Corpus:
    """Write the corpus and index it."""
    people = {name: Member(name=name, name_key=name.casefold(), role=role) for name, role in PEOPLE.items()}
    clients = {name: Client(name=name, name_key=name.casefold()) for name in dict.fromkeys(one for one, _name in PLACES.values())}
    session.add_all([*people.values(), *clients.values()])
    session.flush()
    projects = {slug: Project(client_id=_id(clients[client]), name=name, slug=slug) for slug, (client, name) in PLACES.items()}
    workflows = {name: Workflow(name=name) for name in dict.fromkeys(take.workflow for take in TAKES) if name}
    session.add_all([*projects.values(), *workflows.values()])
    session.flush()
    versions = {
        name: WorkflowVersion(workflow_id=_id(row), number=1, content_hash=f"{at:064x}")
        for at, (name, row) in enumerate(workflows.items())
    }
    session.add_all(versions.values())
    session.flush()
    corpus = Corpus(people, projects, {})
    for take in TAKES:
        corpus.assets[take.key] = _asset(session, take, corpus, versions)
    lake, larger = corpus.assets["winter-lake"], corpus.assets["winter-up"]
    session.add(RenderInput(render_id=larger.render_id or 0, name="image", asset_id=_id(lake)))
    session.flush()
    return corpus


def _asset(session: Session, take: Take, corpus: Corpus, versions: dict[str, WorkflowVersion]) -> Asset:
    at = datetime.fromisoformat(take.at).replace(tzinfo=UTC)
    member, project = _id(corpus.people[take.by]), _id(corpus.projects[take.project])
    render = None
    if take.origin is Origin.RENDER:
        version = _id(versions[take.workflow])
        done = RenderState.DONE
        render = Render(member_id=member, project_id=project, workflow_version_id=version, state=done, created_at=at)
        session.add(render)
        session.flush()
    asset = Asset(
        origin=take.origin, render_id=_id(render) if render else None, ordinal=0 if render else None, member_id=member,
        project_id=project, shot=take.shot, status=take.status, sha256=f"{take.key:0>64}", source_sha256=f"{take.key:0>64}",
        filename=f"{take.key}_00001_.png", mime=take.mime, size=1, width=1024, height=768, workflow=take.workflow,
        workflow_number=take.version or None, techniques=list(take.techniques), models=list(take.models), prompt=take.prompt,
        negative=take.negative, seed=take.seed, facts={"sampler": "euler", "steps": 28, "cfg": 5.5}, created_at=at,
    )  # fmt: skip
    session.add(asset)
    session.flush()
    session.add_all(Tag(asset_id=_id(asset), word=word, member_id=member) for word in take.tags)
    if take.status:
        judge = _id(corpus.people[take.judge])
        session.add(Verdict(asset_id=_id(asset), member_id=judge, judgement=Judgement(take.status), binding=True, created_at=at))
    search.index(session, _id(asset))
    return asset


def _id(row: Any) -> int:
    number: int = row.id
    return number
