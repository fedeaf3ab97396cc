"""Reads a JSON object of settings by what its keys mean, however they are spelled: the common ground of all programs' JSON."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.comfyui.facts import Facts, ModelUse, Sampling
from core.comfyui.tags import models_in, stem
from core.generators import samplers
from core.generators.resources import FOLDERS, of_civitai
from core.generators.values import (
    checkpoint,
    hash_in,
    listed,
    lora,
    mapped,
    model,
    number_in,
    seed_in,
    size_in,
    told_in,
    whole_in,
    words_in,
)

PROMPT = (
    "prompt",
    "positiveprompt",
    "positive",
    "inputprompt",
    "textprompt",
    "promptstring",
    "prompttext",
    "originalprompt",
    "c",
)
NEGATIVE = ("negativeprompt", "negative", "uc", "unconditionalprompt", "negprompt", "negativeprompts", "negativeprompttext")
SEED = ("seed", "noiseseed", "actualseed", "randomseed", "seednumber", "initialseed")
STEPS = ("steps", "numinferencesteps", "numsteps", "samplingsteps", "inferencesteps", "samplesteps", "ddimsteps", "numberofsteps")
CFG = ("cfg", "cfgscale", "guidancescale", "guidance", "scale", "cfgguidance", "promptguidance")
SAMPLER = ("sampler", "samplername", "samplingmethod", "samplermethod", "sampleralgo")
SCHEDULER = ("scheduler", "noiseschedule", "scheduletype", "schedule", "schedulername")
DENOISE = ("denoise", "denoisingstrength", "strength", "imagestrength", "promptstrength", "initstrength", "imgstrength")
SIZE = ("size", "resolution", "dimensions", "imagesize")
MODEL = (
    "model",
    "modelname",
    "checkpoint",
    "basemodel",
    "basemodelname",
    "usestablediffusionmodel",
    "sdmodelcheckpoint",
    "ckpt",
    "ckptname",
    "modelid",
    "modelpath",
    "sdmodelname",
    "checkpointname",
    "modelversion",
    "stablediffusionmodel",
    "modelweights",
)
MODEL_HASH = ("modelhash", "basemodelhash", "sdmodelhash")
VAE = ("vae", "vaename", "vaemodel", "usevaemodel", "sdvae")
SOURCE = ("initimage", "imagepath", "initimagepath", "sourceimage", "inputimage", "imageprompt")
_NAMES = ("name", "file_name", "filename", "lora", "model", "model_name", "modelName", "path", "file", "lora_name")
_WEIGHTS = ("weight", "strength", "multiplier", "scale", "alpha", "strength_model", "model_strength", "value")
_SPELLED = re.compile(r"[\W_]+")
_PAIR = re.compile(r"<?([^<>:,]{1,200}?)\s*:\s*(-?[\d.]{1,8})>?(?:,|$)")


class LooseSettings:
    """A JSON object whose members are asked for by any of their names, without blanks, lines and capitals."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._said: dict[str, Any] = {}
        for key in list(said)[:400]:
            self._said.setdefault(_SPELLED.sub("", str(key)).casefold(), said[key])

    def get(self, *names: str) -> Any:
        """The first of these that says something."""
        for name in names:
            value = self._said.get(name)
            if value is not None and value not in ("", [], {}):
                return value
        return None

    def has(self, *names: str) -> bool:
        return any(name in self._said for name in names)

    def text(self, *names: str) -> str:
        return words_in(self.get(*names))


def looks_like_settings(said: Mapping[str, Any]) -> bool:
    """Whether an object tells a prompt and at least two settings of a generator.

    >>> looks_like_settings({"prompt": "a kite", "seed": 3, "steps": 20}), looks_like_settings({"prompt": "say your name"})
    (True, False)
    """
    found = LooseSettings(said)
    told = sum(found.has(*names) for names in (SEED, STEPS, CFG, SAMPLER, MODEL, (*SIZE, "width")))
    return isinstance(found.get(*PROMPT), str) and told >= 2


