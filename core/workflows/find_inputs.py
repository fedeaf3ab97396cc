"""The inputs of a graph that somebody brings: what people set, named, typed, with the ranges a server tells, in order of use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.comfyui.graph import Graph
from core.comfyui.loaders import folder_of
from core.comfyui.node_info import FieldInfo, NodeInfo
from core.comfyui.places import Place, places_in
from core.workflows.specs import InputKind, InputSpec, Value

_MOST = 40
_MOST_CHOICES = 300


class _Role(NamedTuple):
    """How the inputs of one role are declared. The order of `_ROLES` is the order in which people see them."""

    name: str
    kind: InputKind | None
    label: str
    help: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None


_PICTURES = {
    "image": ("Image", "The picture that is worked on."),
    "mask": ("Mask", "White is changed, black stays."),
    "first": ("First frame", ""),
    "last": ("Last frame", ""),
    "reference": ("Reference", "A picture whose look is taken over."),
}
_ROLES: Mapping[str, _Role] = {
    "prompt": _Role("prompt", "paragraph", "Prompt", "What the picture shows."),
    **{name: _Role(name, "picture", label, about) for name, (label, about) in _PICTURES.items()},
    "control": _Role("control", "picture", "Control picture", "A picture whose shapes are followed."),
    "strength": _Role("strength", "number", "Control strength", "How strictly the shapes are followed.", 0, 2, 0.05),
    "until": _Role("until", "number", "Control until", "The share of the steps that it guides.", 0, 1, 0.05),
    "reference_strength": _Role("reference_strength", "number", "Reference strength", "", 0, 2, 0.05),
    "denoise": _Role("denoise", "number", "Denoise", "How far it may go from the picture it starts from.", 0, 1, 0.05),
    "scale": _Role("scale", "number", "Scale", "How many times larger.", 0.1, 8, 0.05),
    "value": _Role("value", None, ""),
    "switch": _Role("switch", "switch", "Switch"),
    "negative": _Role("negative", "paragraph", "Negative prompt", "What it should not show."),
    "model": _Role("model", "model", "Model"),
    "lora": _Role("lora", "model", "LoRA"),
    "lora_strength": _Role("lora_strength", "number", "LoRA strength", "How strongly the LoRA colours the picture.", -2, 2, 0.05),
    "lora_clip": _Role("lora_clip", "number", "LoRA strength on words", "How strongly it changes what words mean.", -2, 2, 0.05),
    "controlnet": _Role("controlnet", "model", "ControlNet"),
    "upscaler": _Role("upscaler", "model", "Upscale model"),
    "width": _Role("width", "integer", "Width", "In pixels.", 16, 16_384, 8),
    "height": _Role("height", "integer", "Height", "In pixels.", 16, 16_384, 8),
    "size": _Role("size", None, "Size"),
    "aspect_ratio": _Role("aspect_ratio", None, "Aspect ratio"),
    "resolution": _Role("resolution", None, "Resolution"),
    "frames": _Role("frames", "integer", "Frames", "", 1, 16_384),
    "duration": _Role("duration", None, "Duration", "In seconds."),
    "fps": _Role("fps", "number", "Frames a second", "", 1, 240),
    "count": _Role("count", "integer", "How many", "Pictures in one go.", 1, 64),
    "seed": _Role("seed", "seed", "Seed", "The same seed gives the same picture. Empty: a new one is drawn."),
    "steps": _Role("steps", "integer", "Steps", "More steps take longer.", 1, 10_000),
    "cfg": _Role("cfg", "number", "Guidance", "How closely it follows the prompt.", 0, 100),
    "guidance": _Role("guidance", "number", "Guidance", "How closely it follows the prompt.", 0, 100),
    "sampler": _Role("sampler", "choice", "Sampler"),
    "scheduler": _Role("scheduler", "choice", "Scheduler"),
    "vae": _Role("vae", "model", "VAE"),
    "text_encoder": _Role("text_encoder", "model", "Text encoder"),
    "clip_vision": _Role("clip_vision", "model", "CLIP vision model"),
    "style_model": _Role("style_model", "model", "Style model"),
    "model_patch": _Role("model_patch", "model", "Model patch"),
    "file": _Role("file", "choice", "File"),
}
_ORDER = {role: at for at, role in enumerate(_ROLES)}
_TITLED = ("value", "switch")
_ON_THE_SERVER = ("video", "audio")
"""Files that a render cannot bring along: the graph keeps the name that it has."""


def find_inputs(graph: Graph, known: Mapping[str, NodeInfo]) -> tuple[InputSpec, ...]:
    """The inputs that a person would declare. `known` are the node types as a server tells them; without, ranges are the usual.

    A prompt, a picture and a seed have no default: whoever asks gives them, or a seed is drawn. Everything else keeps the value
    that the graph has.
    """
    places = [one for one in places_in(graph) if one.role not in _ON_THE_SERVER]
    found = sorted(places, key=lambda one: _ORDER.get(_role(one), _ORDER["control"]))
    taken: dict[str, InputSpec] = {}
    for place in found:
        if len(taken) < _MOST and (spec := _declared(place, graph, known, taken)) is not None:
            taken[spec.name] = spec
    return tuple(taken.values())


def _role(place: Place) -> str:
    return place.role if place.role in _ROLES else "control"


def _declared(place: Place, graph: Graph, known: Mapping[str, NodeInfo], taken: Mapping[str, InputSpec]) -> InputSpec | None:
    node = graph[place.node]
    role, value = _ROLES[_role(place)], node["inputs"][place.field]
    kind, folder = role.kind, folder_of(str(node["class_type"]), place.field)
    told = known.get(str(node["class_type"]))
    info = told.field(place.field, node["inputs"]) if told else None
    kind = _kind(kind, value, info)
    if kind is None or not _fits(kind, value):
        return None
    base = _slug(place.title) if place.role in _TITLED else place.role if role.name == "control" else role.name
    name = _free(base or role.name, place, taken)
    again = name.rpartition("_")[2]
    label = place.title if place.role in _TITLED else _control_label(place) if role.name == "control" else role.label
    more = {} if kind == "choice" or kind == "model" else _range(kind, role, value, info)
    return InputSpec(
        name=name,
        kind=kind,
        node=place.node,
        field=place.field,
        label=f"{label} {again}" if again.isdecimal() else label,
        help=role.help,
        default=_default(kind, value, first=name == "prompt"),
        choices=_choices(kind, value, info),
        required=kind == "picture" or name == "prompt",
        folder=folder if kind == "model" else "",
        **more,
    )


def _control_label(place: Place) -> str:
    return "Control picture" if place.role == "control" else f"{place.role.capitalize()} picture"


def _kind(kind: InputKind | None, value: Any, info: FieldInfo | None) -> InputKind | None:
    """The kind of an input whose role leaves it open, by its value and by what a server tells."""
    if kind == "choice" and not (info and info.choices):
        return "text" if isinstance(value, str) else None
    if kind == "seed" and isinstance(value, float) and not value.is_integer():
        return None
    if kind is not None:
        return kind
    if info is not None and info.choices and isinstance(value, str):
        return "choice"
    if isinstance(value, bool):
        return "switch"
    if isinstance(value, int) and (info is None or info.type != "FLOAT"):
        return "integer"
    if isinstance(value, int | float):
        return "number"
    return "paragraph" if isinstance(value, str) else None


def _fits(kind: InputKind, value: Any) -> bool:
    if kind in ("integer", "number", "seed"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool) if kind == "switch" else isinstance(value, str)


def _default(kind: InputKind, value: Any, *, first: bool) -> Value:
    if kind in ("picture", "seed") or first:
        return None
    if kind == "number":
        return float(value)
    return int(value) if kind == "integer" else value


def _choices(kind: InputKind, value: Any, info: FieldInfo | None) -> tuple[str, ...]:
    if kind != "choice" or info is None:
        return ()
    some = info.choices[:_MOST_CHOICES]
    return some if value in some else (value, *some)


def _range(kind: InputKind, role: _Role, value: Any, info: FieldInfo | None) -> dict[str, float]:
    """The bounds a server tells, else the usual ones; none that the value of the graph itself is outside of."""
    if kind not in ("integer", "number"):
        return {}
    told = info is not None and info.minimum is not None and info.maximum is not None
    low, high, step = (info.minimum, info.maximum, info.step) if told and info else (role.low, role.high, role.step)
    found = {"minimum": low, "maximum": high, "step": step}
    if low is not None and value < low:
        found["minimum"] = None
    if high is not None and value > high:
        found["maximum"] = None
    if kind == "integer" and step and (value - (found["minimum"] or 0)) % step:
        found["step"] = None
    return {name: bound for name, bound in found.items() if bound is not None}


def _free(base: str, place: Place, taken: Mapping[str, InputSpec]) -> str:
    """A name no other input has: `steps`, `steps_2`; a LoRA's strength goes by the number of its LoRA."""
    if place.role in ("lora_strength", "lora_clip"):
        own = next((one.name for one in taken.values() if one.kind == "model" and one.node == place.node), "lora")
        base = f"{own}_{'strength' if place.role == 'lora_strength' else 'clip_strength'}"
    if base not in taken:
        return base
    return next(name for number in range(2, len(taken) + 3) if (name := f"{base}_{number}") not in taken)


def _slug(title: str) -> str:
    """
    >>> _slug("Face strength (%)"), _slug("顔")
    ('face_strength', '顔')
    """
    return re.sub(r"[\W_]+", "_", title[:40].casefold()).strip("_")


def names_of(inputs: Sequence[InputSpec]) -> str:
    """`prompt, depth and strength`."""
    names = [one.name for one in inputs]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"
