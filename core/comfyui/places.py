"""Finds in an API graph the places that people set: prompts, pictures, models, strengths, size, seed, by following its links."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.comfyui import sampling, weights
from core.comfyui.loaders import folder_of
from core.comfyui.trace import Node, Trace
from core.security.sandbox import sandboxed

_MOST, _HOPS, _MOST_TEXTS, _MOST_PASSES = 80, 32, 4, 4
_TEXT_VALUES = ("value", "string", "text", "prompt", "String", "Text")
_VALUES = ("value", "Value", "int", "float", "number", "seed", "noise_seed", "boolean", "string", "text", "val")
_SETTINGS = (
    ("seed", ("noise_seed", "seed")),
    ("steps", ("steps",)),
    ("cfg", ("cfg", "guidance_scale")),
    ("sampler", ("sampler_name", "sampler")),
    ("scheduler", ("scheduler",)),
    ("denoise", ("denoise", "denoise_strength")),
)
_MODELS = {
    "checkpoints": "model",
    "diffusion_models": "model",
    "loras": "lora",
    "controlnet": "controlnet",
    "upscale_models": "upscaler",
    "latent_upscale_models": "upscaler",
    "style_models": "style_model",
    "clip_vision": "clip_vision",
    "vae": "vae",
    "text_encoders": "text_encoder",
    "model_patches": "model_patch",
}
_CONTROLS = re.compile(r"depth|canny|pose|line ?art|scribble|normal|tile|segm?|soft ?edge|hed|mlsd|sketch|inpaint", re.IGNORECASE)
_BY_FIELD = {
    "start_image": "first", "first_frame": "first", "first_image": "first",
    "end_image": "last", "last_frame": "last", "last_image": "last",
}  # fmt: skip
_LOADS_PICTURE = re.compile(r"load_?\s?image|image_?\s?load|loadvideo|load_?audio|loadimagemask", re.IGNORECASE)
_PICTURE_FIELDS = ("image", "video", "file", "audio")


@dataclass(frozen=True)
class Place:
    """A value of a node that people set, and what it is: `prompt`, `image`, `lora_strength` …; `about` says of what."""

    role: str
    node: str
    field: str
    about: str = ""
    title: str = ""


@sandboxed
def places_in(graph: Mapping[str, Any]) -> list[Place]:
    """The places of a graph that people set, each once, those that matter most first."""
    return find_places(graph)


def find_places(graph: Mapping[str, Any]) -> list[Place]:
    """The same of a graph of Slate's own."""
    return _Finder(Trace(graph)).found()


