"""Civitai's generator: a JSON UserComment whose `extraMetadata` is JSON again, beside the nodes it ran."""

from __future__ import annotations

from core.comfyui.facts import Facts, ModelUse, Sampling
from core.generators.fields import Words, listed, mapped, number_in, parse_object, seed_in, whole_in, words_in


def read(words: Words) -> Facts | None:
    outer = words.object("parameters")
    if outer is None or not ("extraMetadata" in outer or "airs" in mapped(outer.get("extra"))):
        return None
    said = parse_object(words_in(outer.get("extraMetadata"))) or mapped(outer.get("extraMetadata"))
    step = Sampling(
        node="",
        seed=seed_in(said.get("seed")),
        sampler=words_in(said.get("sampler")),
        steps=whole_in(said.get("steps")),
        cfg=number_in(said.get("cfgScale")),
        denoise=number_in(said.get("denoise")),
    )
    models = [use for air in listed(mapped(outer.get("extra")).get("airs")) for use in _named(words_in(air))]
    workflow = words_in(said.get("workflowId"))
    return Facts.of_passes(
        [step],
        prompt=words_in(said.get("prompt")),
        negative=words_in(said.get("negativePrompt")),
        width=whole_in(said.get("width")),
        height=whole_in(said.get("height")),
        models=tuple(models),
        generator="Civitai",
    ).with_techniques(
        *(("img2img",) if workflow.startswith("img2img") else ()),
        *(("lora",) if any(one.kind == "lora" for one in models) else ()),
    )


def _named(air: str) -> list[ModelUse]:
    """`urn:air:sdxl:lora:civitai:341353@382152` names a model by its numbers there."""
    parts = air.split(":")
    if len(parts) < 6:
        return []
    kind = "lora" if parts[3] in ("lora", "lycoris", "dora") else "checkpoint" if parts[3] == "checkpoint" else "model"
    folder = {"lora": "loras", "checkpoint": "checkpoints"}.get(kind, "models")
    return [ModelUse(kind, folder, f"{parts[4]}:{parts[5]}")]
