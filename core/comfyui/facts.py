"""What a ComfyUI graph says about the picture it made, found by following links from the outputs, never by the first KSampler."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from core.comfyui import sampling, techniques, weights
from core.comfyui.sampling import Sampling
from core.comfyui.trace import Node, Trace
from core.comfyui.weights import ModelUse
from core.security.sandbox import sandboxed

__all__ = ["Facts", "ModelUse", "Sampling", "output_named", "read"]

PARSER = 5
"""Grows when reading gets better, so that what was read before can be read again."""


@dataclass(frozen=True)
class Facts:
    """What is known of how a picture was made. What is not known is empty or None; a seed is decimal text.

    Seed, sampler, steps, cfg and denoise are those of the first pass that words guided, the one that made the picture; `passes`
    has all of them. Width and height are of the latent or picture that the first pass started from, not of the file.
    """

    prompt: str = ""
    negative: str = ""
    seed: str = ""
    sampler: str = ""
    scheduler: str = ""
    steps: int | None = None
    cfg: float | None = None
    denoise: float | None = None
    width: int | None = None
    height: int | None = None
    batch: int | None = None
    models: tuple[ModelUse, ...] = ()
    techniques: tuple[str, ...] = ()
    pictures_in: tuple[str, ...] = ()
    generator: str = ""
    """The program that made it, as docs/reading.md lists them, or as a program unknown to it calls itself."""
    passes: tuple[Sampling, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON; `Facts.of` reads them back."""
        lists = {"techniques": list(self.techniques), "pictures_in": list(self.pictures_in), "parser": PARSER}
        return vars(self) | {name: [dict(vars(one)) for one in getattr(self, name)] for name in ("models", "passes")} | lists

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Facts:
        """The facts behind `as_dict()`; unknown keys are ignored."""
        known = {name: plain[name] for name in cls.__dataclass_fields__ if name in plain}
        known["models"] = tuple(ModelUse(**model) for model in known.get("models", ()))
        known["passes"] = tuple(Sampling(**one) for one in known.get("passes", ()))
        return cls(**known | {name: tuple(known.get(name, ())) for name in ("techniques", "pictures_in")})

    @classmethod
    def of_passes(cls, passes: Sequence[Sampling], *, main: int = 0, **known: Any) -> Facts:
        """Facts with the settings of one of the passes as their own; `known` are the others, by name."""
        step = passes[main]
        own = {name: getattr(step, name) for name in ("seed", "sampler", "scheduler", "steps", "cfg", "denoise")}
        return cls(**own | known, passes=tuple(passes))

    def with_techniques(self, *words: str) -> Facts:
        """The same with these techniques too."""
        every = {*self.techniques, *words}
        return replace(self, techniques=tuple(word for word in techniques.WORDS if word in every))


@sandboxed
def read(graph: Mapping[str, Any], *, node: str = "") -> Facts:
    """The facts of the picture that `node` saved, or of all the graph saves. Any graph will do; what it hides stays empty."""
    return read_traced(Trace(graph), node=node)


@sandboxed
def samples(graph: Mapping[str, Any]) -> bool:
    """Whether a model turns noise into what the graph saves."""
    trace = Trace(graph)
    return any(map(sampling.is_sampler, trace.upstream(trace.outputs())))


def read_traced(trace: Trace, *, node: str = "") -> Facts:
    """The same of a graph that was made ready for walking."""
    outputs = trace.outputs(node)
    samplers = sampling.passes(trace, outputs) or _cut_off(trace, outputs)
    nodes = trace.upstream([*samplers, *outputs])
    models = weights.used(trace, nodes)
    if samplers and not any(use.kind in weights.MAIN for use in models):
        models = (*_only_main(trace), *models)
    facts = _sampled(trace, samplers) if samplers else _unsampled(trace, nodes)
    return replace(
        facts, models=models, techniques=techniques.read(trace, outputs, models), pictures_in=techniques.pictures_in(nodes)
    )


