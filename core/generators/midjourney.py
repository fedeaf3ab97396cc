"""Midjourney: a PNG `Description` that ends with `Job ID: …`."""

from __future__ import annotations

import re

from core.comfyui.facts import Facts, ModelUse
from core.generators.fields import Words, seed_in

_JOB = re.compile(r"^(?P<said>.*?)\s*\bJob ID: (?P<job>[0-9a-f-]{36})\s*$", re.DOTALL)
_OPTION = re.compile(r"\s--(?P<name>\w+)(?:\s+(?P<value>(?!--)\S+))?")


def read(words: Words) -> Facts | None:
    match = _JOB.match(words.text("Description")[:20_000])
    if match is None:
        return None
    options = {one["name"]: one["value"] or "" for one in _OPTION.finditer(match["said"])}
    version = options.get("v") or options.get("version") or options.get("niji", "")
    name = f"midjourney {'niji ' if 'niji' in options else ''}{version}".strip()
    return Facts(
        prompt=_OPTION.sub("", match["said"]).strip(),
        negative=options.get("no", ""),
        seed=seed_in(options.get("seed")),
        models=(ModelUse("model", "models", name),) if version else (),
        generator="Midjourney",
    )
