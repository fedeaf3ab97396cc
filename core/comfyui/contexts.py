"""Follows links through nodes that carry many values in one wire (rgthree's contexts, Impact's pipes), to where each stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Link = tuple[str, int]
_NAMES = (
    *("base_ctx", "model", "clip", "vae", "positive", "negative", "latent", "images", "seed", "steps", "step_refiner", "cfg"),
    *("ckpt_name", "sampler", "scheduler", "clip_width", "clip_height", "text_pos_g", "text_pos_l", "text_neg_g", "text_neg_l"),
    *("mask", "control_net"),
)
"""What each output of a context brings, which are the names of its inputs too."""
_CONTEXT = re.compile(r"^context\b.*\(rgthree\)$", re.IGNORECASE)
_WIRE = re.compile(r"^(base_ctx|ctx_\d+)$")
_PIPE, _IN_A_PIPE = "basic_pipe", ("model", "clip", "vae", "positive", "negative")
_HOPS = 64


def edited(
    nodes: Mapping[str, tuple[str, Mapping[str, Any]]], link: Callable[[object], Link | None]
) -> dict[str, dict[str, Any]]:
    """The inputs of nodes that change a pipe (by id), with those they leave as they were; the pipe itself is left out."""
    found: dict[str, dict[str, Any]] = {}
    for here, (kind, inputs) in nodes.items():
        if not kind.startswith("Edit") or _PIPE not in inputs:
            continue
        merged, at, seen = dict(inputs), link(inputs[_PIPE]), {here}
        while at is not None and at[0] not in seen and len(seen) < _HOPS:
            seen.add(at[0])
            before = nodes[at[0]][1]
            merged = {name: before[name] for name in _IN_A_PIPE if name in before} | merged
            at = link(before.get(_PIPE))
        if set(_IN_A_PIPE) <= merged.keys():
            found[here] = {name: value for name, value in merged.items() if name != _PIPE}
    return found


def is_context(kind: str) -> bool:
    """Whether nodes of a kind carry a context.

    >>> is_context("Context Switch Big (rgthree)"), is_context("ContextLoader")
    (True, False)
    """
    return len(kind) < 60 and _CONTEXT.match(kind) is not None


def settled(
    contexts: Mapping[str, tuple[str, Mapping[str, Any]]], link: Callable[[object], Link | None]
) -> Callable[[object], object]:
    """What an input brings, given the contexts of a graph (id to kind and inputs): the value behind one, else the same."""

    def behind(value: object) -> object:
        at = link(value)
        if at is None or at[0] not in contexts or not 0 < at[1] < len(_NAMES):
            return value
        name, here = _NAMES[at[1]], at[0]
        waiting, seen = [here], set[str]()
        while waiting and len(seen) < _HOPS:
            here = waiting.pop()
            if here in seen:
                continue
            seen.add(here)
            kind, inputs = contexts[here]
            if inputs.get(name) is not None:
                return behind(inputs[name]) if link(inputs[name]) != at else value
            wires = sorted((one for one in inputs if _WIRE.match(one)), reverse="merge" not in kind.lower())
            further = [onward[0] for one in wires if (onward := link(inputs[one])) is not None]
            waiting += [one for one in further if one in contexts]
        return value

    return behind
