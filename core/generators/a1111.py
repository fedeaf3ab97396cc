"""A1111, Forge, SD.Next and all who write their text: `parameters` in PNG, UserComment elsewhere, comments, XMP, sidecars."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.comfyui.facts import Facts, ModelUse, Sampling
from core.comfyui.tags import embeddings_in, models_in, stem
from core.generators import infotext, samplers
from core.generators.infotext import Infotext
from core.generators.resources import FOLDERS, hashes, kind_of, of_civitai, with_hashes
from core.generators.texts import Text, TextFields
from core.generators.values import hash_in, listed, lora, mapped, model, number_in, seed_in, size_in, told_in, whole_in

_NUMBERED_LORA = re.compile(r"lora_?(\d+) model name|addnet model (\d+)|lora (\d+)")
_MODEL_AND_HASH = re.compile(r"(.+?)\s*[\[(]([0-9a-fA-F]{8,64})[\])]")
_GUIDES = ("depth", "canny", "pose", "lineart", "normal", "seg", "tile")
_GUIDED_BY = {
    "softedge": "lineart",
    "scribble": "lineart",
    "hed": "lineart",
    "mlsd": "lineart",
    "sketch": "lineart",
    "midas": "depth",
    "zoe": "depth",
    "dw_": "pose",
    "oneformer": "seg",
}
_WEIGHT_PAIR = re.compile(r"\s*([^,:\"]{1,200}?)\s*:\s*(-?[\d.]{1,8})\s*(?:,|$)")
_EXTRAS = ("postprocess upscaler", "postprocess upscale by")


def read(words: TextFields) -> Facts | None:
    """The facts of the fullest such text.

    >>> from core.generators.texts import TextFields
    >>> found = read(TextFields.of(parameters="bay\\nNegative prompt: haze\\nSteps: 20, Sampler: Euler a, Seed: 4, Model: sd15"))
    >>> found.prompt, found.negative, found.seed, found.sampler, found.models[0].name
    ('bay', 'haze', '4', 'euler_ancestral', 'sd15')
    """
    best: tuple[int, Text, Infotext] | None = None
    for one in words.prose():
        parts = infotext.parse(one.text)
        if parts is None:
            continue
        one.take()
        if best is None or len(parts.settings) > best[0]:
            best = (len(parts.settings), one, parts)
    if best is None:
        return _extras(words)
    found = facts_of(best[2], generator=_program(best[2].settings, words))
    larger = _extras(words)
    return found if larger is None else replace(found, models=(*found.models, *larger.models)).with_techniques("upscale")


def parse(text: str) -> Facts | None:
    """The facts in one such text, or None if it is something else."""
    return read(TextFields.of(parameters=text))


def facts_of(parts: Infotext, *, generator: str) -> Facts:
    """The facts of a text taken apart."""
    told = parts.settings
    width, height = size_in(told.get("size") or told.get("resolution") or told.get("first pass size"))
    named = Facts.of_passes(
        [_sampling(told)],
        prompt=parts.prompt,
        negative=parts.negative,
        width=width,
        height=height,
        models=_models(parts),
        generator=generator,
    )
    return named.with_techniques(*_techniques(told, named))


def _program(told: Mapping[str, str], words: TextFields) -> str:
    """Who wrote the text, where it says so; A1111 stands for all who write its text without a word of themselves."""
    version, app = told.get("version", ""), told.get("app", "")
    software = words.text("Software")
    for mark, name in (
        ("SD.Next", "SD.Next"),
        ("Fooocus", "Fooocus"),
        ("Draw Things", "Draw Things"),
        ("Easy Diffusion", "Easy Diffusion"),
    ):
        if version.startswith(mark) or app.startswith(mark) or software.startswith(mark):
            return name
    if "civitai metadata" in told or ("civitai resources" in told and "created date" in told):
        return "Civitai"
    return "ComfyUI" if version == "ComfyUI" else "A1111"


def _sampling(told: Mapping[str, str]) -> Sampling:
    schedule = told_in(told.get("schedule type")) or told_in(told.get("scheduler"))
    sampler, scheduler = samplers.sampler(told_in(told.get("sampler")), schedule)
    cfg = next(
        (
            number
            for key in ("cfg scale", "cfg", "guidance scale", "guidance")
            if (number := number_in(_first(told.get(key)))) is not None
        ),
        None,
    )
    return Sampling(
        node="",
        seed=seed_in(_first(told.get("seed"))),
        sampler=sampler,
        scheduler=scheduler,
        steps=whole_in(_first(told.get("steps"))),
        cfg=cfg,
        denoise=number_in(_first(told.get("denoising strength") or told.get("strength"))),
    )


def _first(value: str | None) -> str | None:
    """A number without what was cut off behind it: `6.5, Se` of `CFG scale: 6.5, Seed: 4`."""
    return value.partition(",")[0].strip() if value else value


def _models(parts: Infotext) -> tuple[ModelUse, ...]:
    told = parts.settings
    every = hashes(told.get("hashes", ""))
    resources = list(of_civitai(_json(told.get("civitai resources", ""))))
    main = model(
        "checkpoint",
        "checkpoints",
        *_name_and_hash(told.get("model") or told.get("base model") or told.get("unet"), told.get("model hash")),
    )
    main = main or tuple(use for use in resources if use.kind == "checkpoint")[:1]
    main = main or model("checkpoint", "checkpoints", told.get("modelname"), "")
    others = [
        use
        for kind, folder, key in (
            ("checkpoint", "checkpoints", "refiner"),
            ("checkpoint", "checkpoints", "hires checkpoint"),
            ("vae", "vae", "vae"),
            ("upscaler", "upscale_models", "hires upscaler"),
            ("upscaler", "upscale_models", "sd upscale upscaler"),
            ("upscaler", "upscale_models", "ultimate sd upscale upscaler"),
            ("hypernetwork", "hypernetworks", "hypernet"),
        )
        for use in model(kind, folder, *_name_and_hash(told.get(key), told.get(f"{key} hash")))
        if kind != "upscaler" or not use.name.casefold().startswith("latent")
        if use.name.casefold() not in ("use same checkpoint", "automatic", "baked vae")
    ]
    loras = _loras(parts, every, resources)
    embeddings = [ModelUse("embedding", "embeddings", name, hash=hash_in(digest)) for name, digest in _embeddings(told, every)]
    embeddings = embeddings or list(embeddings_in(parts.prompt, parts.negative))
    nets = [
        ModelUse("hypernetwork", "hypernetworks", use.name, use.strength)
        for use in models_in(parts.prompt)
        if use.kind == "hypernetwork"
    ]
    found: dict[tuple[str, str], ModelUse] = {}
    for use in (
        *with_hashes(main, {main[0].name: every["model"]} if main and "model" in every else {}),
        *others,
        *loras,
        *embeddings,
        *nets,
        *_controls(told),
    ):
        found.setdefault((use.kind, stem(use.name)), use)
    return tuple(found.values())


def _loras(parts: Infotext, every: Mapping[str, str], resources: list[ModelUse]) -> list[ModelUse]:
    """By the tags in the prompt, with what else is told of them; where there are none, by the lists behind the settings."""
    told = parts.settings
    listed_ = hashes(told.get("lora hashes", ""))
    general = {
        key.partition(":")[2]: digest for key, digest in every.items() if kind_of(key.partition(":")[0]) == "lora" and ":" in key
    }
    tagged = with_hashes(tuple(use for use in models_in(parts.prompt) if use.kind == "lora"), {**general, **listed_})
    recipe = [
        use
        for one in listed(mapped(_json(told.get("recipe metadata", ""))).get("loras"))
        for use in lora(
            mapped(one).get("file_name") or mapped(one).get("name"), mapped(one).get("strength"), mapped(one).get("hash")
        )
    ]
    named = [*_numbered(told), *recipe]
    known = {stem(use.name) for use in (*tagged, *named)}
    weights = {name: number_in(weight) for name, weight in _WEIGHT_PAIR.findall(told.get("lora weights", "")[:20_000])[:64]}
    listed_uses = [
        ModelUse("lora", "loras", name, weights.get(name), hash=digest)
        for name, digest in listed_.items()
        if stem(name) not in known
    ]
    if tagged or named or listed_uses:
        return [*tagged, *(use for use in named if stem(use.name) not in {stem(one.name) for one in tagged}), *listed_uses]
    hashed = [ModelUse("lora", "loras", name, hash=hash_in(digest)) for name, digest in general.items()]
    return hashed or [use for use in resources if use.kind == "lora"]


def _numbered(told: Mapping[str, str]) -> Iterator[ModelUse]:
    """LoRAs in settings of their own: `Lora_0 Model name`, `AddNet Model 1`, `LoRA 1: name : weight`."""
    for key, value in told.items():
        found = _NUMBERED_LORA.fullmatch(key)
        if not found:
            continue
        if found[1] is not None:
            stem_ = key.removesuffix(" model name")
            yield from lora(
                value, told.get(f"{stem_} strength model"), told.get(f"{stem_} model hash"), told.get(f"{stem_} strength clip")
            )
        elif found[2] is not None:
            weight, clip = told.get(f"addnet weight a {found[2]}"), told.get(f"addnet weight b {found[2]}")
            yield from lora(*_name_and_hash(value, "")[:1], weight, _name_and_hash(value, "")[1], clip)
        else:
            name, _, weight = value.rpartition(" : ")
            yield from lora(name or value, weight)


def _embeddings(told: Mapping[str, str], every: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from hashes(told.get("ti hashes", "")).items()
    for key, digest in every.items():
        kind, colon, name = key.partition(":")
        if colon and kind_of(kind) == "embedding":
            yield name, digest


def _controls(told: Mapping[str, str]) -> Iterator[ModelUse]:
    for _, unit in _units(told):
        name, digest = _name_and_hash(unit.get("model"), "")
        for use in model("controlnet", FOLDERS["controlnet"], name, digest):
            yield ModelUse(use.kind, use.folder, use.name, number_in(unit.get("weight")), hash=use.hash)


def _units(told: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """(key, settings) of each ControlNet unit: one quoted list of pairs, or settings of their own in older versions."""
    from core.generators.pairs import pairs

    for key, value in told.items():
        if re.fullmatch(r"controlnet(?:[- ]?\d+)?", key) and ":" in value:
            yield key, {name.casefold(): one for name, one in pairs(value.replace(" | ", ", "))}
    old: dict[str, dict[str, str]] = {}
    for key, value in told.items():
        found = re.fullmatch(r"controlnet(?:[- ]?(\d+))? (model|module|preprocessor|weight|enabled)", key)
        if found:
            old.setdefault(found[1] or "", {})["module" if found[2] == "preprocessor" else found[2]] = value
    yield from ((number, unit) for number, unit in old.items() if unit.get("enabled", "").casefold() != "false")


def _techniques(told: Mapping[str, str], named: Facts) -> Iterator[str]:
    operations = told.get("operations", "").casefold()
    hires = (
        any(key in told for key in ("hires upscale", "hires steps", "hires resize"))
        or told.get("hires fix", "").casefold() == "true"
    )
    if hires or "hires" in operations:
        yield "hires"
    if any(use.kind == "lora" for use in named.models):
        yield "lora"
    inpaint = any(
        key in told for key in ("mask blur", "inpaint area", "masked content", "inpaint full res", "masked area padding")
    )
    if inpaint or "inpaint" in operations:
        yield "inpaint"
    elif "img2img" in operations or (not hires and "hires" not in operations and named.denoise is not None and named.denoise < 1):
        yield "img2img"
    upscaled = ("sd upscale upscaler", "ultimate sd upscale upscaler", "postprocess upscaler", "sd upscale overlap")
    if any(key in told for key in upscaled) or "upscale" in operations:
        yield "upscale"
    if any(key.startswith("animatediff") for key in told):
        yield "animation"
    if (
        told_in(told.get("face restoration"))
        or any(key.startswith("reactor") for key in told)
        or "face" in told.get("adetailer model", "")
    ):
        yield "face"
    yield from _guides(told)


def _guides(told: Mapping[str, str]) -> Iterator[str]:
    for _, unit in _units(told):
        yield "controlnet"
        said = f"{unit.get('module', '')} {unit.get('preprocessor', '')} {unit.get('model', '')}".casefold()
        if "ip-adapter" in said or "ip_adapter" in said:
            yield "ip-adapter"
        yield from (guide for guide in _GUIDES if guide in said)
        yield from (guide for word, guide in _GUIDED_BY.items() if word in said)


def _extras(words: TextFields) -> Facts | None:
    """What the Extras tab writes of a picture that was only enlarged."""
    for one in words.named("extras", "postprocessing", "parameters"):
        if one.text.startswith(("Postprocess upscale", "Postprocess upscaler", "Upscale: ")):
            one.take()
            from core.generators.pairs import pairs

            told = {key.casefold(): value for key, value in pairs(one.text)}
            used = model("upscaler", "upscale_models", told.get("postprocess upscaler") or told.get("upscaler"))
            return Facts(models=used, generator="A1111").with_techniques("upscale")
    return None


def _name_and_hash(name: str | None, digest: str | None) -> tuple[str, str]:
    """`sd_xl_refiner [7440042bbd]` as its name and its hash."""
    found = _MODEL_AND_HASH.fullmatch((name or "").strip()[:400])
    return (found[1], digest or found[2]) if found else (name or "", digest or "")


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in ("{", "[") else None
    except (ValueError, RecursionError):
        return None
