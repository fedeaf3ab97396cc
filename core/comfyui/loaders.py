"""Which model files a graph loads, told from the names of the inputs that loaders use."""

from __future__ import annotations

from typing import NamedTuple

from core.comfyui.graph import Graph

FOLDERS = {
    "ckpt_name": "checkpoints",
    "lora_name": "loras",
    "vae_name": "vae",
    "control_net_name": "controlnet",
    "unet_name": "diffusion_models",
    "clip_name": "text_encoders",
    "clip_name1": "text_encoders",
    "clip_name2": "text_encoders",
    "clip_name3": "text_encoders",
    "clip_name4": "text_encoders",
    "style_model_name": "style_models",
    "gligen_name": "gligen",
    "hypernetwork_name": "hypernetworks",
    "photomaker_model_name": "photomaker",
    "audio_encoder_name": "audio_encoders",
}
"""Input name -> model folder: core's loaders use these names, and most custom loaders copy them."""

_BY_CLASS = {
    ("UpscaleModelLoader", "model_name"): "upscale_models",
    ("CLIPVisionLoader", "clip_name"): "clip_vision",
    ("ModelPatchLoader", "name"): "model_patches",
    ("LatentUpscaleModelLoader", "model_name"): "latent_upscale_models",
}

WORDS = {
    "checkpoints": "checkpoint",
    "loras": "LoRA",
    "vae": "VAE",
    "controlnet": "ControlNet",
    "upscale_models": "upscale model",
    "diffusion_models": "diffusion model",
    "text_encoders": "text encoder",
    "clip_vision": "CLIP vision model",
    "style_models": "style model",
}
"""Model folder -> what people call a file in it."""


class ModelRef(NamedTuple):
    """A model file as ComfyUI names it: `/` separates folders below the model folder (`\\` on Windows servers)."""

    folder: str
    name: str


def folder_of(class_type: str, field: str) -> str:
    """The model folder that an input of a node draws from, or empty."""
    return _BY_CLASS.get((class_type, field)) or FOLDERS.get(field, "")


def models_in(graph: Graph) -> list[ModelRef]:
    """The model files a graph names, in the graph's order, each once."""
    found: dict[ModelRef, None] = {}
    for node in graph.values():
        for field, value in node.get("inputs", {}).items():
            folder = folder_of(str(node.get("class_type")), field)
            if folder and isinstance(value, str) and value not in ("", "None"):
                found[ModelRef(folder, value)] = None
    return list(found)
