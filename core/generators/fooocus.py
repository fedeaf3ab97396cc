"""Fooocus and its forks (RuinedFooocus, Fooocus-MRE, SimpleSDXL, FooocusPlus): JSON in `parameters`, `Comment` or UserComment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from core.comfyui.facts import Facts, ModelUse
from core.generators import settings
from core.generators.settings import loras_in
from core.generators.texts import TextFields
from core.generators.values import lora, mapped, words_in

_LOG = ("Base Model", "Guidance Scale", "Sharpness")
_OLD_LORA = re.compile(r"<([^<>:]{1,200}):(-?[\d.]{1,8})>")


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = '{"prompt": "a fox", "base_model": "jugger", "seed": "5", "resolution": "(896, 1152)", "version": "Fooocus 2"}'
    >>> found = read(TextFields.of(parameters=text))
    >>> found.generator, found.prompt, found.seed, found.width, found.models[0].name
    ('Fooocus', 'a fox', '5', 896, 'jugger')
    """
    schemed = words.text("fooocus_scheme") or words.text("MakerNote") in ("fooocus", "a1111", "simple")
    for one in words.named("fooocus_scheme"):
        one.take()
    for one in words.objects():
        said = one.object or {}
        version = f"{words_in(said.get('version'))} {words_in(said.get('software'))} {words_in(said.get('Version'))}"
        ours = "Fooocus" in version or said.get("metadata_scheme") in ("fooocus", "simple") or all(key in said for key in _LOG)
        if ours or (schemed and "base_model" in said):
            one.take()
            return _facts(said, "RuinedFooocus" if "RuinedFooocus" in version else "Fooocus")
    return None


def _facts(said: dict[str, Any], generator: str) -> Facts:
    plain = {key: value for key, value in said.items() if not key.casefold().startswith("lora") or not isinstance(value, str)}
    found = settings.read(plain, generator=generator)
    used = tuple(_loras(said))
    others = tuple(use for use in found.models if use.kind != "lora" or not used)
    from dataclasses import replace

    return replace(found, models=(*others, *used)).with_techniques(*(("lora",) if used else ()))


def _loras(said: dict[str, Any]) -> Iterator[ModelUse]:
    """`loras` is a list, or a text `<name:1>,<name:0.7>`; the log has `LoRA 1` each `name : weight`."""
    for key, value in list(said.items())[:200]:
        low = key.casefold()
        if low == "loras" and isinstance(value, str):
            for name, weight in _OLD_LORA.findall(value)[:32]:
                yield from lora(re.sub(r"[^\w\s.()\-\\/+]+$", "", name).strip(), weight)
        elif low == "loras":
            yield from loras_in(value)
        elif re.fullmatch(r"lora \[?.{1,80}\]? weight", low):
            yield from lora(key[6:].partition("]")[0].strip("[] "), value)
        elif re.fullmatch(r"lora[ _](?:combined )?\d{1,2}", low) and isinstance(value, str):
            name, _, weight = value.rpartition(" : ")
            yield from lora(name or value, weight)
        elif re.fullmatch(r"lora[ _]\d{1,2}", low):
            yield from loras_in([mapped(value)])
