"""Models that a file's words list: Civitai's resources and model numbers (`urn:air:…`), A1111's hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from core.comfyui.model_use import ModelUse
from core.comfyui.tags import stem
from core.generators.values import hash_in, listed, mapped, number_in, told_in

_AIR = re.compile(r"urn:air:([^:\s]*):([^:\s]*):([^:\s]*):([^:\s]+)", re.IGNORECASE)
_KINDS = {
    "lora": "lora",
    "locon": "lora",
    "lycoris": "lora",
    "dora": "lora",
    "loha": "lora",
    "checkpoint": "checkpoint",
    "model": "checkpoint",
    "embed": "embedding",
    "embedding": "embedding",
    "textualinversion": "embedding",
    "ti": "embedding",
    "hypernet": "hypernetwork",
    "hypernetwork": "hypernetwork",
    "vae": "vae",
    "controlnet": "controlnet",
    "upscaler": "upscaler",
    "unet": "diffusion model",
    "diffusion_model": "diffusion model",
}
FOLDERS = {
    "lora": "loras",
    "checkpoint": "checkpoints",
    "embedding": "embeddings",
    "hypernetwork": "hypernetworks",
    "vae": "vae",
    "controlnet": "controlnet",
    "upscaler": "upscale_models",
    "diffusion model": "diffusion_models",
    "model": "models",
}
_HASH_PAIR = re.compile(r'\s*([^,"{}]{1,200}?)\s*:\s*([0-9a-fA-F]{8,64})\s*(?:,|$)')
_MOST = 128


def kind_of(word: object) -> str:
    return _KINDS.get(str(word or "").casefold().replace(" ", ""), "model")


def of_air(air: object, strength: object = None) -> tuple[ModelUse, ...]:
    """The model that a number of Civitai's (or another catalogue's) names.

    >>> of_air("urn:air:sdxl:lora:civitai:341353@382152")[0].name
    'civitai:341353@382152'
    """
    found = _AIR.match(str(air or "")[:300])
    if not found:
        return ()
    kind = kind_of(found[2])
    return (ModelUse(kind, FOLDERS.get(kind, "models"), f"{found[3]}:{found[4]}", number_in(strength)),)


def of_civitai(value: object) -> Iterator[ModelUse]:
    """The models in a list of resources: by name and version, or by number."""
    for one in map(mapped, listed(value)):
        kind = kind_of(one.get("type"))
        numbered = of_air(one.get("air"), one.get("weight"))
        if numbered and kind == "model":
            kind = numbered[0].kind
        name = " ".join(part for part in (told_in(one.get("modelName")), _version(one)) if part) or told_in(one.get("name"))
        strength = number_in(one.get("weight", one.get("strength")))
        if not name and not numbered:
            number = one.get("modelVersionId")
            name = f"civitai:{number}" if isinstance(number, int) and not isinstance(number, bool) else ""
        if name:
            yield ModelUse(
                kind, FOLDERS.get(kind, "models"), name, strength if kind == "lora" else None, hash=hash_in(one.get("hash"))
            )
        else:
            yield from numbered


def _version(one: Mapping[str, object]) -> str:
    return told_in(one.get("modelVersionName")) or told_in(one.get("versionName"))


def hashes(text: str) -> dict[str, str]:
    """Name -> hash of `{"model": "…", "lora:ink": "…"}`, or of `ink: 1234abcd, film: …`.

    >>> hashes('{"model": "aa11bb22", "LORA:ink": "00ff00ff"}')
    {'model': 'aa11bb22', 'LORA:ink': '00ff00ff'}
    >>> hashes("ink: 1234abcd, film v2: 00ff00ff00ff")
    {'ink': '1234abcd', 'film v2': '00ff00ff00ff'}
    """
    if text[:1] == "{":
        try:
            value = mapped(json.loads(text))
        except (ValueError, RecursionError):
            return {}
        told = ((str(key), value[key]) for key in list(value)[:_MOST])
        return {key: str(one) for key, one in told if isinstance(one, str) and one}
    return {name: digest.lower() for name, digest in _HASH_PAIR.findall(text[:20_000])[:_MOST]}


def with_hashes(uses: tuple[ModelUse, ...], told: Mapping[str, str]) -> tuple[ModelUse, ...]:
    """The same models with the hashes that are told for their names."""
    known = {stem(name): digest for name, digest in told.items()}
    return tuple(use if use.hash or not (digest := known.get(stem(use.name), "")) else replace(use, hash=digest) for use in uses)
