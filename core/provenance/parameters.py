"""The `parameters` text of the A1111 web UI, which most galleries and viewers read: written from facts, and read into facts.

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

from core.comfyui.facts import Facts, ModelUse, Sampling

_SAMPLERS = {
    "euler": "Euler",
    "euler_ancestral": "Euler a",
    "heun": "Heun",
    "lms": "LMS",
    "dpm_2": "DPM2",
    "dpm_2_ancestral": "DPM2 a",
    "dpmpp_2s_ancestral": "DPM++ 2S a",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_sde": "DPM++ SDE",
    "dpmpp_2m_sde": "DPM++ 2M SDE",
    "dpmpp_3m_sde": "DPM++ 3M SDE",
    "dpm_fast": "DPM fast",
    "dpm_adaptive": "DPM adaptive",
    "ddim": "DDIM",
    "uni_pc": "UniPC",
    "lcm": "LCM",
}
_SCHEDULES = {
    "karras": "Karras",
    "exponential": "Exponential",
    "sgm_uniform": "SGM Uniform",
    "simple": "Simple",
    "normal": "Normal",
}
_PAIR = re.compile(r'\s*([\w+/ .-]+):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
_LORA = re.compile(r"<lora:([^:<>]{1,200}):(-?[\d.]{1,8})[^<>]{0,40}>")
_LAST_LINE = re.compile(r"^Steps: \d|^(?=.*\bSeed: -?\d)(?=.*\bSampler: )")


def write(facts: Facts, models: Sequence[Mapping[str, Any]] = (), *, size: tuple[int, int] | None = None) -> str:
    """The text for one picture. `models` are `{name, sha256, …}`; only known hashes are told. `size` is the file's, in pixels."""
    hashes = {str(model.get("name", "")): str(model.get("sha256") or "")[:10] for model in models}
    settings = {key: value for key, value in _settings(facts, hashes, size) if value not in ("", None)}
    lines = [facts.prompt.strip()]
    if facts.negative:
        lines.append(f"Negative prompt: {facts.negative.strip()}")
    return "\n".join([*lines, ", ".join(f"{key}: {_quoted(str(value))}" for key, value in settings.items())])


def parse(text: str) -> Facts | None:
    """The facts in such a text, or None if it is something else."""
    lines = text[:200_000].replace("\r\n", "\n").strip().split("\n")
    last = lines.pop() if _LAST_LINE.search(lines[-1]) else ""
    if not last:
        return None
    settings = {key.strip(): _unquoted(value.strip()) for key, value in _PAIR.findall(last)}
    start = next((at for at, line in enumerate(lines) if line.startswith("Negative prompt: ")), len(lines))
    negative = "\n".join(lines[start:]).removeprefix("Negative prompt: ")
    return _facts("\n".join(lines[:start]).strip(), negative.strip(), settings)


def _settings(facts: Facts, hashes: Mapping[str, str], size: tuple[int, int] | None) -> Iterator[tuple[str, object]]:
    main = next((use for use in facts.models if use.kind in ("checkpoint", "diffusion model")), None)
    loras = [use for use in facts.models if use.kind == "lora"]
    width, height = size or (facts.width, facts.height)
    yield "Steps", facts.steps
    yield "Sampler", _SAMPLERS.get(facts.sampler, facts.sampler)
    yield "Schedule type", _SCHEDULES.get(facts.scheduler, facts.scheduler)
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


def _facts(prompt: str, negative: str, settings: Mapping[str, str]) -> Facts:
    width, _, height = settings.get("Size", "").partition("x")
    known = _sampling(settings)
    models = [ModelUse("checkpoint", "checkpoints", settings["Model"])] if settings.get("Model") else []
    loras = [ModelUse("lora", "loras", name, _number(weight)) for name, weight in _LORA.findall(prompt)]
    hires = "Hires upscale" in settings
    told = {"hires": hires, "lora": bool(loras), "img2img": not hires and known.denoise is not None and known.denoise < 1}
    return Facts.of_passes(
        [known],
        prompt=prompt,
        negative=negative,
        width=_whole(width),
        height=_whole(height),
        models=(*models, *loras),
    ).with_techniques(*(word for word, there in told.items() if there))


def _sampling(settings: Mapping[str, str]) -> Sampling:
    """The pass behind a settings line, in ComfyUI's words; older versions write the schedule behind the sampler."""
    sampler, schedule = settings.get("Sampler", ""), settings.get("Schedule type", "")
    if sampler.endswith(" Karras"):
        sampler, schedule = sampler.removesuffix(" Karras"), "Karras"
    seed = settings.get("Seed", "")
    return Sampling(
        node="",
        seed=seed if re.fullmatch(r"-?\d{1,20}", seed) else "",
        sampler={label: name for name, label in _SAMPLERS.items()}.get(sampler, sampler),
        scheduler={label: name for name, label in _SCHEDULES.items()}.get(schedule, schedule.lower()),
        steps=_whole(settings.get("Steps")),
        cfg=_number(settings.get("CFG scale")),
        denoise=_number(settings.get("Denoising strength")),
    )


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if re.search(r"[,:\n\"]", value) else value


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value.strip('"')
    return value


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).stem


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", text) else None


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text) else None