def _cut_off(trace: Trace, outputs: list[Node]) -> list[Node]:
    """The samplers of a graph whose one saver lost its way to them, by a link to nowhere or a node without inputs."""
    if len(outputs) != 1 or any(map(techniques.brings_picture, trace.upstream(outputs))):
        return []
    broken = any(not node.inputs or _dangles(trace, node) for node in trace.upstream(outputs))
    return [node for node in trace.nodes.values() if sampling.is_sampler(node)][:8] if broken else []


def _dangles(trace: Trace, node: Node) -> bool:
    values = node.inputs.values()
    return any(isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and trace.link(one) is None for one in values)


def _only_main(trace: Trace) -> tuple[ModelUse, ...]:
    """The one checkpoint of a graph in which the way to it is lost, by a link to nowhere."""
    every = weights.used(trace, list(trace.nodes.values())[:2_000])
    main = [use for use in every if use.kind in weights.MAIN]
    return tuple(main) if len(main) == 1 else ()


def output_named(graph: Mapping[str, Any], filename: str) -> str:
    """The one node whose `filename_prefix` fits a file's name, or empty: which of several outputs a file is."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    inputs = {key: node.get("inputs") for key, node in graph.items() if isinstance(node, dict)}
    prefixes = {
        key: PurePosixPath(str(asked["filename_prefix"])).name
        for key, asked in inputs.items()
        if isinstance(asked, dict) and "filename_prefix" in asked
    }
    fitting = [node_id for node_id, prefix in prefixes.items() if prefix and name.startswith(prefix + "_")]
    return fitting[0] if len(fitting) == 1 else ""


@sandboxed
def digests_in(graph: Mapping[str, Any], *, node: str = "") -> dict[str, str]:
    """File name -> SHA-256 of the files that the picture was made from, where ComfyUI noted it (`is_changed`)."""
    trace = Trace(graph)
    found: dict[str, str] = {}
    for one in trace.upstream(trace.outputs(node)):
        raw = graph.get(one.id)
        noted = raw.get("is_changed") if isinstance(raw, Mapping) else None
        digest = noted[0] if isinstance(noted, list) and len(noted) == 1 else noted
        names = techniques.pictures_in([one])
        if names and isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest):
            found[names[0]] = digest
    return found


def _sampled(trace: Trace, samplers: list[Node]) -> Facts:
    passes = tuple(sampling.read_pass(trace, node) for node in samplers[:64])
    prompts = [sampling.prompt(trace, node, negative=False) for node in samplers[:8]]
    guided = next((at for at, text in enumerate(prompts) if text), 0)
    prompt = prompts[guided]
    negatives = (sampling.prompt(trace, node, negative=True) for node in samplers[:8])
    negative = next((text for text in negatives if text), "")
    width, height, batch = sampling.size(trace, samplers[guided])
    return Facts.of_passes(
        passes,
        main=guided,
        prompt=prompt,
        negative="" if negative == prompt else negative,
        seed=passes[guided].seed or next((one.seed for one in passes if one.seed), ""),
        width=width,
        height=height,
        batch=batch,
    )


def _unsampled(trace: Trace, nodes: list[Node]) -> Facts:
    """A graph without a sampler (a service's node, an upscale, a filter): what its nodes say of prompt, seed and size."""
    asked = [node for node in nodes if trace.text_keys(node) and not node.has("filename_prefix")]
    sized = [size for node in nodes if (size := (trace.whole(node, "width"), trace.whole(node, "height"))) != (None, None)]
    seeded = [node for node in nodes if any("seed" in name for name in node.inputs)][:64]
    seeds = [one.seed for node in seeded if (one := sampling.read_pass(trace, node)).seed]
    sized = sized or [told for node in nodes if (told := sampling.told_size(trace, node)) is not None]
    width, height = sized[0] if sized else (None, None)
    last = next((node for node in reversed(nodes) if trace.link(node.inputs.get("positive"))), asked[-1] if asked else None)
    return Facts(
        prompt=sampling.prompt(trace, last, negative=False) if last else "",
        negative=sampling.prompt(trace, last, negative=True) if last else "",
        seed=seeds[-1] if seeds else "",
        cfg=trace.number(last, "cfg_scale", "cfg") if last else None,
        width=width,
        height=height,
    )
