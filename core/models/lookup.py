"""Finds models by what people and graphs call them: folder and name, name, title, or the beginning of a hash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from sqlmodel import Session

from core.comfyui.loaders import WORDS
from core.errors import BadInput, UnknownModel
from core.text import names
from storage.rendering import models
from storage.tables import ModelFile, ModelPlace

_ALIASES = {"unet": "diffusion_models", "unet_gguf": "diffusion_models", "clip": "text_encoders", "clip_gguf": "text_encoders"}
"""Older names of ComfyUI's model folders: files in both are offered under the newer."""
MODEL_ENDINGS = frozenset({".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".gguf", ".pkl"})
_HASH = re.compile(r"[0-9a-f]{6,64}", re.IGNORECASE)
AUTOV2 = 10
"""Digits of the SHA-256 that model sites show."""


@dataclass(frozen=True)
class KnownModel:
    """A model by folder and name, with each content that was ever seen under them."""

    folder: str
    name: str
    versions: tuple[ModelFile, ...]
    """What counts now first, then what was seen before, newest first."""
    places: Mapping[int, tuple[ModelPlace, ...]] = field(default_factory=dict)
    """ModelFile row -> where these bytes lie now."""

    @property
    def now(self) -> ModelFile:
        return self.versions[0]

    @property
    def label(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def kind(self) -> str:
        return WORDS.get(folder_of(self.folder)) or self.folder.replace("_", " ")

    def places_of(self, version: ModelFile) -> tuple[ModelPlace, ...]:
        return self.places.get(version.id, ())

    @property
    def differing(self) -> tuple[ModelFile, ...]:
        """The contents that lie under this name at the same time: more than one where folders differ."""
        return tuple(one for one in self.versions if self.places_of(one))


def folder_of(folder: str) -> str:
    """A model folder by its present name."""
    return _ALIASES.get(folder, folder)


def short(sha256: str) -> str:
    """AutoV2."""
    return sha256[:AUTOV2]


def everything(session: Session) -> list[KnownModel]:
    """Every model ever seen, by folder and name."""
    grouped: dict[tuple[str, str], list[ModelFile]] = {}
    for file in models.everything(session):
        grouped.setdefault((file.folder, file.name), []).append(file)
    lying: dict[int, list[ModelPlace]] = {}
    for place in models.places(session):
        if place.gone_at is None:
            lying.setdefault(place.model_file_id, []).append(place)
    return [_known(folder, name, files, lying) for (folder, name), files in grouped.items()]


def _known(folder: str, name: str, files: Sequence[ModelFile], lying: Mapping[int, Sequence[ModelPlace]]) -> KnownModel:
    def order(file: ModelFile) -> tuple[int, float, int]:
        rank = min((place.rank for place in lying.get(file.id, ())), default=1 << 30)
        return rank, -file.seen_at.timestamp(), -file.id

    ordered = tuple(sorted(files, key=order))
    return KnownModel(folder, name, ordered, {file.id: tuple(lying.get(file.id, ())) for file in ordered})


def matching(every: Iterable[KnownModel], words: Sequence[str]) -> list[KnownModel]:
    """The models that say each of the words somewhere: in folder, name, kind, title, family, licence, trigger words or hash."""
    wanted = [names.key(word) for word in words]
    return [one for one in every if all(word in _text(one) for word in wanted)]


def _text(model: KnownModel) -> str:
    now = model.now
    told = (model.label, model.kind, now.title, now.base_model, now.licence, now.source, *now.trigger_words)
    return "\n".join((*(names.key(one) for one in told), *(file.sha256 for file in model.versions), now.autov3))


def find(session: Session, text: str) -> KnownModel:
    """The model meant. Raises UnknownModel with what it may have been, BadInput where it may be several."""
    every = everything(session)
    found = _called(every, text)
    if len(found) == 1:
        return found[0]
    shown = text.strip()[:60]
    if found:
        labels = ", ".join(f"`{one.label}`" for one in found[:6])
        raise BadInput(f"`{shown}` may be {len(found)} models: {labels}.", hint="Write the folder, too.", input="model")
    stems = {stem(one.name): one.name for one in every}  # endings are alike in all of them
    near = [stems[one] for one in names.nearest(stem(shown), stems)]
    hint = (
        "" if near else "/models lists them." if every else "No model file is known yet; SLATE_MODELS_PATHS says where they lie."
    )
    raise UnknownModel(f"There is no model `{shown}`.", suggestions=near, hint=hint, given=shown)


def _called(every: Sequence[KnownModel], text: str) -> list[KnownModel]:
    wanted = _spelled(text)
    for spell in (_labels, _file_names, _stems, _titles):
        if found := [one for one in every if wanted in spell(one)]:
            return found
    if not _HASH.fullmatch(wanted):
        return []
    return [one for one in every if any(file.sha256.startswith(wanted) or file.autov3 == wanted for file in one.versions)]


def _labels(model: KnownModel) -> tuple[str, ...]:
    return _spelled(model.label), _spelled(model.name)


def _file_names(model: KnownModel) -> tuple[str, ...]:
    return (_spelled(model.name).rpartition("/")[2],)


def _stems(model: KnownModel) -> tuple[str, ...]:
    return tuple(stem(one) for one in (*_labels(model), *_file_names(model)))


def _titles(model: KnownModel) -> tuple[str, ...]:
    return (_spelled(model.now.title),) if model.now.title else ()


def _spelled(name: str) -> str:
    return name.strip().replace("\\", "/").casefold()


def stem(name: str) -> str:
    """A name without the ending of a model file."""
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix in MODEL_ENDINGS else name


def named_in_graph(every: Iterable[KnownModel], folder: str, name: str) -> list[KnownModel]:
    """The models that a graph may mean by a name: with the other separator, an older folder's name, or without its ending."""
    wanted, where = _spelled(name), folder_of(folder)
    there = [one for one in every if folder_of(one.folder) == where]
    for spell in (lambda one: (_spelled(one.name),), _stems, _file_names):
        target = stem(wanted) if spell is _stems else wanted.rpartition("/")[2] if spell is _file_names else wanted
        if found := [one for one in there if target in spell(one)]:
            return found
    return []