class _Finder:
    """One graph being searched."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.outputs = trace.outputs()
        self.nodes = trace.upstream(self.outputs)
        self.samplers = sampling.passes(trace, self.outputs)[:_MOST_PASSES]
        self.places: dict[tuple[str, str], Place] = {}
        self.readers: dict[str, list[tuple[Node, str]]] = {}
        for node in self.nodes:
            for name, link in trace.links(node):
                self.readers.setdefault(link[0], []).append((node, name))

    def found(self) -> list[Place]:
        self._texts()
        for node in self.nodes:
            self._pictures(node)
            self._models(node)
            self._strengths(node)
        for node in self.samplers:
            self._settings(node)
        self._sizes()
        for node in self.nodes:
            self._others(node)
        return list(self.places.values())[:_MOST]

    def put(self, role: str, node: Node, field: str, about: str = "") -> None:
        """The place of an input: its own value, or where the value comes from that a link brings."""
        literal = self._literal(node, field)
        if literal is not None:
            there, name = literal
            title = there.title if there.title != there.kind else ""
            self.places.setdefault((there.id, name), Place(role, there.id, name, about, title[:80]))

    def _literal(self, node: Node, field: str) -> tuple[Node, str] | None:
        for _ in range(_HOPS):
            value = node.inputs.get(field)
            if isinstance(value, str | int | float | bool):
                return node, field
            link = self.trace.link(value)
            if link is None:
                return None
            node = self.trace.at(link)
            linked = self.trace.links(node)
            named = next((name for name in (field, *_VALUES) if name in node.inputs), None)
            if named is not None and (len(linked) == 0 or self.trace.link(node.inputs[named])):
                field = named
            elif len(linked) == 1 and len(node.inputs) == 1:
                field = linked[0][0]
            else:
                return None
        return None

    def _texts(self) -> None:
        for role, negative in (("prompt", False), ("negative", True)):
            for sampler in self.samplers:
                for node, field, _ in sampling.guiding(self.trace, sampler, negative=negative):
                    for there, name in self._text_places(node, field):
                        self.put(role, there, name)
        if not self.samplers:
            for node in self.nodes:
                for field in self.trace.text_keys(node) if not node.has("filename_prefix") else ():
                    for there, name in self._text_places(node, field):
                        self.put("negative" if "neg" in field else "prompt", there, name)

    def _text_places(self, node: Node, field: str) -> Iterator[tuple[Node, str]]:
        """Where the texts stand that arrive at an input: itself, or the nodes that put the text together."""
        waiting, seen, given = deque([(node, field)]), set[tuple[str, str]](), 0
        while waiting and given < _MOST_TEXTS and len(seen) < _HOPS:
            here, name = waiting.popleft()
            if (here.id, name) in seen:
                continue
            seen.add((here.id, name))
            value = here.inputs.get(name)
            if isinstance(value, str):
                given += 1
                yield here, name
            elif (link := self.trace.link(value)) is not None:
                there = self.trace.at(link)
                keys = self.trace.text_keys(there) or [one for one in _TEXT_VALUES if one in there.inputs]
                linked = [one for one, _ in self.trace.links(there)]
                waiting.extend((there, one) for one in keys or (linked[:1] if len(linked) == 1 else []))

    def _pictures(self, node: Node) -> None:
        if not _LOADS_PICTURE.search(node.kind):
            return
        field = next((name for name in _PICTURE_FIELDS if isinstance(node.inputs.get(name), str)), None)
        if field is not None:
            role = {"video": "video", "audio": "audio"}.get(field, "image")
            role = "video" if "video" in node.low else "audio" if "audio" in node.low else role
            self.put("mask" if "mask" in node.low else self._use_of(node) if role == "image" else role, node, field)

    def _use_of(self, node: Node) -> str:
        """What a picture is for, told by the first nodes downstream that say so."""
        waiting, seen = deque([(node, 0)]), {node.id}
        while waiting and len(seen) < 200:
            here, depth = waiting.popleft()
            for reader, name in self.readers.get(here.id, ()):
                if name in _BY_FIELD:
                    return _BY_FIELD[name]
                if any("control_net" in one or "controlnet" in one for one in reader.inputs):
                    return self._control(reader, node)
                if re.search(r"ipadapter|stylemodel|clipvision|reference|redux|faceid|pulid", reader.low):
                    return "reference"
                if re.search(r"vaeencode|inpaint", reader.low):
                    return "mask" if name == "mask" else "image"
                if reader.id not in seen and depth < 6:
                    seen.add(reader.id)
                    waiting.append((reader, depth + 1))
        return "image"

    def _control(self, applied: Node, picture: Node) -> str:
        """`depth`, `pose` … by what is written on the nodes around, else `control`."""
        near = self.trace.upstream([applied])[-30:]
        loaders = [node for node in near if any(folder_of(node.kind, name) == "controlnet" for name in node.inputs)]
        names = [str(value) for node in loaders for value in node.inputs.values() if isinstance(value, str)]
        said = [picture.title, applied.title, *(node.kind for node, _ in self.readers.get(picture.id, ())), *names]
        found = next((match for one in said if (match := _CONTROLS.search(one[:200]))), None)
        return found.group(0).lower().replace(" ", "") if found else "control"

    def _models(self, node: Node) -> None:
        if "save" in node.low:
            return
        for field, value in node.inputs.items():
            folder = folder_of(node.kind, field)
            if folder in _MODELS and isinstance(value, str):
                self.put(_MODELS[folder], node, field, folder)
                if folder == "loras":
                    for role, names in (("lora_strength", ("strength_model", "strength")), ("lora_clip", ("strength_clip",))):
                        for one in names:
                            self.put(role, node, one, value)
            elif not folder and weights.is_weights(value) and field not in ("filename_prefix",):
                self.put("file", node, field)

    def _strengths(self, node: Node) -> None:
        linked = [name for name, _ in self.trace.links(node)]
        if any("control_net" in name for name in linked):
            self.put("strength", node, "strength")
            self.put("until", node, "end_percent")
        elif "ipadapter" in node.low and node.has("weight"):
            self.put("reference_strength", node, "weight")
        elif "stylemodelapply" in node.low:
            self.put("reference_strength", node, "strength")
        elif "guidance" in node.low and node.has("guidance"):
            self.put("guidance", node, "guidance")

    def _settings(self, sampler: Node) -> None:
        parts = sampling.parts_of(self.trace, sampler)
        for role, names in _SETTINGS:
            part = next(((one, name) for one in parts for name in names if one.has(name) and self._literal(one, name)), None)
            if part is not None and not (role == "denoise" and self._is_whole(sampler, *part)):
                self.put(role, *part)

    def _is_whole(self, sampler: Node, node: Node, field: str) -> bool:
        """Whether a sampler starts from nothing but noise, where a lower denoise only spoils the picture."""
        starts = any("encode" in one.low or _LOADS_PICTURE.search(one.kind) for one in self.trace.picture_path([sampler]))
        return not starts and self.trace.number(node, field) == 1.0

    def _sizes(self) -> None:
        for sampler in self.samplers:
            path = self.trace.picture_path([sampler])
            sized = next((node for node in reversed(path) if node.has("width") and node.has("height")), None)
            for role, field in (("width", "width"), ("height", "height"), ("count", "batch_size"), ("frames", "length")):
                if sized is not None:
                    self.put(role, sized, field)
        if not self.samplers:
            for node in self.nodes:
                for role in ("width", "height", "aspect_ratio", "size", "resolution", "duration", "steps", "cfg"):
                    if not node.has("images") or role not in ("size",):
                        self.put(role, node, role)

    def _others(self, node: Node) -> None:
        """Seeds of other nodes, scale factors, frame rates, and the values and switches that somebody gave a name."""
        for field in ("seed", "noise_seed"):
            if isinstance(node.inputs.get(field), int) and not self.trace.link(node.inputs[field]):
                self.put("seed", node, field)
        for role, field in (("scale", "scale_by"), ("scale", "upscale_by"), ("fps", "fps"), ("fps", "frame_rate")):
            self.put(role, node, field)
        named = bool(node.title) and node.title != node.kind
        if named and re.match(r"primitive|(int|float|string|bool)\w*constant", node.low) and not self.trace.links(node):
            self.put("value", node, next((name for name in _VALUES if name in node.inputs), ""))
        elif named and node.has("switch") and isinstance(node.inputs["switch"], bool):
            self.put("switch", node, "switch")
