"""Names the model family that a file was trained from: by its words, by the names and shapes of its tensors, by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.comfyui.refusal import word

Shapes = Mapping[str, Sequence[int]]
"""Tensor name -> its shape."""

_SAID = (
    (r"pony", "Pony"),
    (r"illustrious", "Illustrious"),
    (r"noob", "NoobAI"),
    (r"(sdxl|xl)[ ._-]*turbo", "SDXL Turbo"),
    (r"(sdxl|xl)[ ._-]*lightning", "SDXL Lightning"),
    (r"sdxl|stable[ ._-]*diffusion[ ._-]*xl|sd[ ._-]?xl", "SDXL"),
    (r"(sd|stable[ ._-]*diffusion)[ ._-]*(v[ ._-]*)?3\.5|\bsd35", "SD 3.5"),
    (r"(sd|stable[ ._-]*diffusion)[ ._-]*(v[ ._-]*)?3\b", "SD 3"),
    (r"(sd|stable[ ._-]*diffusion)[ ._-]*(v[ ._-]*)?2", "SD 2"),
    (r"(sd|stable[ ._-]*diffusion)[ ._-]*(v[ ._-]*)?1", "SD 1.5"),
    (r"flux[ ._-]*(\.?1)?[ ._-]*(schnell|s\b)", "Flux.1 [schnell]"),
    (r"flux[ ._-]*(\.?1)?[ ._-]*kontext", "Flux.1 Kontext [dev]"),
    (r"flux[ ._-]*(\.?1)?[ ._-]*(dev|d\b)", "Flux.1 [dev]"),
    (r"flux[ ._-]*\.?2", "Flux.2"),
    (r"flux", "Flux.1"),
    (r"chroma", "Chroma"),
    (r"qwen[ ._-]*image", "Qwen-Image"),
    (r"hunyuan[ ._-]*video", "HunyuanVideo"),
    (r"hunyuan", "Hunyuan"),
    (r"\bwan(video)?[ ._-]*2[ ._-]*\.?2|\bwan22", "Wan 2.2"),
    (r"\bwan(video)?[ ._-]*(2[ ._-]*\.?1|21)", "Wan 2.1"),
    (r"\bwan(video)?\b", "Wan"),
    (r"ltx", "LTX-Video"),
    (r"z[ ._-]?image", "Z-Image"),
    (r"lumina", "Lumina 2"),
    (r"aura[ ._-]*flow", "AuraFlow"),
    (r"pixart", "PixArt"),
    (r"kolors", "Kolors"),
)
"""What texts call a family -> how it is called here; the first that fits counts."""

_CONTEXT = {768: "SD 1.5", 1024: "SD 2", 2048: "SDXL", 1280: "SDXL"}
"""The width of what a U-Net's cross-attention is fed with."""
_ATTENTION = re.compile(r"attn2[._]to_k\.(weight|lora_down\.weight|lora_a\.weight|lora\.down\.weight|hada_w1_b)", re.I)
_UNET = re.compile(r"(input_blocks|output_blocks|middle_block|down_blocks|up_blocks|mid_block)[._]", re.I)
_BLOCK = re.compile(r"double_blocks[._](\d+)[._]", re.I)
_FLUX_BLOCKS = 19


def said(text: object) -> str:
    """A family as somebody wrote it, in one spelling where it is known.

    >>> said("stable-diffusion-xl-v1-base/lora"), said("sdxl_base_v1-0"), said("SD 1.5"), said("Flux.1 D"), said("my own")
    ('SDXL', 'SDXL', 'SD 1.5', 'Flux.1 [dev]', 'my own')
    """
    shown = word(text)
    return _spelled(shown) or shown


def by_name(name: str) -> str:
    """The family that a file's name tells of, or empty."""
    return _spelled(re.sub(r"[_\W]+", " ", name.rpartition("/")[2].rpartition(".")[0] or name))


def _spelled(text: str) -> str:
    low = text.casefold().replace("_", " ")
    return next((name for pattern, name in _SAID if re.search(pattern, low)), "")


def by_tensors(shapes: Shapes) -> str:
    """The family that the tensors are of, whole model or LoRA, or empty.

    >>> by_tensors({"lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight": (8, 2048)})
    'SDXL'
    """
    return _transformer(shapes) or _unet(shapes)


def _transformer(shapes: Shapes) -> str:
    names = "\n".join(shapes).casefold()
    if "joint_blocks" in names:
        return "SD 3.5" if "x_block.attn2" in names or "joint_blocks.37." in names else "SD 3"
    if "distilled_guidance_layer" in names:
        return "Chroma"
    if "txt_in.individual_token_refiner" in names:
        return "HunyuanVideo"
    if "double_blocks" in names:
        blocks = 1 + max((int(number) for number in _BLOCK.findall(names)), default=0)
        if blocks > _FLUX_BLOCKS:
            return "HunyuanVideo"
        whole = "double_blocks.0.img_attn.norm.key_norm.scale" in names
        return "Flux.1" if not whole else "Flux.1 [dev]" if "guidance_in." in names else "Flux.1 [schnell]"
    if "single_transformer_blocks" in names:
        return "Flux.1"
    if re.search(r"transformer_blocks[._]0[._]img_(mlp|mod)", names) or re.search(
        r"^(model\.diffusion_model\.)?txt_norm", names, re.M
    ):
        return "Qwen-Image"
    if "head.modulation" in names or re.search(r"(^|[._])blocks[._]\d+[._](self|cross)_attn[._][qkvo][._]", names, re.M):
        return "Wan"
    if "adaln_single.emb" in names and "patchify_proj" in names:
        return "LTX-Video"
    if "noise_refiner" in names and "cap_embedder" in names:
        return "Lumina 2"
    return ""


def _unet(shapes: Shapes) -> str:
    """Told from the text that a cross-attention takes in: 768 numbers wide in SD 1, 1024 in SD 2, 2048 in SDXL."""
    found = {
        _CONTEXT[shape[-1]]
        for name, shape in shapes.items()
        if len(shape) > 1 and shape[-1] in _CONTEXT and _UNET.search(name) and _ATTENTION.search(name)
    }
    if len(found) == 1:
        return found.pop()
    low = "\n".join(shapes).casefold()
    return "SDXL" if "lora_te2_" in low or "label_emb.0.0.weight" in low or "conditioner.embedders.1" in low else ""
