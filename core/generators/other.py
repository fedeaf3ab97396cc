"""Any other program that writes a prompt with its settings as JSON, or one text a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.comfyui.facts import Facts
from core.generators import settings
from core.generators.texts import Text, TextFields, is_api_graph, is_browser_workflow
from core.generators.values import words_in

_NAMES = ("generator", "software", "app", "application", "program", "created_by", "creator_tool", "tool", "engine", "source_app")
_SEPARATE = (
    *(
        "prompt",
        "positive_prompt",
        "negative_prompt",
        "negative",
        "seed",
        "steps",
        "cfg",
        "cfg_scale",
        "guidance_scale",
        "sampler",
    ),
    *(
        "sampler_name",
        "scheduler",
        "width",
        "height",
        "size",
        "model",
        "model_name",
        "model_hash",
        "num_inference_steps",
        "strength",
        "loras",
    ),
    *("negative-prompt", "scale", "raw-prompt", "original-width", "original-height", "crop-top", "crop-left"),
)


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = '{"generator": "Studio Tool", "prompt": "a portrait", "negativePrompt": "blur", "seed": 4, "steps": 32}'
    >>> found = read(TextFields.of(studio_data=text))
    >>> found.generator, found.prompt, found.negative, found.seed
    ('Studio Tool', 'a portrait', 'blur', '4')
    """
    for one in words.objects():
        said = one.object or {}
        if not one.is_free or is_api_graph(said) or is_browser_workflow(said):
            continue
        if settings.looks_like_settings(said):
            one.take()
            return settings.read(said, generator=_name(said, words))
    for one in filter(lambda one: one.is_free, words.prose()):
        lines = settings.lines_of(one.text)
        if settings.looks_like_settings(lines):
            one.take()
            return settings.read(lines, generator=_name(lines, words))
    told: dict[str, Text] = {key: one for key in _SEPARATE for one in words.named(key) if one.text and one.value is None}
    plain = {key: one.text for key, one in told.items()}
    if settings.looks_like_settings(plain):
        for one in told.values():
            one.take()
        return settings.read(plain, generator=_name({}, words))
    return None


def _name(said: Mapping[str, Any], words: TextFields) -> str:
    own = next((name for key in _NAMES if (name := words_in(said.get(key)).strip())), "")
    return (own or words.text("Software", "CreatorTool"))[:60].strip()
