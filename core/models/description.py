"""What a model file is, from its header, the descriptions beside it and its name, joined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.comfyui.refusal import word
from core.formats import bounded_json
from core.models import base_models
from core.models.headers import HeaderFacts
from core.models.sidecars import SidecarFacts
from core.security.sandbox import sandboxed

_WITHOUT_BASE = frozenset({"vae_approx", "upscale_models", "clip_vision", "embeddings", "text_encoders", "clip", "vae"})
"""Folders whose files are not told apart by their tensors, and whose names do not say a family."""
_MOST_WORDS = 24
_FEW_VALUES = 200_000


@dataclass(frozen=True)
class ModelFacts:
    """A model file as it describes itself."""

    title: str = ""
    licence: str = ""
    source: str = ""
    base_model: str = ""
    trigger_words: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)
    """`format`, `base_from` (words, tensors or name), `url`, `licence_url`, `civitai` (its flags), `resolution`, `date`."""


@sandboxed
def joined(folder: str, name: str, header: HeaderFacts, beside: SidecarFacts) -> ModelFacts:
    """What Civitai says stands before what the file says; its tensors and its name only speak where no words do."""
    told = header.told
    base, base_from = _base(folder, name, header, beside)
    about = {
        "format": header.format,
        "kind": beside.kind or ("LoRA" if header.lora else ""),
        "base_from": base_from,
        "url": beside.url or _first(told, "modelspec.source", "general.url", "general.source.url", "general.repo_url"),
        "licence_url": _first(told, "general.license.link", "modelspec.license_url"),
        "civitai": dict(beside.flags),
        "resolution": _first(told, "modelspec.resolution", "ss_resolution"),
        "date": _first(told, "modelspec.date"),
        "usage": _first(told, "modelspec.usage_hint"),
    }
    return ModelFacts(
        title=beside.title or _first(told, "modelspec.title", "ss_output_name", "general.name"),
        licence=_first(told, "modelspec.license", "general.license", "general.license.name", "license") or beside.licence,
        source=beside.creator or _first(told, "modelspec.author", "general.author", "general.organization"),
        base_model=base,
        trigger_words=beside.trigger_words or _triggers(told),
        about={key: value for key, value in about.items() if value},
    )


def _first(told: Mapping[str, str], *names: str) -> str:
    return next((shown for name in names if (shown := word(told.get(name))) and shown != "None"), "")


def _base(folder: str, name: str, header: HeaderFacts, beside: SidecarFacts) -> tuple[str, str]:
    """The family and by what it is known."""
    said = beside.base_model or _first(
        header.told, "modelspec.architecture", "ss_base_model_version", "general.architecture", "general.base_model.0.name"
    )
    if said and not (folder in _WITHOUT_BASE and not beside.base_model):
        return base_models.said(said), "words"
    if folder in _WITHOUT_BASE:
        return "", ""
    if header.base_model:
        return header.base_model, "tensors"
    guessed = base_models.by_name(name)
    return (guessed, "name") if guessed else ("", "")


def _triggers(told: Mapping[str, str]) -> tuple[str, ...]:
    """The words that call a LoRA's style: as it says, or else those that every caption of its training began with."""
    said = _first(told, "modelspec.trigger_phrase")
    if said:
        return tuple(dict.fromkeys(part for one in said.split(",") if (part := word(one))))[:_MOST_WORDS]
    return tuple(dict.fromkeys((*_in_every_caption(told), *_of_folders(told))))[:_MOST_WORDS]


def _in_every_caption(told: Mapping[str, str]) -> list[str]:
    """Tags that are in as many captions as a training folder has pictures."""
    folders, counted = _object(told.get("ss_dataset_dirs")), _object(told.get("ss_tag_frequency"))
    found = []
    for folder, tags in counted.items():
        images = folders.get(folder, {}).get("img_count") if isinstance(folders.get(folder), dict) else None
        if isinstance(tags, dict) and type(images) is int and images > 1:
            found += [word(tag) for tag, count in tags.items() if type(count) is int and count >= images][:8]
    return [one for one in found if one]


def _of_folders(told: Mapping[str, str]) -> list[str]:
    """What kohya's folders are called behind the number of repeats: `10_ohwx man`; for files without captions."""
    if told.get("ss_tag_frequency") not in (None, "{}"):
        return []
    names = (re.match(r"\d+_(.+)", folder) for folder in _object(told.get("ss_dataset_dirs")))
    return [shown for name in names if name and (shown := word(name[1]))]


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = bounded_json.value(text.encode("utf-8", "replace"), _FEW_VALUES) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
