"""NovelAI of versions 1 to 4: `Software`, `Source` and a JSON `Comment`, or the same hidden in the lowest bits of the pixels."""

from __future__ import annotations

from typing import Any

from core.comfyui.facts import Facts, Sampling
from core.generators import samplers
from core.generators.texts import Text, TextFields
from core.generators.values import checkpoint, listed, mapped, number_in, seed_in, whole_in, words_in

_MARKS = ("uc", "noise_schedule", "request_type", "v4_prompt", "signed_hash", "uncond_scale")


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> comment = '{"prompt": "a cat", "seed": 99, "sampler": "k_euler", "uc": "lowres"}'
    >>> found = read(TextFields.of(Software="NovelAI", Source="NovelAI Diffusion V4 37442FCA", Comment=comment))
    >>> found.prompt, found.negative, found.seed, found.models[0].name
    ('a cat', 'lowres', '99', 'NovelAI Diffusion V4 37442FCA')
    """
    outer = next((one for one in words.objects() if words_in((one.object or {}).get("Software")) == "NovelAI"), None)
    software = words.text("Software") == "NovelAI" or words.text("Title").startswith(("NovelAI", "AI generated image"))
    comment = next((one for one in words.objects() if _is_comment(one, software or outer is not None)), None)
    if not software and outer is None and comment is None:
        return None
    if comment is None and outer is None and words.text("Software") != "NovelAI":
        return None
    around = mapped(outer.object) if outer is not None else {}
    for one in (outer, comment, *words.named("Description", "Title", "Software", "Source", "Generation time", "Comment")):
        if one is not None:
            one.take()
    return _facts(mapped(comment.object) if comment else {}, words, around)


def _is_comment(one: Text, ours: bool) -> bool:
    said = one.object or {}
    known = sum(mark in said for mark in _MARKS)
    return "seed" in said and ((known >= 2 and "prompt" in said) or (ours and known >= 1))


def _facts(said: dict[str, Any], words: TextFields, outer: dict[str, Any]) -> Facts:
    told = {"Img2ImgRequest": "img2img", "NativeInfillingRequest": "inpaint"}.get(words_in(said.get("request_type")))
    sampler, scheduler = samplers.sampler(words_in(said.get("sampler")), words_in(said.get("noise_schedule")))
    step = Sampling(
        node="",
        seed=seed_in(said.get("seed")),
        sampler=sampler,
        scheduler=scheduler,
        steps=whole_in(said.get("steps")),
        cfg=number_in(said.get("scale")),
        denoise=number_in(said.get("strength")),
    )
    found = Facts.of_passes(
        [step],
        prompt=_captions(said, "v4_prompt", "prompt") or words.text("Description") or words_in(outer.get("Description")),
        negative=_captions(said, "v4_negative_prompt", "uc"),
        width=whole_in(said.get("width")),
        height=whole_in(said.get("height")),
        models=checkpoint(words.text("Source") or words_in(outer.get("Source"))),
        generator="NovelAI",
    )
    return found.with_techniques(told) if told else found


def _captions(said: dict[str, Any], new: str, old: str) -> str:
    """The text, with those of version 4's characters behind it."""
    caption = mapped(mapped(said.get(new)).get("caption"))
    others = [words_in(mapped(one).get("char_caption")) for one in listed(caption.get("char_captions"))]
    return "\n".join(part for part in (words_in(said.get(old)) or words_in(caption.get("base_caption")), *others) if part)
