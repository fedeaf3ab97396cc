"""Easy Diffusion: one PNG text a setting, or the same as JSON (in UserComment, or beside the picture)."""

from __future__ import annotations

from core.comfyui.facts import Facts
from core.generators import settings
from core.generators.texts import TextFields

_OURS = ("use_stable_diffusion_model", "num_inference_steps", "vram_usage_level", "use_lora_model")
_KEYS = (
    *(
        "prompt",
        "negative_prompt",
        "seed",
        "width",
        "height",
        "num_inference_steps",
        "guidance_scale",
        "sampler_name",
        "scheduler_name",
    ),
    *(
        "use_stable_diffusion_model",
        "use_vae_model",
        "use_lora_model",
        "lora_alpha",
        "prompt_strength",
        "use_hypernetwork_model",
        "clip_skip",
    ),
    *(
        "num_outputs",
        "used_random_seed",
        "vram_usage_level",
        "stream_progress_updates",
        "use_upscale",
        "use_face_correction",
        "tiling",
    ),
    *(
        "output_format",
        "output_quality",
        "output_lossless",
        "block_nsfw",
        "metadata_output_format",
        "upscale_amount",
        "preserve_init_image_color_profile",
    ),
)


def read(words: TextFields) -> Facts | None:
    """The facts, or None.

    >>> from core.generators.texts import TextFields
    >>> told = dict(prompt="a lighthouse", seed="31", num_inference_steps="25", use_stable_diffusion_model="sd-v1-4")
    >>> told |= dict(use_lora_model="inkpunk", lora_alpha="0.5")
    >>> found = read(TextFields.of(**told))
    >>> found.prompt, found.steps, [(use.name, use.strength) for use in found.models]
    ('a lighthouse', 25, [('sd-v1-4', None), ('inkpunk', 0.5)])
    """
    for one in words.objects():
        said = one.object or {}
        if sum(key in said for key in _OURS) >= 2:
            one.take()
            return settings.read(said, generator="Easy Diffusion")
    for one in words.prose():
        lines = settings.lines_of(one.text)
        if "Stable Diffusion model" in lines and "Prompt" in lines:
            one.take()
            return settings.read(lines, generator="Easy Diffusion")
    if sum(1 for key in _OURS if words.text(key)) < 2:
        return None
    told = {key: words.text(key) for key in _KEYS if words.text(key)}
    for one in words.named(*_KEYS):
        one.take()
    return settings.read(told, generator="Easy Diffusion")
