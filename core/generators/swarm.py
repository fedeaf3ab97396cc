"""SwarmUI and StableSwarmUI: JSON with `sui_image_params`, in `parameters`, UserComment, XPComment or a film's comment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.comfyui.facts import Facts, ModelUse
from core.generators import settings
from core.generators.settings import LooseSettings, name_in
from core.generators.texts import TextFields
from core.generators.values import hash_in, listed, mapped, model, number_in, words_in


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = '{"sui_image_params": {"prompt": "a kite", "model": "b", "seed": 9, "loras": "ink,film", "loraweights": "0.8,1"}}'
    >>> found = read(TextFields.of(parameters=text))
    >>> found.prompt, found.seed, [(use.name, use.strength) for use in found.models]
    ('a kite', '9', [('b', None), ('ink', 0.8), ('film', 1.0)])
    """
    for one in words.objects():
        said = (one.object or {}).get("sui_image_params")
        if isinstance(said, dict):
            one.take()
            return _facts(
                said,
                mapped((one.object or {}).get("sui_models") or mapped((one.object or {}).get("sui_extra_data"))),
                one.object or {},
            )
    return None


def _facts(said: dict[str, Any], _: dict[str, Any], outer: dict[str, Any]) -> Facts:
    own = LooseSettings(said)
    plain = {key: value for key, value in said.items() if key not in ("images", "initimage", "scale")}
    found = settings.read(plain, generator="SwarmUI")
    told = {
        name_in(one): hash_in(words_in(mapped(one).get("hash")).removeprefix("0x")) for one in listed(outer.get("sui_models"))
    }
    extra = tuple(
        use
        for key in ("controlnetmodel", "controlnettwomodel", "controlnetthreemodel")
        for use in model("controlnet", "controlnet", own.text(key))
    )
    video = model("diffusion model", "diffusion_models", own.text("videomodel"))
    models = tuple(replace(use, hash=use.hash or told.get(use.name, "")) for use in _once((*found.models, *extra, *video)))
    found = replace(found, models=models, denoise=number_in(own.get("initimagecreativity")))
    names = " ".join(use.name.casefold() for use in extra)
    words = {guide for guide in ("depth", "canny", "pose", "tile") if guide in names} | ({"controlnet"} if extra else set())
    words |= {"hires"} if (number_in(own.get("refinerupscale")) or 1) > 1 else set()
    words |= (
        {"video"}
        if own.has("videomodel", "text2videoframes", "videoframes") or any(key.startswith("video") for key in said)
        else set()
    )
    if own.has("maskimage"):
        words |= {"inpaint"}
    elif own.has("initimage", "initimagecreativity"):
        words |= {"img2img"}
    return found.with_techniques(*words)


def _once(uses: tuple[ModelUse, ...]) -> tuple[ModelUse, ...]:
    return tuple({(use.kind, use.name): use for use in uses}.values())
