"""How a graph sampled its picture: each pass with its seed and settings, and the prompts that guided it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from core.comfyui import text_nodes
from core.comfyui.text_nodes import LONGEST_TEXT
from core.comfyui.trace import Node, Trace, remembered

_GUIDE_INPUT = re.compile(r"cond|positive|negative|^c\d$|embeds$")
_PASSING_INPUT = re.compile(r"guider|text_embeds|pipe|tuple|context|ctx")
_IMAGE_INPUT = re.compile(r"image|vision|latent|pixels|mask|control|model")
T = TypeVar("T")

_CALLED = {"dpm_adaptative": "dpm_adaptive", "ersde": "er_sde", "euler_cf_gpp": "euler_cfg_pp"}
"""Samplers whose node is called otherwise than they are."""
_ANY_SEED = -1
"""Stands for a seed that is drawn when the graph runs; it is not in the graph."""
_SEED = re.compile(r"[._]seed$")
_SIZE = re.compile(r"(\d{2,5})\s*[x×]\s*(\d{2,5})")


@dataclass(frozen=True)
class Sampling:
    """One pass of a sampler. The seed is decimal text, for it may be up to 2**64 - 1; what is not told is empty or None."""

    node: str
    seed: str = ""
    sampler: str = ""
    scheduler: str = ""
    steps: int | None = None
    cfg: float | None = None
    denoise: float | None = None


def is_sampler(node: Node) -> bool:
    """Whether a node turns noise into a picture, told by the shape of its inputs."""
    if "train" in node.low:
        return False
    if node.has("sigmas"):
        return node.has("guider", "positive", "conditioning") and node.has("sampler", "noise", "noise_seed", "latent_image")
    if not (node.has("seed", "noise_seed") and node.has("steps")):
        return False
    return node.has("sampler_name", "cfg", "guidance", "prompt") or any(map(_guides, node.inputs))


@remembered
def _guides(name: str) -> bool:
    return (_GUIDE_INPUT.search(name) or _PASSING_INPUT.search(name)) is not None


def passes(trace: Trace, outputs: list[Node]) -> list[Node]:
    """The samplers the picture went through, first one first. A picture that went round a sampler is not looked for."""
    found = [node for node in trace.picture_path(outputs) if is_sampler(node)]
    return found or [node for node in trace.upstream(outputs) if is_sampler(node)]


def read_pass(trace: Trace, node: Node) -> Sampling:
    """The settings of one sampler, gathered from it and from its guider, sigmas, sampler and noise nodes."""
    near = parts_of(trace, node)
    steps = _first(_steps(trace, part) for part in near)
    scheduler = _first(trace.word(part, "scheduler") or None for part in near)
    sampler = _first(trace.word(part, "sampler_name", "sampler") or None for part in near)
    return Sampling(
        node=node.id,
        seed=_seed(trace, near),
        sampler=sampler or _named(trace, node, "sampler", "Sampler"),
        scheduler=scheduler or _named(trace, node, "sigmas", "Scheduler"),
        steps=steps,
        cfg=_rounded(_first(trace.number(part, "cfg", "guidance_scale", "cfg_conds", "video_cfg") for part in near)),
        denoise=_denoise(trace, node, near, steps),
    )


def prompt(trace: Trace, sampler: Node, *, negative: bool) -> str:
    """The text that guided a sampler towards (or away from) a picture; several are put on lines of their own."""
    texts = dict.fromkeys(text for _, _, text in guiding(trace, sampler, negative=negative) if text)
    return "\n".join(texts)[:LONGEST_TEXT]


def guiding(trace: Trace, sampler: Node, *, negative: bool) -> Iterator[tuple[Node, str, str]]:
    """(node, input, text) of each text input that guided a sampler towards (or away from) a picture; the text may be empty."""
    stack, seen = [(sampler, False)], set[tuple[str, bool]]()
    while stack:
        node, chosen = stack.pop()
        if (node.id, chosen) in seen or "zeroout" in node.low or (chosen and text_nodes.writes(node.kind)):
            continue
        seen.add((node.id, chosen))
        own = [(node, name, trace.text(node.inputs[name]).strip()) for name in _sided(trace.text_keys(node), negative, chosen)]
        yield from own
        told = any(text for _, _, text in own)
        stack += reversed(list(_onward(trace, node, chosen, negative=negative, told=told)))


def parts_of(trace: Trace, node: Node) -> list[Node]:
    """A sampler and the nodes that hold the rest of its settings: its guider, sigmas, sampler and noise."""
    names = ("guider", "sigmas", "sampler", "noise", "settings", "pipe", "basic_pipe")
    parts = [node, *(_part(trace, node, name) for name in names)]
    return [part for part in parts if part is not None]


def size(trace: Trace, sampler: Node) -> tuple[int | None, int | None, int | None]:
    """(width, height, batch) of the latent or picture a sampler started from, as far as the graph says."""
    for node in reversed(trace.picture_path([sampler])):
        width = trace.whole(node, "width", "empty_latent_width")
        height = trace.whole(node, "height", "empty_latent_height")
        if not (width and height):
            width, height = told_size(trace, node) or (width, height)
        if width and height and width > 0 and height > 0:
            return width, height, trace.whole(node, "batch_size")
    return None, None, None


def told_size(trace: Trace, node: Node) -> tuple[int, int] | None:
    """(width, height) where one text tells both: `1024x1536`."""
    told = _SIZE.search(trace.word(node, "dimensions", "resolution", "size", "size_preset", "image_size"))
    return (int(told[1]), int(told[2])) if told else None


def _sided(names: list[str], negative: bool, chosen: bool) -> list[str]:
    """Of inputs, those of one side. Names with no side belong to the positive one, unless the branch was chosen before."""
    against = [name for name in names if "neg" in name]
    towards = [name for name in names if "pos" in name]
    names = [name for name in names if name != "cond2"] if against and "cond1" in names else names
    neutral = [name for name in names if name not in against and name not in towards]
    if negative:
        return against if against or not chosen else [] if towards else neutral
    return towards + neutral


def _onward(trace: Trace, node: Node, chosen: bool, *, negative: bool, told: bool) -> Iterator[tuple[Node, bool]]:
    """Where the guidance of a node came from, and whether the side is settled by having gone there."""
    links = trace.links(node)
    passing = {name for name, _ in links if _PASSING_INPUT.search(name)}
    guides = [name for name, _ in links if name not in passing and _GUIDE_INPUT.search(name) and not _IMAGE_INPUT.search(name)]
    follow = set(_sided(guides, negative, chosen))
    if not guides and not passing and not told and chosen:
        follow = {name for name, _ in links if not _IMAGE_INPUT.search(name) and name not in ("clip", "vae")}
    for name, link in links:
        if name in follow or name in passing:
            yield trace.at(link), chosen or name in follow


def _part(trace: Trace, node: Node, name: str) -> Node | None:
    """The node that truly settles a part of a sampler: behind reroutes, splits and other nodes that pass it on."""
    link = trace.link(node.inputs.get(name))
    for _ in range(32):
        if link is None:
            return None
        part = trace.at(link)
        passed = next((onward for at, onward in trace.links(part) if at in (name, "", "value", "any", "input")), None)
        if passed is None or part.has("steps", "sampler_name", "noise_seed", "cfg"):
            return part
        link = passed
    return None


def _named(trace: Trace, node: Node, name: str, word: str) -> str:
    """A setting that is the node itself (`KarrasScheduler`, `SamplerEulerAncestral`)."""
    part = _part(trace, node, name)
    if part is None or word not in part.kind or part.kind in ("KSamplerSelect", "BasicScheduler"):
        return ""
    opened = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", part.kind.replace(word, ""))
    named = opened.replace("__", "_").strip("_ ").lower()
    return _CALLED.get(named, named)


def _seed(trace: Trace, parts: list[Node]) -> str:
    for part in parts:
        if part.kind != "DisableNoise":
            found = trace.value(part, "seed", "noise_seed", *(name for name in part.inputs if _SEED.search(name)))
            if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**64:
                return str(found) if found != _ANY_SEED else ""
            if isinstance(found, float) and found.is_integer() and abs(found) < 2**53:
                return str(int(found))
            if isinstance(found, str) and re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", found.strip()):
                return str(int(found.strip(), 16))
            if isinstance(found, str) and re.fullmatch(r"-?\d{1,20}", found.strip()):
                return found.strip() if found.strip() != str(_ANY_SEED) else ""
    return ""


def _denoise(trace: Trace, node: Node, parts: list[Node], steps: int | None) -> float | None:
    start, split = trace.whole(node, "start_at_step"), _behind(trace, node, "sigmas", "step")
    begun = start if start is not None else split
    if begun and steps:
        return max(0.0, round(1 - begun / steps, 4))
    return _rounded(_first(trace.number(part, "denoise", "denoise_strength") for part in parts))


def _steps(trace: Trace, part: Node) -> int | None:
    """The number of steps, told outright or by the list of sigmas they pass."""
    sigmas = part.inputs.get("sigmas")
    if isinstance(sigmas, str) and re.fullmatch(r"[\d.,;\s-]{3,5000}", sigmas):
        return max(1, len(re.findall(r"[\d.]+", sigmas)) - 1)
    return trace.whole(part, "steps", "steps_total")


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _behind(trace: Trace, node: Node, name: str, value: str) -> int | None:
    """A number on the node directly behind an input, if its second output (the later half of a split) is used."""
    link = trace.link(node.inputs.get(name))
    return trace.whole(trace.at(link), value) if link is not None and link[1] == 1 else None


def _first(values: Iterator[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
