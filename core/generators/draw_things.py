"""Draw Things: JSON with `c` and `uc` in XMP's `exif:UserComment`, beside a text with `-` before what is unwanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.comfyui.facts import Facts
from core.generators import a1111, infotext, settings
from core.generators.texts import TextFields
from core.generators.values import listed, mapped, number_in, words_in


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = '{"c": "a guitar", "uc": "ocean", "model": "sd_v1.4.ckpt", "scale": 10, "seed": 11, "size": "1152x768"}'
    >>> found = read(TextFields.of(UserComment=text))
    >>> found.prompt, found.negative, found.cfg, found.width
    ('a guitar', 'ocean', 10.0, 1152)
    """
    found: Facts | None = None
    for one in words.objects():
        said = one.object or {}
        if isinstance(said.get("c"), str) and "uc" in said and ("seed" in said or "model" in said):
            one.take()
            found = found or _facts(said)
    ours = "Draw Things" in words.text("CreatorTool") or found is not None
    for one in words.prose():
        if not ours or one.understood or not (parts := infotext.parse(one.text)):
            continue
        one.take()
        prompt, minus, negative = parts.prompt.rpartition("\n-")
        if not parts.negative and minus:
            parts = replace(parts, prompt=prompt.strip(), negative=negative.strip())
        found = found or a1111.facts_of(parts, generator="Draw Things")
    return found


def _facts(said: dict[str, Any]) -> Facts:
    found = settings.read(said, generator="Draw Things")
    known = {use.name for use in found.models}
    loras = [use for use in settings.loras_in(mapped(said.get("v2")).get("loras")) if use.name not in known]
    found = replace(found, models=(*found.models, *loras), denoise=number_in(said.get("strength")))
    return found.with_techniques(*_techniques(said), *(["lora"] if loras else []))


def _techniques(said: dict[str, Any]) -> Iterator[str]:
    strength = number_in(said.get("strength"))
    if strength is not None and 0 < strength < 1:
        yield "img2img"
    inner = mapped(said.get("v2"))
    if inner.get("hiresFix") is True or said.get("hires_fix") is True:
        yield "hires"
    for one in listed(said.get("control")) + listed(inner.get("controls")):
        yield "controlnet"
        name = words_in(mapped(one).get("file")).casefold()
        yield from (guide for guide in ("depth", "canny", "pose", "lineart", "tile") if guide in name)