def lines_of(text: str) -> dict[str, str]:
    """A text of `Key: value` lines, as an object; empty for any other.

    >>> lines_of("Prompt: a tram depot, fog\\nSeed: 5\\nSteps: 25")
    {'Prompt': 'a tram depot, fog', 'Seed': '5', 'Steps': '25'}
    """
    found: dict[str, str] = {}
    for line in text[:200_000].splitlines()[:200]:
        key, colon, value = line.partition(":")
        if line.strip() and not (colon and 0 < len(key) <= 40):
            return {}
        if value.strip():
            found.setdefault(key.strip(), value.strip())
    return found


def read(said: Mapping[str, Any], *, generator: str) -> Facts:
    """The facts that an object of settings tells."""
    found = LooseSettings(said)
    sampler, scheduler = samplers.sampler(told_in(found.get(*SAMPLER)), told_in(found.get(*SCHEDULER)))
    seed = found.get(*SEED)
    step = Sampling(
        node="",
        seed=seed_in(seed[0] if isinstance(seed, list) and seed else seed),
        sampler=sampler,
        scheduler=scheduler,
        steps=whole_in(found.get(*STEPS)),
        cfg=number_in(found.get(*CFG)),
        denoise=number_in(found.get(*DENOISE)),
    )
    width, height = whole_in(found.get("width", "imagewidth", "w")), whole_in(found.get("height", "imageheight", "h"))
    if width is None or height is None:
        width, height = size_in(found.get(*SIZE))
    prompt, negative = text_in(found.get(*PROMPT)), text_in(found.get(*NEGATIVE))
    source = text_in(found.get(*SOURCE))
    facts = Facts.of_passes(
        [step],
        prompt=prompt,
        negative=negative,
        width=width,
        height=height,
        models=_models(found, prompt),
        pictures_in=(source,) if source and len(source) < 1_000 and not source.startswith("data:") else (),
        generator=generator,
    )
    return facts.with_techniques(*_techniques(found, facts, bool(source)))


def text_in(value: object) -> str:
    """A text, or the texts of a list on lines of their own."""
    if isinstance(value, list):
        return "\n".join(text for one in value[:64] if (text := words_in(one) or words_in(mapped(one).get("prompt"))))
    return words_in(value)


def _models(found: LooseSettings, prompt: str) -> tuple[ModelUse, ...]:
    main = found.get(*MODEL)
    every = [
        *checkpoint(name_in(main), found.get(*MODEL_HASH) or mapped(main).get("hash")),
        *checkpoint(name_in(found.get("refinermodel", "refiner", "sdxlrefiner", "refinermodelname"))),
        *model("vae", "vae", name_in(found.get(*VAE))),
        *loras_in(
            found.get("loras", "lora", "loramodels", "useloramodel", "loramodel"),
            found.get("loraweights", "lorascales", "lorascale", "loraalpha", "loraalphas", "lorastrengths", "lorastrength"),
        ),
        *loras_in(found.get("lorapaths", "loranames"), found.get("lorascales", "loraweights")),
        *loras_in(found.get("activatedloras"), _apart(found.get("lorasmultipliers"))),
        *of_civitai(found.get("civitairesources", "resources")),
        *(_model_of(one) for one in map(mapped, listed(found.get("models"))) if name_in(one)),
        *model("controlnet", "controlnet", name_in(found.get("controlnetmodel", "usecontrolnetmodel"))),
        *(
            ModelUse("embedding", "embeddings", name)
            for one in listed(found.get("embeddings", "useembeddingsmodel"))
            if (name := name_in(one))
        ),
        *model("upscaler", "upscale_models", name_in(found.get("upscaler", "useupscale", "upscalemodel"))),
    ]
    kept: dict[tuple[str, str], ModelUse] = {}
    for use in (*every, *models_in(prompt)):
        kept.setdefault((use.kind, stem(use.name)), use)
    return tuple(use for use in kept.values() if use.name.casefold() not in ("false", "baked vae"))


def _apart(value: object) -> object:
    """Numbers with blanks between them as a list; of several for one LoRA (`1;0.5`, one for each phase) the first."""
    return [one.split(";")[0] for one in value.split()[:64]] if isinstance(value, str) else value


