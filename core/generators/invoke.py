"""InvokeAI of every age: `invokeai_metadata` since version 3 (with a graph beside it), `sd-metadata` and `Dream` before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from core.comfyui.facts import Facts, ModelUse, Sampling
from core.generators import samplers
from core.generators.settings import loras_in, name_in
from core.generators.texts import TextFields
from core.generators.values import checkpoint, hash_in, listed, mapped, model, number_in, seed_in, told_in, whole_in, words_in

_DREAM = re.compile(r'^"(?P<prompt>(?:[^"\\]++|\\.)*+)"(?P<options>.*)$', re.DOTALL)
_OPTION = re.compile(r"-(?P<name>[sSWHCAf])\s{0,4}(?P<value>\S{1,80})")
_GUIDES = ("depth", "canny", "pose", "lineart", "normal", "seg", "tile")
_UNWANTED = re.compile(r"\[([^\[\]]*+)\]")


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = '{"app_version": "5.4.3", "positive_prompt": "a barn", "seed": 7, "cfg_scale": 5.5, "model": {"name": "jugger"}}'
    >>> found = read(TextFields.of(invokeai_metadata=text))
    >>> found.prompt, found.seed, found.cfg, found.models[0].name
    ('a barn', '7', 5.5, 'jugger')
    >>> read(TextFields.of(Dream='"a dam [dry]" -s 50 -S 12345 -C 7.5 -A k_lms')).negative
    'dry'
    """
    found: Facts | None = None
    for one in words.objects():
        said = one.object or {}
        if "positive_prompt" in said and (
            "generation_mode" in said or "app_version" in said or _key(one.key) == "invokeaimetadata"
        ):
            one.take()
            found = found or _new(said)
        elif isinstance(said.get("image"), dict) and ("model_weights" in said or "app_id" in said):
            one.take()
            found = found or _old(said)
    graphs = list(words.objects("invokeai_graph", "invokeai_workflow"))
    if found is None and graphs:
        found = _graph(mapped(graphs[0].object))
    for one in graphs:
        one.take()
    for one in words.named("Dream") if found is None else ():
        if dream := _DREAM.match(one.text):
            one.take()
            return _dream(dream)
    for one in words.named("Dream"):
        one.take()
    return found


def _key(key: str) -> str:
    return key.replace("_", "").casefold()


def _new(said: dict[str, Any]) -> Facts:
    loras = [use for one in listed(said.get("loras")) for use in loras_in([_lora(mapped(one))])]
    layers = mapped(said.get("canvas_v2_metadata"))
    adapters = [mapped(mapped(one).get("controlAdapter")) for one in listed(layers.get("controlLayers"))]
    controls = [
        *(mapped(one) for key in ("controlnets", "t2iAdapters", "controlLora") for one in listed(said.get(key))),
        *adapters,
    ]
    named = [(name_in(one.get("control_model") or one.get("t2i_adapter_model") or one.get("model")), one) for one in controls]
    nets = [
        ModelUse("controlnet", "controlnet", name, number_in(one.get("control_weight", one.get("weight"))))
        for name, one in named
        if name
    ]
    main = mapped(said.get("model"))
    others = [
        *model("checkpoint", "checkpoints", name_in(said.get("refiner_model")), mapped(said.get("refiner_model")).get("hash")),
        *model("vae", "vae", name_in(said.get("vae")), mapped(said.get("vae")).get("hash")),
        *model("text encoder", "text_encoders", name_in(said.get("t5_encoder"))),
        *model("text encoder", "text_encoders", name_in(said.get("clip_embed_model"))),
    ]
    step = Sampling(
        node="",
        seed=seed_in(said.get("seed")),
        sampler=_sampler(words_in(said.get("scheduler")))[0],
        scheduler=_sampler(words_in(said.get("scheduler")))[1],
        steps=whole_in(said.get("steps")),
        cfg=number_in(said.get("cfg_scale") if said.get("cfg_scale") is not None else said.get("guidance")),
        denoise=number_in(said.get("strength")),
    )
    source = words_in(said.get("init_image")) or words_in(mapped(said.get("init_image")).get("image_name"))
    models = (*checkpoint(name_in(main) or told_in(said.get("model")), main.get("hash")), *others, *loras, *nets)
    found = _made(step, said, models, said.get("positive_prompt"), said.get("negative_prompt"), source)
    return found.with_techniques(*_techniques(said, layers, [name for name, _ in named if name], bool(loras)))


