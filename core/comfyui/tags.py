"""Finds the models that a prompt itself names: `<lora:ink:0.8>`, `<lyco:…>`, `<hypernet:…>`, `embedding:name`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from core.comfyui.model_use import ModelUse

_TAG = re.compile(
    r"<\s*(lora|lyco|lycoris|hypernet|locon|loha|wlr)\s*:\s*([^<>:]{1,200})((?::[^<>:]{0,80}){0,6})>", re.IGNORECASE
)
_NUMBER = re.compile(r"-?\d{0,6}\.?\d{1,8}")
_EMBEDDING = re.compile(r"\bembedding:([\w.\- /\\]{1,120}?)(?=[\s,:)\]}>]|$)", re.IGNORECASE)
_MOST = 64


def models_in(*texts: str) -> tuple[ModelUse, ...]:
    """The LoRAs and hypernetworks that texts name, each once. A LoRA's first number is its strength, a second is
    that for the text encoder; `unet=` and `te=` say so by name.

    >>> [(use.name, use.strength, use.strength_clip) for use in models_in("a <lora:ink:0.5> <lora:film v2:te=0.3:unet=0.9>")]
    [('ink', 0.5, None), ('film v2', 0.9, 0.3)]
    """
    found: dict[tuple[str, str], ModelUse] = {}
    for text in texts:
        for kind, name, rest in _TAG.findall(text)[:_MOST]:
            use = _use(kind.casefold(), name.strip(), rest)
            found.setdefault((use.kind, use.name), use)
    return tuple(found.values())


def embeddings_in(*texts: str) -> tuple[ModelUse, ...]:
    """The embeddings that texts name as ComfyUI does."""
    names = {name.strip() for text in texts for name in _EMBEDDING.findall(text)[:_MOST]}
    return tuple(ModelUse("embedding", "embeddings", name) for name in sorted(names))


def _use(kind: str, name: str, rest: str) -> ModelUse:
    parts = rest.strip(":").split(":") if rest else []
    told = {part.partition("=")[0].strip().casefold(): part.partition("=")[2].strip() for part in parts if "=" in part}
    plain = [part.strip() for part in parts if _NUMBER.fullmatch(part.strip())]
    model = told.get("unet") or (plain[0] if plain else told.get("te", ""))
    encoder = told.get("te") or (plain[1] if len(plain) > 1 else model)
    strength, clip = _number(model), _number(encoder)
    if kind == "hypernet":
        return ModelUse("hypernetwork", "hypernetworks", name, strength)
    return ModelUse("lora", "loras", name, 1.0 if strength is None else strength, None if clip == strength else clip)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def stem(name: str) -> str:
    """What two spellings of a model's name have in common: no folder, no ending, small letters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    path = PurePosixPath(last)
    known = path.suffix.lower() in (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".sft")
    return (path.stem if known else last).casefold().strip()
