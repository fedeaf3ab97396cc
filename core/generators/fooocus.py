"""Fooocus: JSON `parameters` beside `fooocus_scheme`; in its other scheme it writes A1111's text, which core.provenance reads."""

from __future__ import annotations

import re

from core.comfyui.facts import Facts, Sampling
from core.generators.fields import Words, checkpoint, listed, lora, number_in, seed_in, whole_in, words_in


def read(words: Words) -> Facts | None:
    said = words.object("parameters")
    if said is None or not (words.text("fooocus_scheme") or words_in(said.get("version")).startswith("Fooocus")):
        return None
    step = Sampling(
        node="",
        seed=seed_in(said.get("seed")),
        sampler=words_in(said.get("sampler")),
        scheduler=words_in(said.get("scheduler")),
        steps=whole_in(said.get("steps")),
        cfg=number_in(said.get("guidance_scale")),
    )
    used = [use for one in listed(said.get("loras")) if len(listed(one)) > 1 for use in lora(one[0], one[1])]
    size = re.findall(r"\d{2,5}", words_in(said.get("resolution")))
    refiner = words_in(said.get("refiner_model"))
    return Facts.of_passes(
        [step],
        prompt=words_in(said.get("prompt")),
        negative=words_in(said.get("negative_prompt")),
        width=int(size[0]) if len(size) == 2 else None,
        height=int(size[1]) if len(size) == 2 else None,
        models=(*checkpoint(said.get("base_model")), *(checkpoint(refiner) if refiner != "None" else ()), *used),
        generator="Fooocus",
    ).with_techniques(*(("lora",) if used else ()))