def _model_of(one: Mapping[str, Any]) -> ModelUse:
    from core.generators.resources import kind_of

    kind = kind_of(one.get("type") or one.get("kind") or "checkpoint")
    strength = next((number for key in _WEIGHTS if (number := number_in(one.get(key))) is not None), None)
    return ModelUse(
        kind, FOLDERS.get(kind, "models"), name_in(one), strength if kind == "lora" else None, hash=hash_in(one.get("hash"))
    )


def name_in(value: object) -> str:
    """A model's name: text, or an object with it under one of several keys.

    >>> name_in({"name": "ink", "hash": "x"}), name_in({"model": {"model_name": "film"}}), name_in("None")
    ('ink', 'film', '')
    """
    for _ in range(4):
        if not isinstance(value, dict):
            break
        value = next((value[key] for key in _NAMES if value.get(key)), None)
    return told_in(value)


def loras_in(value: object, weights: object = None) -> Iterator[ModelUse]:
    """LoRAs as names with weights beside them, as objects, as lists of name, weight and hash, or all in one text.

    >>> [(use.name, use.strength) for use in loras_in(["ink", "film"], ["0.8", "1"])]
    [('ink', 0.8), ('film', 1.0)]
    >>> [(use.name, use.strength) for use in loras_in([{"model": {"name": "ink"}, "weight": 0.7}])]
    [('ink', 0.7)]
    """
    several = _several(weights)
    for at, one in enumerate(_several(value)):
        beside = several[at] if at < len(several) else None
        if isinstance(one, dict):
            if (
                one.get("on") is False
                or one.get("enabled") is False
                or one.get("active") is False
                or one.get("is_enabled") is False
            ):
                continue
            strength = next((one[key] for key in _WEIGHTS if number_in(one.get(key)) is not None), beside)
            yield from lora(name_in(one), strength, one.get("hash"), one.get("clipStrength", one.get("strength_clip")))
        elif isinstance(one, list) and one:
            named = [part for part in one if not isinstance(part, bool)]
            if one[0] is not False and named:
                yield from lora(named[0], named[1] if len(named) > 1 else None, named[2] if len(named) > 2 else "")
        elif isinstance(one, str):
            yield from _written(one, beside)


def _written(text: str, beside: object) -> Iterator[ModelUse]:
    found = _PAIR.fullmatch(text.strip()) if beside is None else None
    yield from lora(found[1].strip(), found[2]) if found else lora(text.strip(), beside)


def _several(value: object) -> list[Any]:
    """A list, a mapping of names to weights, or one text with commas."""
    if isinstance(value, dict):
        return (
            [[key, one] for key, one in list(value.items())[:64]]
            if all(number_in(one) is not None for one in value.values())
            else [value]
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value]
    if isinstance(value, str) and value[:1] == "[" and len(value) < 20_000:
        value = _python_list(value)
    return listed(value) or [part.strip() for part in words_in(value)[:20_000].split(",")[:64] if part.strip()]


def _python_list(text: str) -> object:
    """A list as Python prints it, which some programs write for JSON."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _techniques(found: LooseSettings, facts: Facts, sourced: bool) -> Iterator[str]:
    if any(use.kind == "lora" for use in facts.models):
        yield "lora"
    if any(use.kind == "controlnet" for use in facts.models):
        yield "controlnet"
        names = " ".join(use.name.casefold() for use in facts.models if use.kind == "controlnet")
        yield from (guide for guide in ("depth", "canny", "pose", "lineart", "normal", "seg", "tile") if guide in names)
    if found.get("useupscale") not in (None, False, "false", "False", "None"):
        yield "upscale"
    if found.get("maskimage", "mask", "inpaintmask", "maskpath") is not None:
        yield "inpaint"
    elif sourced:
        yield "img2img"
    if (number_in(found.get("refinerupscale", "hiresscale", "hiresupscale", "enablehr")) or 0) > 1 or found.get(
        "hiresfix", "enablehr"
    ) is True:
        yield "hires"
