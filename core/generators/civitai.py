"""Civitai's generator and downloads: a graph with `extra` and `extraMetadata` in UserComment, or its JSON of a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.comfyui.facts import Facts, ModelUse
from core.generators import settings
from core.generators.resources import of_air, of_civitai
from core.generators.texts import TextFields, is_api_graph
from core.generators.values import listed, mapped, words_in


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> told = '"extraMetadata": {"prompt": "an owl", "seed": 12, "steps": 9}'
    >>> text = '{"extra": {"airs": ["urn:air:sdxl:lora:civitai:5@6"]}, %s}' % told
    >>> found = read(TextFields.of(UserComment=text))
    >>> found.generator, found.prompt, found.seed, found.models[0].name
    ('Civitai', 'an owl', '12', 'civitai:5@6')
    """
    for one in words.objects():
        outer = one.object or {}
        if "extraMetadata" in outer or "airs" in mapped(outer.get("extra")):
            one.take()
            inner = next((two for two in one.inside if two.key == "extraMetadata" and two.object is not None), None)
            if inner is not None:
                inner.take()
            return _facts(mapped(inner.object) if inner else mapped(outer.get("extraMetadata")), outer)
        if (
            isinstance(outer.get("meta"), dict)
            and settings.looks_like_settings(outer["meta"])
            and ("nsfwLevel" in outer or "baseModel" in outer)
        ):
            one.take()
            return settings.read(outer["meta"], generator="Civitai")
    return None


def _facts(said: dict[str, Any], outer: dict[str, Any]) -> Facts:
    airs = [use for air in listed(mapped(outer.get("extra")).get("airs")) for use in of_air(air)]
    models = (*airs, *_once(of_civitai(said.get("resources")), airs))
    found = settings.read({key: value for key, value in said.items() if key != "resources"}, generator="Civitai")
    workflow = words_in(said.get("workflowId")) or words_in(said.get("workflow"))
    facts = replace(found, models=(*found.models, *models)).with_techniques(
        *(("img2img",) if workflow.startswith("img2img") else ()),
        *(("lora",) if any(use.kind == "lora" for use in models) else ()),
    )
    return facts if said or airs or not is_api_graph(outer) else replace(facts, passes=())


def _once(uses: object, known: list[ModelUse]) -> tuple[ModelUse, ...]:
    names = {use.name for use in known}
    return tuple(use for use in (uses if isinstance(uses, list | tuple) else list(uses)) if use.name not in names)  # type: ignore[call-overload]
