"""Latents and samplers: where a stand-in picture is painted, step by step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from hooks.simulator.nodes.kinds import NodeResult, NodeType, Work, choice, link, real, whole
from hooks.simulator.nodes.scale import fitted, scaled
from hooks.simulator.paint import Recipe, blended, paint, resized_grey
from hooks.simulator.values import Conditioning, Frame, Grey, Latent, Pictures, Weights

SAMPLERS = (
    "euler", "euler_cfg_pp", "euler_ancestral", "euler_ancestral_cfg_pp", "heun", "heunpp2", "exp_heun_2_x0", "exp_heun_2_x0_sde",
    "dpm_2", "dpm_2_ancestral", "lms", "dpm_fast", "dpm_adaptive", "dpmpp_2s_ancestral", "dpmpp_2s_ancestral_cfg_pp", "dpmpp_sde",
    "dpmpp_sde_gpu", "dpmpp_2m", "dpmpp_2m_cfg_pp", "dpmpp_2m_sde", "dpmpp_2m_sde_gpu", "dpmpp_2m_sde_heun",
    "dpmpp_2m_sde_heun_gpu", "dpmpp_3m_sde", "dpmpp_3m_sde_gpu", "ddpm", "lcm", "ipndm",
    "ipndm_v", "deis", "res_multistep", "res_multistep_cfg_pp",
    "res_multistep_ancestral", "res_multistep_ancestral_cfg_pp", "gradient_estimation", "gradient_estimation_cfg_pp", "er_sde",
    "seeds_2", "seeds_3", "sa_solver", "sa_solver_pece", "ddim", "uni_pc", "uni_pc_bh2",
)  # fmt: skip
SCHEDULERS = (
    "simple",
    "sgm_uniform",
    "karras",
    "exponential",
    "ddim_uniform",
    "beta",
    "normal",
    "linear_quadratic",
    "kl_optimal",
)


def _empty(work: Work, width: int, height: int, batch_size: int) -> NodeResult:
    return NodeResult((Latent(width // 8 * 8, height // 8 * 8, batch_size),))


def _sample(
    work: Work,
    model: Weights,
    seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    denoise: float = 1.0,
) -> NodeResult:
    settings = f"{steps}/{cfg}/{sampler_name}/{scheduler}"
    recipe = Recipe(positive.text, negative.text, seed, model.file, (*model.layers, *positive.clip.layers), settings)
    frames = tuple(_painted(latent_image, replace(recipe, index=index), positive, denoise) for index in range(latent_image.batch))
    for step in range(steps):
        work.step(step + 1, steps, frames[0])
    return NodeResult((replace(latent_image, frames=frames, caption=positive.text),))


def _painted(latent: Latent, recipe: Recipe, positive: Conditioning, denoise: float) -> Frame:
    """With nothing encoded, all of it is painted; else as much as `denoise` says, inside the mask."""
    fresh = paint(latent.width, latent.height, recipe, positive.controls)
    if not latent.frames:
        return fresh
    return blended(latent.frames[recipe.index % len(latent.frames)], fresh, denoise, latent.mask)


def _sample_part(
    work: Work,
    model: Weights,
    add_noise: str,
    noise_seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    start_at_step: int,
    end_at_step: int,
    return_with_leftover_noise: str,
) -> NodeResult:
    """The steps from start to end; starting late is like a lower denoise."""
    last = min(steps, end_at_step)
    count = max(1, last - start_at_step)
    share = 1.0 if add_noise == "enable" and start_at_step == 0 else count / max(1, steps)
    return _sample(work, model, noise_seed, count, cfg, sampler_name, scheduler, positive, negative, latent_image, share)


def _decode(work: Work, samples: Latent, vae: Weights) -> NodeResult:
    frames = samples.frames or (np.full((samples.height, samples.width, 3), 128, np.uint8),) * samples.batch
    return NodeResult((Pictures(frames, samples.caption),))


def _encode(work: Work, pixels: Pictures, vae: Weights) -> NodeResult:
    width, height = max(8, pixels.width // 8 * 8), max(8, pixels.height // 8 * 8)
    frames = tuple(fitted(frame, width, height, crop=True) for frame in pixels.frames)
    return NodeResult((Latent(width, height, len(frames), frames, caption=pixels.caption),))


def _encode_masked(work: Work, pixels: Pictures, vae: Weights, mask: Grey, grow_mask_by: int) -> NodeResult:
    (latent,) = _encode(work, pixels, vae).values
    where = Image.fromarray((resized_grey(mask, latent.width, latent.height) * 255).clip(0, 255).astype(np.uint8))
    if grow_mask_by:
        where = where.filter(ImageFilter.MaxFilter(2 * min(grow_mask_by, 15) + 1))
    return NodeResult((replace(latent, mask=np.asarray(where, dtype=np.float32) / 255),))


def _upscale(work: Work, samples: Latent, upscale_method: str, width: int, height: int, crop: str) -> NodeResult:
    wanted_w, wanted_h = scaled(samples.width, samples.height, width, height)
    return NodeResult((_resized(samples, wanted_w, wanted_h),))


def _upscale_by(work: Work, samples: Latent, upscale_method: str, scale_by: float) -> NodeResult:
    return NodeResult((_resized(samples, round(samples.width * scale_by), round(samples.height * scale_by)),))


def _resized(samples: Latent, width: int, height: int) -> Latent:
    width, height = max(8, width // 8 * 8), max(8, height // 8 * 8)
    frames = tuple(fitted(frame, width, height) for frame in samples.frames)
    return replace(samples, width=width, height=height, frames=frames, mask=None)


_SEED = whole(0, 0, 2**64 - 1, control_after_generate=True)
_STEPS = whole(20, 1, 10000)
_CFG = real(8.0, 0.0, 100.0, 0.1, round=0.01)
_LATENT = "model/latent"
_PAIR = {"positive": link("CONDITIONING"), "negative": link("CONDITIONING"), "latent_image": link("LATENT")}
_WAYS = choice("nearest-exact", "bilinear", "area", "bicubic", "bislerp")
_SIDE = whole(512, 16, 16384, 8)

NODES = (
    NodeType(
        "EmptyLatentImage",
        "Empty Latent Image",
        _LATENT,
        {"width": _SIDE, "height": _SIDE, "batch_size": whole(1, 1, 4096)},
        ("LATENT",),
        _empty,
    ),
    NodeType(
        "KSampler",
        "KSampler",
        "model/sampling",
        {
            "model": link("MODEL"), "seed": _SEED, "steps": _STEPS, "cfg": _CFG, "sampler_name": choice(*SAMPLERS),
            "scheduler": choice(*SCHEDULERS), **_PAIR, "denoise": real(1.0, 0.0, 1.0, 0.01),
        },
        ("LATENT",),
        _sample,
    ),
    NodeType(
        "KSamplerAdvanced",
        "KSampler (Advanced)",
        "model/sampling",
        {
            "model": link("MODEL"), "add_noise": choice("enable", "disable", advanced=True), "noise_seed": _SEED, "steps": _STEPS,
            "cfg": _CFG, "sampler_name": choice(*SAMPLERS), "scheduler": choice(*SCHEDULERS), **_PAIR,
            "start_at_step": whole(0, 0, 10000, advanced=True), "end_at_step": whole(10000, 0, 10000, advanced=True),
            "return_with_leftover_noise": choice("disable", "enable", advanced=True),
        },
        ("LATENT",),
        _sample_part,
    ),
    NodeType("VAEDecode", "VAE Decode", _LATENT, {"samples": link("LATENT"), "vae": link("VAE")}, ("IMAGE",), _decode),
    NodeType("VAEEncode", "VAE Encode", _LATENT, {"pixels": link("IMAGE"), "vae": link("VAE")}, ("LATENT",), _encode),
    NodeType(
        "VAEEncodeForInpaint",
        "VAE Encode (for Inpainting)",
        _LATENT,
        {"pixels": link("IMAGE"), "vae": link("VAE"), "mask": link("MASK"), "grow_mask_by": whole(6, 0, 64, 1)},
        ("LATENT",),
        _encode_masked,
    ),
    NodeType(
        "LatentUpscale",
        "Upscale Latent",
        _LATENT,
        {"samples": link("LATENT"), "upscale_method": _WAYS, "width": whole(512, 0, 16384, 8), "height": whole(512, 0, 16384, 8),
         "crop": choice("disabled", "center")},
        ("LATENT",),
        _upscale,
    ),
    NodeType(
        "LatentUpscaleBy",
        "Upscale Latent By",
        _LATENT,
        {"samples": link("LATENT"), "upscale_method": _WAYS, "scale_by": real(1.5, 0.01, 8.0, 0.01)},
        ("LATENT",),
        _upscale_by,
    ),
)  # fmt: skip
