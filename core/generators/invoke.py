"""InvokeAI: `invokeai_metadata` since version 3, `sd-metadata` and `Dream` before."""

from __future__ import annotations

import re
from typing import Any

from core.comfyui.facts import Facts, ModelUse, Sampling
from core.generators.fields import Words, checkpoint, listed, lora, mapped, number_in, seed_in, whole_in, words_in

_DREAM = re.compile(r'^"(?P<prompt>(?:[^"\\]|\\.)*)"(?P<options>.*)$', re.DOTALL)
_OPTION = re.compile(r"-(?P<name>[sSWHCA])\s*(?P<value>\S+)")
_GUIDES = ("depth", "canny", "pose", "lineart", "normal", "seg", "tile")


def read(words: Words) -> Facts | None:
    if (said := words.object("invokeai_metadata")) is not None:
        return _new(said)
    if (said := words.object("sd-metadata")) is not None:
        return _old(said)
    dream = _DREAM.match(words.text("Dream"))
    return _dream(dream) if dream else None


def _new(said: dict[str, Any]) -> Facts:
    loras = [mapped(one) for one in listed(said.get("loras"))]
    used = [use for one in loras for use in lora(_name(one.get("model") or one.get("lora")), one.get("weight"))]
    controls = [mapped(one) for key in ("controlnets", "t2iAdapters", "controlLora") for one in listed(said.get(key))]
    named = [_name(one.get("control_model") or one.get("t2i_adapter_model") or one.get("model")) for one in controls]
    used += [ModelUse("controlnet", "controlnet", name) for name in named if name]
    mode = words_in(said.get("generation_mode"))
    told = {guide for name in named for guide in _GUIDES if guide in name.lower()}
    told |= {word for word in ("img2img", "inpaint", "outpaint") if word in mode}
    told |= {"lora"} if loras else set()
    told |= {"controlnet"} if named else set()
    told |= {"ip-adapter"} if listed(said.get("ipAdapters")) else set()
    told |= {"hires"} if said.get("hrf_enabled") is True else set()
    step = Sampling(
        node="",
        seed=seed_in(said.get("seed")),
        sampler=words_in(said.get("scheduler")),
        steps=whole_in(said.get("steps")),
        cfg=number_in(said.get("cfg_scale")),
        denoise=number_in(said.get("strength")),
    )
    image = mapped(said.get("init_image"))
    models = (*checkpoint(_name(said.get("model"))), *used)
    source = words_in(said.get("init_image")) or words_in(image.get("image_name"))
    found = _made(step, said, models, said.get("positive_prompt"), said.get("negative_prompt"), source)
    return found.with_techniques(*told)


def _old(said: dict[str, Any]) -> Facts:
    image = mapped(said.get("image"))
    parts = image.get("prompt")
    prompt = words_in(parts) or " ".join(words_in(mapped(one).get("prompt")) for one in listed(parts))
    step = Sampling(
        node="",
        seed=seed_in(image.get("seed")),
        sampler=words_in(image.get("sampler")),
        steps=whole_in(image.get("steps")),
        cfg=number_in(image.get("cfg_scale")),
    )
    kind = words_in(image.get("type"))
    found = _made(step, image, checkpoint(said.get("model_weights")), *_parted(prompt))
    return found.with_techniques(
        *({"img2img"} if kind == "img2img" else ()), *({"hires"} if image.get("hires_fix") is True else ())
    )


def _dream(match: re.Match[str]) -> Facts:
    options = {one["name"]: one["value"] for one in _OPTION.finditer(match["options"][:2_000])}
    step = Sampling(
        node="",
        seed=seed_in(options.get("S")),
        sampler=options.get("A", ""),
        steps=whole_in(options.get("s")),
        cfg=number_in(options.get("C")),
    )
    size = {"width": options.get("W"), "height": options.get("H")}
    return _made(step, size, (), *_parted(match["prompt"].replace('\\"', '"')))


def _parted(prompt: str) -> tuple[str, str]:
    """Older versions write what is unwanted in [brackets] in the prompt."""
    unwanted = re.findall(r"\[([^\[\]]*)\]", prompt)
    return " ".join(re.sub(r"\[[^\[\]]*\]", " ", prompt).split()), ", ".join(unwanted)


def _made(
    step: Sampling,
    size: dict[str, Any],
    models: tuple[ModelUse, ...],
    prompt: object,
    negative: object,
    source: str = "",
) -> Facts:
    return Facts.of_passes(
        [step],
        prompt=words_in(prompt),
        negative=words_in(negative),
        width=whole_in(size.get("width")),
        height=whole_in(size.get("height")),
        models=models,
        pictures_in=(source,) if source else (),
        generator="InvokeAI",
    )


def _name(model: object) -> str:
    """Models are a name, or an object with one under one of several keys."""
    known = mapped(model)
    return words_in(model) or words_in(known.get("name")) or words_in(known.get("model_name"))
