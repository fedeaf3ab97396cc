"""Midjourney: a text that ends with `Job ID: …`, or with its options, in `Description`, EXIF or XMP."""

from __future__ import annotations

import re

from core.comfyui.facts import Facts, ModelUse
from core.generators.texts import TextFields
from core.generators.values import seed_in

_JOB = re.compile(r"\bJob ID:\s{0,4}[0-9a-fA-F-]{36}\s*+$")
_NAMES_LISTED = """
    ar aspect v version niji no seed s stylize style chaos c q quality w weird iw sref sw cref cw oref ow tile raw stop hd
    repeat p profile draft exp video fast relax turbo motion loop end
"""
_NAMES = frozenset(_NAMES_LISTED.split())
_LONGEST = 40_000


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> text = "a tin robot --ar 3:2 --no rust, people --v 7 --raw Job ID: 0f3c2a90-1111-4222-8333-444455556666"
    >>> found = read(TextFields.of(Description=text))
    >>> found.prompt, found.negative, found.models[0].name
    ('a tin robot', 'rust, people', 'midjourney 7')
    """
    for one in words.prose():
        text = one.text[:_LONGEST]
        job = _JOB.search(text, max(0, len(text) - 200))
        prompt, options = _options(text[: job.start()] if job else text)
        if job or (options.keys() & {"v", "version", "niji"} and options.keys() <= _NAMES):
            one.take()
            return _facts(prompt, options)
    return None


def _options(text: str) -> tuple[str, dict[str, str]]:
    """(prompt, option -> its words) of `prompt --name words --name words`."""
    first, *parts = re.split(r"(?:^|(?<=\s))(?:--|—)(?=[a-z])", text)
    named = (part.strip().partition(" ") for part in parts[:100])
    return first.strip(), {name.lower(): value.strip() for name, _, value in named}


def _facts(prompt: str, options: dict[str, str]) -> Facts:
    version = options.get("v") or options.get("version") or options.get("niji", "")
    name = f"midjourney {'niji ' if 'niji' in options else ''}{version}".strip()
    return Facts(
        prompt=prompt,
        negative=options.get("no", ""),
        seed=seed_in(options.get("seed", "").split(" ")[0]),
        models=(ModelUse("model", "models", name),) if version else (),
        generator="Midjourney",
    ).with_techniques(*(("video",) if "video" in options else ()))
