"""Writes the `parameters` text of the A1111 web UI, which most galleries and viewers read; core/generators/a1111.py reads it.

    a lighthouse at dusk
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 42, Size: 512x768, Model: sd15

The settings line is `Key: value` pairs; a value with a comma, a colon or a line end in it is a JSON string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from core.comfyui.facts import Facts
from core.generators.samplers import LABELS, SCHEDULES


def write(facts: Facts, models: Sequence[Mapping[str, Any]] = (), *, size: tuple[int, int] | None = None) -> str:
    """The text for one picture. `models` are `{name, sha256, …}`; only known hashes are told. `size` is the file's, in pixels."""
    hashes = {str(model.get("name", "")): str(model.get("sha256") or "")[:10] for model in models}
    settings = {key: value for key, value in _settings(facts, hashes, size) if value not in ("", None)}
    lines = [facts.prompt.strip()]
    if facts.negative:
        lines.append(f"Negative prompt: {facts.negative.strip()}")
    return "\n".join([*lines, ", ".join(f"{key}: {_quoted(str(value))}" for key, value in settings.items())])


def _settings(facts: Facts, hashes: Mapping[str, str], size: tuple[int, int] | None) -> Iterator[tuple[str, object]]:
    main = next((use for use in facts.models if use.kind in ("checkpoint", "diffusion model")), None)
    loras = [use for use in facts.models if use.kind == "lora"]
    width, height = size or (facts.width, facts.height)
    yield "Steps", facts.steps
    yield "Sampler", LABELS.get(facts.sampler, facts.sampler)
    yield "Schedule type", SCHEDULES.get(facts.scheduler, facts.scheduler)
    yield "CFG scale", _short(facts.cfg)
    yield "Seed", facts.seed
    yield "Size", f"{width}x{height}" if width and height else ""
    yield "Model hash", hashes.get(main.name, "") if main else ""
    yield "Model", _stem(main.name) if main else ""
    yield "Denoising strength", _short(facts.denoise) if facts.denoise not in (None, 1.0) else ""
    told = {_stem(use.name): hashes[use.name] for use in loras if hashes.get(use.name)}
    yield "Lora hashes", ", ".join(f"{name}: {short}" for name, short in told.items())
    every = ({"model": hashes[main.name]} if main and hashes.get(main.name) else {}) | {
        f"lora:{name}": short for name, short in told.items()
    }
    yield "Hashes", json.dumps(every) if every else ""
    yield "Version", "Slate"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r"[,:\n\"]", value) else value


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).stem


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
