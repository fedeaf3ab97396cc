"""SwarmUI: JSON `parameters` with `sui_image_params`, in PNG text or an EXIF UserComment."""

from __future__ import annotations

from core.comfyui.facts import Facts, ModelUse, Sampling
from core.generators.fields import Words, checkpoint, listed, lora, mapped, number_in, seed_in, whole_in, words_in


def read(words: Words) -> Facts | None:
    outer = words.object("parameters")
    if outer is None or not isinstance(outer.get("sui_image_params"), dict):
        return None
    said = mapped(outer["sui_image_params"])
    step = Sampling(
        node="",
        seed=seed_in(said.get("seed")),
        sampler=words_in(said.get("sampler")),
        scheduler=words_in(said.get("scheduler")),
        steps=whole_in(said.get("steps")),
        cfg=number_in(said.get("cfgscale")),
        denoise=number_in(said.get("initimagecreativity")),
    )
    names, weights = _several(said.get("loras")), _several(said.get("loraweights"))
    used = [use for at, name in enumerate(names) for use in lora(name, weights[at] if at < len(weights) else None)]
    control = words_in(said.get("controlnetmodel"))
    used += [ModelUse("controlnet", "controlnet", control)] if control else []
    told = {"lora"} if names else set()
    told |= (
        {"controlnet", *(guide for guide in ("depth", "canny", "pose", "tile") if guide in control.lower())} if control else set()
    )
    told |= {"img2img"} if "initimage" in said or "initimagecreativity" in said else set()
    told |= {"hires"} if (number_in(said.get("refinerupscale")) or 1) > 1 else set()
    told |= {"video"} if any(key.startswith("video") for key in said) else set()
    return Facts.of_passes(
        [step],
        prompt=words_in(said.get("prompt")),
        negative=words_in(said.get("negativeprompt")),
        width=whole_in(said.get("width")),
        height=whole_in(said.get("height")),
        models=(*checkpoint(said.get("model")), *used),
        generator="SwarmUI",
    ).with_techniques(*told)


def _several(value: object) -> list[object]:
    """A list, or one text with commas."""
    return listed(value) or [part.strip() for part in words_in(value).split(",") if part.strip()]
