"""Follows links through nodes that carry many values in one wire (rgthree's contexts), to where each value stands."""

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
_HOPS = 64


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
