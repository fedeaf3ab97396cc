"""Reads the descriptions that model managers put beside a model file: Civitai's, LoRA Manager's, Stability Matrix's, A1111's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.comfyui.refusal import word
from core.errors import BadInput
from core.formats import bounded_json
from core.security.sandbox import sandboxed

ENDINGS = (".civitai.info", ".metadata.json", ".cm-info.json", ".json")
"""Most trusted first: what Civitai itself answered stands before what a manager made of it."""
_MOST_BYTES = 4 << 20
_MOST_VALUES = 200_000
_MOST_WORDS = 40
CIVITAI_FLAGS = ("allowNoCredit", "allowCommercialUse", "allowDerivatives", "allowDifferentLicense")


@dataclass(frozen=True)
class SidecarFacts:
    """What a description says of a model; what it leaves out is empty."""

    title: str = ""
    creator: str = ""
    base_model: str = ""
    kind: str = ""
    trigger_words: tuple[str, ...] = ()
    licence: str = ""
    url: str = ""
    flags: Mapping[str, Any] = field(default_factory=dict)
    """What Civitai's creator allows: `allowNoCredit`, `allowCommercialUse`, `allowDerivatives`, `allowDifferentLicense`."""
    sha256: tuple[str, ...] = ()
    """Digests of the files that it is about, where it says."""


def beside(names: Iterable[str], name: str) -> list[str]:
    """Which of the names of one folder are descriptions of the model file `name`, most trusted first."""
    there, stem = set(names), name.rpartition(".")[0]
    return [found for ending in ENDINGS if (found := stem + ending) in there]


def read(paths: Iterable[Path], digest: str) -> SidecarFacts:
    """What the descriptions say together; one that is about other bytes says nothing."""
    found = SidecarFacts()
    for path in paths:
        try:
            data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
            one = told(data) if data else SidecarFacts()
        except (OSError, ValueError, BadInput):
            continue
        if not one.sha256 or digest in one.sha256:
            found = _joined(found, one)
    return found


def _joined(first: SidecarFacts, then: SidecarFacts) -> SidecarFacts:
    return SidecarFacts(**{name: value or getattr(then, name) for name, value in vars(first).items()})


@sandboxed
def told(data: bytes) -> SidecarFacts:
    """What one description says. Raises ValueError for what is no JSON."""
    value = bounded_json.value(data, _MOST_VALUES)
    if not isinstance(value, dict):
        return SidecarFacts()
    if "ModelId" in value or "ModelName" in value:
        return _stability_matrix(value)
    if isinstance(value.get("model"), dict) or "trainedWords" in value or isinstance(value.get("files"), list):
        return _civitai(value)
    if "model_name" in value or "base_model" in value or isinstance(value.get("civitai"), dict):
        return _lora_manager(value)
    return _a1111(value)


def _civitai(value: Mapping[str, Any]) -> SidecarFacts:
    """One version as Civitai's API answers: `/api/v1/model-versions/…`."""
    model, creator = (
        _object(value.get("model")),
        _object(value.get("creator")) or _object(_object(value.get("model")).get("creator")),
    )
    hashes = [_object(_object(one).get("hashes")).get("SHA256") for one in _list(value.get("files"))[:20]]
    number = model.get("id") or value.get("modelId")
    version = f"?modelVersionId={value['id']}" if type(value.get("id")) is int else ""
    return SidecarFacts(
        title=word(model.get("name")),
        creator=word(creator.get("username")),
        base_model=word(value.get("baseModel")),
        kind=word(model.get("type")),
        trigger_words=_words(value.get("trainedWords")),
        licence=word(model.get("license") or value.get("license")),
        url=f"https://civitai.com/models/{number}{version}" if type(number) is int else "",
        flags=_flags(model) or _flags(value),
        sha256=_digests(hashes),
    )


def _flags(model: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in CIVITAI_FLAGS:
        value = model.get(name)
        if isinstance(value, bool):
            found[name] = value
        elif isinstance(value, str | list) and name == "allowCommercialUse":
            several = value if isinstance(value, list) else value.strip("{}").split(",")
            found[name] = [word(one) for one in several[:8] if word(one)]
    return found


def _lora_manager(value: Mapping[str, Any]) -> SidecarFacts:
    known = _civitai(_object(value.get("civitai")))
    own = SidecarFacts(
        title=word(value.get("model_name")),
        base_model=word(value.get("base_model")) if value.get("base_model") != "Unknown" else "",
        kind=word(value.get("sub_type") or value.get("model_type")),
        trigger_words=_words(value.get("trigger_words") or value.get("trainedWords")),
        sha256=_digests([value.get("sha256")]),
    )
    joined = _joined(own, known)
    return SidecarFacts(**vars(joined) | {"title": known.title or own.title, "sha256": own.sha256 or known.sha256})


def _stability_matrix(value: Mapping[str, Any]) -> SidecarFacts:
    number = value.get("ModelId")
    return SidecarFacts(
        title=word(value.get("ModelName")),
        base_model=word(value.get("BaseModel")),
        kind=word(value.get("ModelType")),
        trigger_words=_words(value.get("TrainedWords")),
        url=f"https://civitai.com/models/{number}" if type(number) is int else "",
        sha256=_digests([_object(value.get("Hashes")).get("SHA256")]),
    )


def _a1111(value: Mapping[str, Any]) -> SidecarFacts:
    version = word(value.get("sd version"))
    return SidecarFacts(
        base_model=version if version != "Unknown" else "",
        trigger_words=_words(value.get("activation text")),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: object) -> tuple[str, ...]:
    """Trigger words, from a list or a text with commas, each once and fit to be shown."""
    several = value.split(",") if isinstance(value, str) else _list(value)
    return tuple(dict.fromkeys(shown for one in several[:_MOST_WORDS] if isinstance(one, str) and (shown := word(one))))


def _digests(values: Iterable[object]) -> tuple[str, ...]:
    found = (value.lower() for value in values if isinstance(value, str))
    return tuple(one for one in found if len(one) == 64 and all(letter in "0123456789abcdef" for letter in one))
