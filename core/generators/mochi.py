"""Mochi Diffusion: `Key: value; Key: value` in IPTC's caption, with its own words for a prompt."""

from __future__ import annotations

import re

from core.comfyui.facts import Facts
from core.generators import settings
from core.generators.texts import TextFields

_KEYS = (
    *("Include in Image", "Exclude from Image", "Model", "Steps", "Guidance Scale", "Seed", "Size", "Quality", "Upscaler"),
    *("Scheduler", "ML Compute Unit", "Generator", "Date"),
)
_KEY = re.compile(rf"(?:^|;[ \t\n]{{0,4}})({'|'.join(_KEYS)}):[ \t]?")
_NAMES = {"Include in Image": "prompt", "Exclude from Image": "negative prompt", "Scheduler": "sampler"}


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = "Include in Image: a boat; tiller; Exclude from Image: people; Model: dv2; Steps: 22; Seed: 7; Size: 512x768"
    >>> found = read(TextFields.of(Caption=text))
    >>> found.prompt, found.negative, found.steps, found.seed, found.height
    ('a boat; tiller', 'people', 22, '7', 768)
    """
    for one in words.prose():
        if not one.text.startswith("Include in Image:"):
            continue
        one.take()
        parts = _KEY.split(one.text[:100_000])
        told = {_NAMES.get(key, key): value.strip() for key, value in zip(parts[1::2], parts[2::2], strict=False)}
        return settings.read(told, generator="Mochi Diffusion")
    return None
