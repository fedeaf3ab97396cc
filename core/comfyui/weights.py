"""Which model files a graph loads, of what kind and how strongly, told by the shape of the inputs that name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from core.comfyui import loras, text_nodes
from core.comfyui.loaders import folder_of
from core.comfyui.model_use import ModelUse
from core.comfyui.trace import Node, Trace, number_in, remembered

__all__ = ["ModelUse", "is_weights", "used"]

_WEIGHTS = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx|pkl)$", re.IGNORECASE)
_FOLDERS = {
    "checkpoint": "checkpoints",
    "diffusion model": "diffusion_models",
    "lora": "loras",
    "controlnet": "controlnet",
    "vae": "vae",
    "text encoder": "text_encoders",
    "clip vision": "clip_vision",
    "upscaler": "upscale_models",
    "ip-adapter": "ipadapter",
    "style model": "style_models",
    "motion": "animatediff_models",
    "embedding": "embeddings",
    "model patch": "model_patches",
    "annotator": "annotators",
    "model": "models",
}
_KINDS: tuple[tuple[str, str], ...] = (
    (r"lora", "lora"),
    (r"control.?net|control_lora|t2i", "controlnet"),
    (r"upscale", "upscaler"),
    (r"ip.?adapter", "ip-adapter"),
    (r"clip.?vision", "clip vision"),
    (r"style_?model", "style model"),
    (r"vae", "vae"),
    (r"motion|animatediff", "motion"),
    (r"modelpatch|model_patch", "model patch"),
    (r"ckpt|checkpoint", "checkpoint"),
    (r"unet|diffusion_?model|gguf", "diffusion model"),
    (r"clip|t5|text_?encoder|llama|llm|gemma|qwen", "text encoder"),
    (r"embedding", "embedding"),
)
_ANNOTATOR = re.compile(r"preprocessor|estimat|annotator|detector|segment|sam\b|rembg|depthanything|midas|zoe", re.IGNORECASE)
_SERVED = re.compile(r"[A-Za-z][\w .:()+-]{1,60}")
"""What services call their models."""
_LOADS_MAIN = re.compile(r"(dit|unet|diffusion|transformer).*load|load.*(dit|unet|diffusion|transformer)")
SERVICE = "service"
"""The kind of a model that a service runs: there is no file of it here."""
MAIN = ("checkpoint", "diffusion model")
"""Kinds that make the picture; the others change how."""
_CLIP_STRENGTHS = ("strength_clip", "lora_clip_strength", "clip_strength", "clip_weight")
_STRENGTHS = ("strength_model", "strength", "lora_strength", "lora_model_strength", "weight", "model_weight", "model_strength")


def used(trace: Trace, nodes: list[Node]) -> tuple[ModelUse, ...]:
    """The model files these nodes load, in the order they take effect, each once."""
    found: dict[tuple[str, str], ModelUse] = {}
    loading = [node for node in nodes if not _saves(node)]
    for node in (*loading, *(node for node in nodes if _saves(node))):
        known = _saves(node) and any(use.kind in MAIN for use in found.values())
        for use in (*_stacked(trace, node), *_plain(trace, node), *loras.told(trace, node)):
            if (use.kind != "lora" or use.strength != 0) and not (known and use.kind in (*MAIN, "model")):
                found.setdefault((use.folder, use.name), use)
    for use, strength in _applied(trace, nodes):
        found[use.folder, use.name] = replace(use, strength=strength)
    return tuple(sorted(found.values(), key=lambda use: use.kind not in MAIN))


def _saves(node: Node) -> bool:
    """Whether a node writes pictures: the model it names is what somebody typed there, and counts where no other is known."""
    return "save" in node.low and node.has("images", "image")


def is_weights(value: object) -> bool:
    """Whether a value is the name of a model file."""
    return isinstance(value, str) and len(value) <= 1000 and _WEIGHTS.search(value) is not None


def _plain(trace: Trace, node: Node) -> Iterator[ModelUse]:
    """Inputs whose value is a file name. Numbered ones (lora_name_3) are left to the stacks."""
    for name, raw in node.inputs.items():
        value = trace.value(node, name) if isinstance(raw, list) and _names_a_model(name) else raw
        if _in_stack(name) is not None:
            continue
        if is_weights(value):
            kind = _kind(node, name)
            strength = trace.number(node, *_STRENGTHS) if kind in ("lora", "controlnet", "ip-adapter") else None
            yield _use(kind, value, strength, trace.number(node, *_CLIP_STRENGTHS) if kind == "lora" else None)
        elif _is_named_main(node, name, value):
            yield _use("diffusion model", value, None)
        elif _is_service(node, name, value):
            yield ModelUse(SERVICE, "", str(value))
        elif isinstance(value, str) and value.startswith("urn:air:"):
            yield from _numbered(trace, node, value)


def _is_named_main(node: Node, name: str, value: object) -> bool:
    """Whether a loader of diffusion models names a folder of weights, which has no ending."""
    if name not in ("model_path", "unet_name", "model_name") or not isinstance(value, str) or not 0 < len(value) < 300:
        return False
    return _LOADS_MAIN.search(node.low) is not None and value.casefold() not in ("none", "default") and "/" not in value


def _is_service(node: Node, name: str, value: object) -> bool:
    """Whether the node of a service names the model it asks: `ray-2`, `sd3.5-large`."""
    if name not in ("model", "model_name", "model_version") or not isinstance(value, str) or not _SERVED.fullmatch(value):
        return False
    asked = node.has("prompt", "text", "prompt_text") or any(one.startswith(f"{name}.") for one in node.inputs)
    shaped = any(map(_shapes_output, node.inputs))
    return asked and shaped and not text_nodes.writes(node.kind) and value.casefold() not in ("auto", "default", "none")


@remembered
def _shapes_output(name: str) -> bool:
    return re.search(r"seed|aspect_ratio|^size|resolution|duration|^ratio$|quality|^n$", name) is not None


def _numbered(trace: Trace, node: Node, air: str) -> Iterator[ModelUse]:
    """A model called by its number in a catalogue, as Civitai's own graphs do: `urn:air:sdxl:lora:civitai:5@6`."""
    parts = air[:300].split(":")
    if len(parts) >= 6:
        kind = "lora" if parts[3] in ("lora", "lycoris", "dora", "locon") else parts[3] if parts[3] in _FOLDERS else "model"
        yield _use(kind, f"{parts[4]}:{parts[5]}", trace.number(node, *_STRENGTHS) if kind == "lora" else None)


