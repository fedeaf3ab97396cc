"""NovelAI: `Software`, `Source` and a JSON `Comment`, or the same hidden in the lowest bits (core/formats/stealth.py)."""

from __future__ import annotations

from core.comfyui.facts import Facts, Sampling
from core.generators.fields import Words, checkpoint, listed, mapped, number_in, parse_object, seed_in, whole_in, words_in

STEALTH = "stealth"
"""The keyword that the hidden text is kept under."""


def read(words: Words) -> Facts | None:
    hidden = words.object(STEALTH)
    if words.text("Software") != "NovelAI" and words_in((hidden or {}).get("Software")) != "NovelAI":
        return None
    outer = hidden or {}
    said = words.object("Comment") or parse_object(words_in(outer.get("Comment"))) or mapped(outer.get("Comment"))
    asked = words_in(said.get("request_type"))
    step = Sampling(
        node="",
        seed=seed_in(said.get("seed")),
        sampler=words_in(said.get("sampler")),
        scheduler=words_in(said.get("noise_schedule")),
        steps=whole_in(said.get("steps")),
        cfg=number_in(said.get("scale")),
        denoise=number_in(said.get("strength")),
    )
    told = {"Img2ImgRequest": "img2img", "NativeInfillingRequest": "inpaint"}.get(asked)
    found = Facts.of_passes(
        [step],
        prompt=_prompt(said) or words.text("Description") or words_in(outer.get("Description")),
        negative=words_in(said.get("uc")),
        width=whole_in(said.get("width")),
        height=whole_in(said.get("height")),
        models=checkpoint(words.text("Source") or words_in(outer.get("Source"))),
        generator="NovelAI",
    )
    return found.with_techniques(told) if told else found


def _prompt(said: dict[str, object]) -> str:
    """The prompt, with those of version 4's characters behind it."""
    caption = mapped(mapped(said.get("v4_prompt")).get("caption"))
    others = [words_in(mapped(one).get("char_caption")) for one in listed(caption.get("char_captions"))]
    return "\n".join(part for part in (words_in(said.get("prompt")) or words_in(caption.get("base_caption")), *others) if part)
