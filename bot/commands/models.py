"""The commands models and model: model files, what they are, where they lie and what used them."""

from __future__ import annotations

from itertools import islice

from sqlmodel import Session

from bot.cards import Answer, Button, Card, Field
from bot.commands.command import Asked
from bot.formatting import bytes_of, short, when
from core.errors import MissingInput
from core.models import lookup, usage
from core.models.lookup import KnownModel
from core.people.roles import Permission, allow, may, visible_projects
from core.schemas.models import ModelDetail, ModelList, ModelSchema, ModelVersionSchema
from storage.people import projects
from storage.search import Scope
from storage.tables import ModelFile

_SHOWN, _MOST = 15, 100
_COUNTED = 1000


def models(asked: Asked) -> Answer:
    """List the model files: kind, hash, size, family, licence, trigger words, where they lie.

    Words choose those that say them in folder, name, title, family, licence, trigger words or hash. The hash is AutoV2, the
    first ten digits of the SHA-256, as model sites show it.
    /models
    /models lora sdxl
    """
    limit = asked.count("limit", _SHOWN, _MOST)
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE, asked.place.project)
        whole_paths = _sees_paths(session, asked)
        every = lookup.everything(session)
        found = lookup.matching(every, [part.value for part in asked.line.words])
        shown = found[:limit]
        fields = tuple(Field(one.label, _line(one), short=False) for one in shown)
        told = ModelList(models=[_schema(one, whole_paths) for one in shown], count=len(found))
    title = f"{len(found)} model{'' if len(found) == 1 else 's'}" if found else "No models"
    text = "" if found else _nothing(bool(every))
    more = f"{len(found) - limit} more; add words or limit:{_MOST}" if len(found) > limit else "/model NAME shows one."
    buttons = tuple(Button("model", f'"{one.label}"', short(one.now.title or one.name, 30)) for one in shown[:5])
    return Answer(cards=(Card(title, text=text, fields=fields, buttons=buttons, footer=more),), private=True, schema=told)


def model(asked: Asked) -> Answer:
    """Show a model: what it is, every version of its bytes seen under its name, and what used it.

    NAME is its file name, with or without folder and ending, its title, or the beginning of its hash.
    /model slate-sim-ink
    /model loras/slate-sim-ink.safetensors
    """
    wanted = asked.line.rest(0)
    if not wanted:
        raise MissingInput("Which model?", hint="Write /model NAME; /models lists them.", input="model")
    with asked.desk.reading() as session:
        allow(session, asked.member, Permission.SEE, asked.place.project)
        return _one(session, asked, lookup.find(session, wanted))


def _nothing(any_known: bool) -> str:
    if any_known:
        return "None says all of these words."
    return "Slate reads the ComfyUI model folders that SLATE_MODELS_PATHS names, when it starts."


def _sees_paths(session: Session, asked: Asked) -> bool:
    """Paths of this machine are for those who look after it."""
    return may(session, asked.member, Permission.MANAGE_MODELS, None)


def _line(one: KnownModel) -> str:
    now = one.now
    places = len(one.places_of(now))
    parts = (
        one.kind,
        lookup.short(now.sha256) or "not read yet",
        bytes_of(now.size) if now.size is not None else "",
        _family(now),
        now.licence or "licence unknown",
        f"words: {short(', '.join(now.trigger_words), 60)}" if now.trigger_words else "",
        "gone" if now.sha256 and not places else f"in {places} folders" if places > 1 else "",
        "folders differ" if len(one.differing) > 1 else "",
    )
    return " · ".join(part for part in parts if part)


def _family(file: ModelFile) -> str:
    guessed = " (by its name)" if file.about.get("base_from") == "name" else ""
    return f"{file.base_model}{guessed}" if file.base_model else ""


def _one(session: Session, asked: Asked, one: KnownModel) -> Answer:
    whole_paths = _sees_paths(session, asked)
    scope = Scope(visible_projects(session, asked.member))
    hashes = {file.sha256 for file in one.versions if file.sha256}
    uses = list(islice(usage.assets_with(session, hashes, {one.name}, scope), _COUNTED))
    slugs = _slugs(session, {use.asset.project_id for use in uses})
    recipes = usage.workflows_with(session, one)
    newest = list(dict.fromkeys(use.asset.code for use in uses))[:5]
    now = one.now
    count = f"{len(uses):,}{'' if len(uses) < _COUNTED else ' or more'} in {', '.join(slugs)}; newest {', '.join(newest)}"
    pairs = (
        ("Kind", one.kind),
        ("Family", _family(now)),
        ("Licence", now.licence or "unknown"),
        ("Trigger words", ", ".join(now.trigger_words)),
        ("Made by", now.source),
        ("From", str(now.about.get("url") or "")),
        ("AutoV3", now.autov3),
        ("SHA-256", now.sha256 or "not known: nobody has read its bytes"),
        ("Where", "\n".join(_where(one, now, whole_paths)) or ("gone" if now.sha256 else "on a server only")),
        ("Versions", "\n".join(_version_line(one, file) for file in one.versions[:10]) if len(one.versions) > 1 else ""),
        ("Used by", count if uses else "nothing yet"),
        ("Workflows", ", ".join(recipes)),
    )
    fields = tuple(Field(label, value, short=label in ("Kind", "Family", "Licence", "AutoV3")) for label, value in pairs if value)
    title = f"{one.label}{f' · {now.title}' if now.title else ''}"
    told = ModelDetail(
        **vars(_schema(one, whole_paths)),
        versions=[_version(one, file, whole_paths) for file in one.versions],
        assets=len(uses),
        newest_assets=newest,
        projects=slugs,
        workflows=recipes,
    )
    return Answer(cards=(Card(title, fields=fields),), private=True, schema=told)


def _slugs(session: Session, rows: set[int]) -> list[str]:
    return sorted(one.slug for one in projects.by_ids(session, rows).values())


def _version_line(one: KnownModel, file: ModelFile) -> str:
    there = len(one.places_of(file))
    state = "now" if file is one.now and there else f"in {there} folder{'s' if there > 1 else ''}" if there else "gone"
    read = lookup.short(file.sha256) or "not read"
    return f"{read} · {state} · first seen {when(file.first_seen_at)}"


def _where(one: KnownModel, file: ModelFile, whole_paths: bool) -> list[str]:
    return [f"{place.root}/{one.label}" if whole_paths else one.label for place in one.places_of(file)]


def _schema(one: KnownModel, whole_paths: bool) -> ModelSchema:
    now = one.now
    return ModelSchema(
        model=one.label,
        folder=one.folder,
        name=one.name,
        kind=one.kind,
        title=now.title,
        sha256=now.sha256,
        autov2=lookup.short(now.sha256),
        autov3=now.autov3,
        size=now.size,
        licence=now.licence,
        base_model=now.base_model,
        base_model_from=str(now.about.get("base_from") or ""),
        trigger_words=list(now.trigger_words),
        source=now.source,
        url=str(now.about.get("url") or ""),
        where=_where(one, now, whole_paths),
        differs=len(one.differing) > 1,
    )


def _version(one: KnownModel, file: ModelFile, whole_paths: bool) -> ModelVersionSchema:
    return ModelVersionSchema(
        sha256=file.sha256,
        autov2=lookup.short(file.sha256),
        autov3=file.autov3,
        size=file.size,
        licence=file.licence,
        first_seen=file.first_seen_at,
        last_read=file.seen_at,
        where=_where(one, file, whole_paths),
    )
