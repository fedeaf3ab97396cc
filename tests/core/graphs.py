"""Builds API graphs for tests: small ones, link by link, as ComfyUI and well-known custom nodes write them."""

from __future__ import annotations

from typing import Any

Graph = dict[str, dict[str, Any]]


def node(kind: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title or kind}}


def text_to_image(**sampler: Any) -> Graph:
    """The classic: checkpoint, two prompts, empty latent, one sampler, one file."""
    settings = {"seed": 42, "steps": 20, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}
    links = {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}
    return {
        "3": node("KSampler", **(settings | links | sampler)),
        "4": node("CheckpointLoaderSimple", ckpt_name="base.safetensors"),
        "5": node("EmptyLatentImage", width=512, height=768, batch_size=2),
        "6": node("CLIPTextEncode", text="a lighthouse at dusk", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="blurry", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="Slate"),
    }


def with_control(graph: Graph, model: str, *, picture: str = "guide.png", **more: Any) -> Graph:
    """The same with a ControlNet between prompts and sampler."""
    applied = {"positive": ["6", 0], "negative": ["7", 0], "control_net": ["30", 0], "image": ["31", 0], "strength": 0.7}
    sampler = {"positive": ["32", 0], "negative": ["32", 1]}
    return graph | {
        "30": node("ControlNetLoader", control_net_name=model),
        "31": node("LoadImage", image=picture),
        "32": node("ControlNetApplyAdvanced", **(applied | more)),
        "3": node("KSampler", **(graph["3"]["inputs"] | sampler)),
    }


def flux() -> Graph:
    """A custom sampler: noise, guider, sampler and sigmas are nodes of their own; the prompt comes through a primitive."""
    return {
        "13": node(
            "SamplerCustomAdvanced",
            noise=["25", 0],
            guider=["22", 0],
            sampler=["16", 0],
            sigmas=["17", 0],
            latent_image=["27", 0],
        ),
        "25": node("RandomNoise", noise_seed=18446744073709551615),
        "22": node("BasicGuider", model=["12", 0], conditioning=["26", 0]),
        "26": node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
        "6": node("CLIPTextEncode", text=["40", 0], clip=["11", 0]),
        "40": node("PrimitiveStringMultiline", value="a red kite"),
        "16": node("KSamplerSelect", sampler_name="dpmpp_2m"),
        "17": node("BasicScheduler", scheduler="beta", steps=["41", 0], denoise=1.0, model=["12", 0]),
        "41": node("PrimitiveInt", value=28),
        "27": node("EmptySD3LatentImage", width=1024, height=1024, batch_size=1),
        "12": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "11": node("DualCLIPLoader", clip_name1="t5xxl_fp8.safetensors", clip_name2="clip_l.safetensors", type="flux"),
        "10": node("VAELoader", vae_name="ae.safetensors"),
        "8": node("VAEDecode", samples=["13", 0], vae=["10", 0]),
        "9": node("SaveImage", images=["8", 0], filename_prefix="Slate"),
    }


def hires() -> Graph:
    """Two passes: the second samples an enlarged latent again with a seed of its own."""
    graph = text_to_image()
    second = graph["3"]["inputs"] | {"seed": 99, "steps": 12, "denoise": 0.5, "latent_image": ["50", 0]}
    return graph | {
        "50": node("LatentUpscaleBy", samples=["3", 0], upscale_method="nearest-exact", scale_by=1.5),
        "51": node("KSampler", **second),
        "8": node("VAEDecode", samples=["51", 0], vae=["4", 2]),
    }


def image_to_image(denoise: float = 0.6) -> Graph:
    graph = text_to_image(denoise=denoise)
    return graph | {
        "5": node("VAEEncode", pixels=["40", 0], vae=["4", 2]),
        "40": node("LoadImage", image="slate/A-7Q0D.png [input]"),
    }