def _applied(trace: Trace, nodes: list[Node]) -> Iterator[tuple[ModelUse, float]]:
    """Control models get their strength where they are applied, not where they are loaded."""
    applying = [node for node in nodes if any(re.search(r"control_?net", name) for name, _ in trace.links(node))]
    for node in applying[:64]:
        strength = trace.number(node, "strength", "weight")
        for name, link in trace.links(node) if strength is not None else ():
            if re.search(r"control_?net", name):
                loaded = [use for loader in trace.upstream([trace.at(link)]) for use in _plain(trace, loader)]
                yield from ((use, strength) for use in loaded if use.kind == "controlnet" and strength is not None)


def _stacked(trace: Trace, node: Node) -> Iterator[ModelUse]:
    """LoRA stacks: `{"on": true, "lora": name, "strength": 0.8}` (rgthree), or numbered inputs (Efficiency, Comfyroll, Easy)."""
    for value in node.inputs.values():
        if isinstance(value, dict) and is_weights(value.get("lora")) and value.get("on", True) is True:
            yield _use("lora", str(value["lora"]), number_in(value.get("strength")), number_in(value.get("strengthTwo")))
    numbered = [(name, number) for name in node.inputs if (number := _in_stack(name)) is not None]
    if not numbered or any(_off(node.inputs.get(switch)) for switch in ("toggle", "enabled", "enable", "active")):
        return
    count = trace.whole(node, "lora_count", "num_loras") if numbered else None
    for name, number in numbered:
        if (count is not None and number > count) or _off(trace.value(node, f"switch_{number}")):
            continue
        if is_weights(file := trace.value(node, name)):
            keys = [
                f"{stem}_{number}"
                for stem in ("model_str", "lora_wt", "model_weight", "strength_model", "strength", "model_strength")
            ]
            keys += [f"lora_{number}_{stem}" for stem in ("model_strength", "strength")]
            keys += [f"lora{number}_model_strength", f"lora_strength_{number}", f"strength_{name.rpartition('_')[2]}"]
            if trace.word(node, "input_mode") == "simple":
                keys.insert(0, f"lora_wt_{number}")
            if trace.word(node, "mode") == "simple":
                keys.insert(0, f"lora_{number}_strength")
            clip = (f"clip_str_{number}", f"clip_weight_{number}", f"strength_clip_{number}", f"lora_{number}_clip_strength")
            yield _use("lora", file, trace.number(node, *keys), trace.number(node, *clip))


@remembered
def _in_stack(name: str) -> int | None:
    """The place of a numbered LoRA input in its stack, or None if the name is none."""
    numbered = re.fullmatch(r"(?:lora_name|lora)_?(\d{1,3})(?:_name)?", name)
    return int(numbered[1]) if numbered else None


def _off(switch: object) -> bool:
    return switch is False or (isinstance(switch, str) and switch.lower() in ("off", "none", "false"))


def _names_a_model(name: str) -> bool:
    """Whether an input that is fed by a link may get a file's name, rather than a model that is loaded."""
    return name.endswith("name")


def _kind(node: Node, name: str) -> str:
    if _ANNOTATOR.search(node.kind):
        return "annotator"
    if folder := folder_of(node.kind, name):
        return next((kind for kind, place in _FOLDERS.items() if place == folder), folder.removesuffix("s").replace("_", " "))
    for place in (name.lower(), node.low):
        for pattern, kind in _KINDS:
            if re.search(pattern, place):
                return kind
    return "model"


def _use(kind: str, name: str, strength: float | None, clip: float | None = None) -> ModelUse:
    folder = _FOLDERS.get(kind, kind.replace(" ", "_") + "s")
    return ModelUse(kind, folder, name, strength, None if clip == strength else clip)