def _lora(one: dict[str, Any]) -> dict[str, Any]:
    known = mapped(one.get("model") or one.get("lora"))
    return {
        "name": name_in(known) or told_in(one.get("lora") or one.get("model")),
        "weight": one.get("weight"),
        "hash": hash_in(known.get("hash")),
    }


def _techniques(said: dict[str, Any], layers: dict[str, Any], controls: list[str], loras: bool) -> Iterator[str]:
    mode = words_in(said.get("generation_mode"))
    yield from (guide for name in controls for guide in _GUIDES if guide in name.lower())
    yield from (word for word in ("img2img", "inpaint", "outpaint") if word in mode)
    if loras:
        yield "lora"
    if controls:
        yield "controlnet"
    references = [mapped(mapped(one).get("config")) for one in listed(said.get("ref_images"))]
    if listed(said.get("ipAdapters")) or any("ip_adapter" in words_in(one.get("type")) for one in references):
        yield "ip-adapter"
    if any("kontext" in words_in(one.get("type")) or "edit" in words_in(one.get("type")) for one in references):
        yield "img2img"
    if said.get("hrf_enabled") is True:
        yield "hires"
    if listed(layers.get("inpaintMasks")):
        yield "inpaint"


def _graph(said: dict[str, Any]) -> Facts:
    """Pictures of a node workflow have only its graph: what its nodes say, where exactly one says it."""
    nodes = said.get("nodes")
    every = [mapped(one) for one in (nodes.values() if isinstance(nodes, dict) else listed(nodes))][:2_000]

    def only(key: str) -> object:
        told = [one[key] for one in every if one.get(key) not in (None, "")]
        return told[0] if len(told) == 1 else None

    step = Sampling(
        node="",
        seed=seed_in(only("seed")),
        sampler=_sampler(words_in(only("scheduler")))[0],
        scheduler=_sampler(words_in(only("scheduler")))[1],
        steps=whole_in(only("steps")),
        cfg=number_in(only("cfg_scale")),
    )
    size = {"width": only("width"), "height": only("height")}
    return _made(step, size, checkpoint(name_in(only("model"))), only("prompt"), "")


def _old(said: dict[str, Any]) -> Facts:
    image = mapped(said.get("image"))
    parts = image.get("prompt")
    prompt = words_in(parts) or " ".join(words_in(mapped(one).get("prompt")) for one in listed(parts))
    step = Sampling(
        node="",
        seed=seed_in(image.get("seed")),
        sampler=_sampler(words_in(image.get("sampler")))[0],
        scheduler=_sampler(words_in(image.get("sampler")))[1],
        steps=whole_in(image.get("steps")),
        cfg=number_in(image.get("cfg_scale")),
        denoise=number_in(image.get("strength")),
    )
    found = _made(step, image, checkpoint(said.get("model_weights"), said.get("model_hash")), *_parted(prompt))
    told = ({"img2img"} if image.get("type") == "img2img" else set()) | ({"hires"} if image.get("hires_fix") is True else set())
    return found.with_techniques(*told)


def _dream(match: re.Match[str]) -> Facts:
    options = {one["name"]: one["value"] for one in _OPTION.finditer(match["options"][:2_000])}
    step = Sampling(
        node="",
        seed=seed_in(options.get("S")),
        sampler=_sampler(options.get("A", ""))[0],
        scheduler=_sampler(options.get("A", ""))[1],
        steps=whole_in(options.get("s")),
        cfg=number_in(options.get("C")),
        denoise=number_in(options.get("f")),
    )
    size = {"width": options.get("W"), "height": options.get("H")}
    return _made(step, size, (), *_parted(match["prompt"].replace('\\"', '"')))


def _sampler(label: str) -> tuple[str, str]:
    """(sampler, scheduler) in ComfyUI's words; `_k` behind it is Karras' schedule.

    >>> _sampler("dpmpp_2m_k"), _sampler("k_euler_a")
    (('dpmpp_2m', 'karras'), ('euler_ancestral', ''))
    """
    name, scheduler = samplers.sampler(label.removesuffix("_k"))
    return name, "karras" if label.endswith("_k") else scheduler


def _parted(prompt: str) -> tuple[str, str]:
    """Older versions write what is unwanted in [brackets] in the prompt."""
    return " ".join(_UNWANTED.sub(" ", prompt).split()), ", ".join(_UNWANTED.findall(prompt))


def _made(
    step: Sampling, size: dict[str, Any], models: tuple[ModelUse, ...], prompt: object, negative: object, source: str = ""
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
