"""Loaders, text encoders and conditioning."""

from __future__ import annotations

from dataclasses import replace

from hooks.simulator.nodes.kinds import NodeResult, NodeType, Work, link, model, real, text, whole
from hooks.simulator.values import Conditioning, Control, Pictures, Weights


def _checkpoint(work: Work, ckpt_name: str) -> NodeResult:
    work.load(ckpt_name)
    return NodeResult((Weights(ckpt_name), Weights(ckpt_name), Weights(ckpt_name)))


def _lora(work: Work, model: Weights, clip: Weights, lora_name: str, strength_model: float, strength_clip: float) -> NodeResult:
    return NodeResult((model.plus(lora_name, strength_model), clip.plus(lora_name, strength_clip)))


def _lora_model(work: Work, model: Weights, lora_name: str, strength_model: float) -> NodeResult:
    return NodeResult((model.plus(lora_name, strength_model),))


def _file(work: Work, **named: str) -> NodeResult:
    return NodeResult((Weights(next(iter(named.values()))),))


def _encode(work: Work, text: str, clip: Weights) -> NodeResult:
    return NodeResult((Conditioning((text,), clip=clip),))


def _combine(work: Work, conditioning_1: Conditioning, conditioning_2: Conditioning) -> NodeResult:
    both = conditioning_1.texts + conditioning_2.texts, conditioning_1.controls + conditioning_2.controls
    return NodeResult((Conditioning(*both, clip=conditioning_1.clip),))


def _zero(work: Work, conditioning: Conditioning) -> NodeResult:
    return NodeResult((replace(conditioning, texts=()),))


def _skip(work: Work, clip: Weights, stop_at_clip_layer: int) -> NodeResult:
    return NodeResult((clip.plus("clip-skip", stop_at_clip_layer / 100),))


def _steered(conditioning: Conditioning, net: Weights, image: Pictures, strength: float) -> Conditioning:
    if strength == 0:
        return conditioning
    return replace(conditioning, controls=(*conditioning.controls, Control(net.file, image.frames[0], strength)))


def _control(work: Work, conditioning: Conditioning, control_net: Weights, image: Pictures, strength: float) -> NodeResult:
    return NodeResult((_steered(conditioning, control_net, image, strength),))


def _control_both(
    work: Work,
    positive: Conditioning,
    negative: Conditioning,
    control_net: Weights,
    image: Pictures,
    strength: float,
    start_percent: float,
    end_percent: float,
    vae: Weights | None = None,
) -> NodeResult:
    """How long the net steers (start to end) counts as strength."""
    felt = strength * max(0.0, end_percent - start_percent)
    return NodeResult((_steered(positive, control_net, image, felt), _steered(negative, control_net, image, felt)))


_STRENGTH = real(1.0, -100.0, 100.0, 0.01)
_CONTROL = real(1.0, 0.0, 10.0, 0.01)
_LOADERS, _COND = "model/loaders", "model/conditioning"

NODES = (
    NodeType(
        "CheckpointLoaderSimple",
        "Load Checkpoint",
        _LOADERS,
        {"ckpt_name": model("checkpoints")},
        ("MODEL", "CLIP", "VAE"),
        _checkpoint,
    ),
    NodeType(
        "LoraLoader",
        "Load LoRA (Model and CLIP)",
        _LOADERS,
        {
            "model": link("MODEL"),
            "clip": link("CLIP"),
            "lora_name": model("loras"),
            "strength_model": _STRENGTH,
            "strength_clip": _STRENGTH,
        },
        ("MODEL", "CLIP"),
        _lora,
    ),
    NodeType(
        "LoraLoaderModelOnly",
        "Load LoRA",
        _LOADERS,
        {"model": link("MODEL"), "lora_name": model("loras"), "strength_model": _STRENGTH},
        ("MODEL",),
        _lora_model,
    ),
    NodeType("VAELoader", "Load VAE", _LOADERS, {"vae_name": model("vae", "pixel_space")}, ("VAE",), _file),
    NodeType(
        "ControlNetLoader", "Load ControlNet Model", _LOADERS, {"control_net_name": model("controlnet")}, ("CONTROL_NET",), _file
    ),
    NodeType(
        "UpscaleModelLoader",
        "Load Upscale Model",
        _LOADERS,
        {"model_name": model("upscale_models", modern=True)},
        ("UPSCALE_MODEL",),
        _file,
        module="comfy_extras.nodes_upscale_model",
    ),
    NodeType(
        "CLIPTextEncode",
        "CLIP Text Encode (Prompt)",
        _COND,
        {"text": text(multiline=True, dynamicPrompts=True), "clip": link("CLIP")},
        ("CONDITIONING",),
        _encode,
    ),
    NodeType(
        "CLIPSetLastLayer",
        "CLIP Set Last Layer",
        _COND,
        {"clip": link("CLIP"), "stop_at_clip_layer": whole(-1, -24, -1, 1, advanced=True)},
        ("CLIP",),
        _skip,
    ),
    NodeType(
        "ConditioningCombine",
        "Conditioning (Combine)",
        f"{_COND}/transform",
        {"conditioning_1": link("CONDITIONING"), "conditioning_2": link("CONDITIONING")},
        ("CONDITIONING",),
        _combine,
    ),
    NodeType(
        "ConditioningZeroOut",
        "Conditioning Zero Out",
        f"{_COND}/transform",
        {"conditioning": link("CONDITIONING")},
        ("CONDITIONING",),
        _zero,
    ),
    NodeType(
        "ControlNetApply",
        "Apply ControlNet (DEPRECATED)",
        f"{_COND}/controlnet",
        {"conditioning": link("CONDITIONING"), "control_net": link("CONTROL_NET"), "image": link("IMAGE"), "strength": _CONTROL},
        ("CONDITIONING",),
        _control,
    ),
    NodeType(
        "ControlNetApplyAdvanced",
        "Apply ControlNet",
        f"{_COND}/controlnet",
        {
            "positive": link("CONDITIONING"),
            "negative": link("CONDITIONING"),
            "control_net": link("CONTROL_NET"),
            "image": link("IMAGE"),
            "strength": _CONTROL,
            "start_percent": real(0.0, 0.0, 1.0, 0.001),
            "end_percent": real(1.0, 0.0, 1.0, 0.001),
        },
        ("CONDITIONING", "CONDITIONING"),
        _control_both,
        optional={"vae": link("VAE")},
        names=("positive", "negative"),
    ),
)
