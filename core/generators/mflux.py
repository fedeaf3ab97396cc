"""mflux: JSON with `mflux_version` in UserComment, or beside the picture as `.metadata.json`."""

from __future__ import annotations

from core.comfyui.facts import Facts
from core.generators import settings
from core.generators.texts import TextFields


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = '{"mflux_version": "0", "model": "dev", "prompt": "tea", "lora_paths": ["ink.safetensors"], "lora_scales": [0.8]}'
    >>> found = read(TextFields.of(UserComment=text))
    >>> found.generator, found.prompt, [(use.name, use.strength) for use in found.models]
    ('mflux', 'tea', [('dev', None), ('ink.safetensors', 0.8)])
    """
    for one in words.objects():
        if "mflux_version" in (one.object or {}):
            one.take()
            return settings.read(one.object or {}, generator="mflux")
    return None
