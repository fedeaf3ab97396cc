"""Colours for a prompt: from the colour words in it, else from the prompt's own digest."""

from __future__ import annotations

import colorsys
import re

import numpy as np
import numpy.typing as npt

from hooks.simulator.values import digest

HUES = {
    0: "red crimson ruby fire lava blood rose poppy tomato brick",
    20: "rust copper terracotta autumn clay fox leather wood whisky",
    35: "orange amber sunset dusk dawn desert sand honey bronze warm candle",
    48: "gold golden yellow sun sunny lemon wheat straw brass",
    95: "green lime moss forest leaf jungle meadow olive grass frog",
    150: "emerald jade mint pine fern",
    178: "teal turquoise aqua lagoon glacier ice",
    200: "cyan sky sea ocean water lake rain river coast lighthouse harbour",
    222: "blue navy night midnight sapphire denim cold winter moon storm",
    262: "purple violet lavender dream galaxy space nebula neon",
    318: "magenta pink blossom cherry orchid candy flamingo",
}  # fmt: skip
WORD_HUE = {word: hue for hue, words in HUES.items() for word in words.split()}
GREY_WORDS = frozenset(
    [
        "black",
        "white",
        "grey",
        "gray",
        "monochrome",
        "noir",
        "silver",
        "fog",
        "mist",
        "concrete",
        "steel",
        "chrome",
        "ink",
        "charcoal",
        "snow",
    ]
)

Ramp = npt.NDArray[np.float32]
"""1024 colours from dark to light, 0 to 255."""


def ramp(prompt: str, turn: float = 0.0) -> Ramp:
    """The prompt's colours as a ramp; `turn` (in whole circles) is how far the models laid on top shift the hues."""
    words = re.findall(r"\w+", prompt.lower())
    mark = digest("palette", prompt)
    hues = [WORD_HUE[word] / 360 for word in words if word in WORD_HUE] or [mark[0] / 256]
    grey = 0.35 if GREY_WORDS.intersection(words) else 1.0
    first, last = hues[0] + turn, hues[-1] + turn + (0.08 if len(set(hues)) == 1 else 0.0)
    accent = first + 0.5 + (mark[1] - 128) / 1500
    stops = [
        _colour(first + 0.03, 0.75 * grey, 0.10),
        _colour(first, 0.72 * grey, 0.30),
        _colour(_between(first, last), 0.62 * grey, 0.55),
        _colour(last, 0.50 * grey, 0.80),
        _colour(accent, 0.28 * grey, 0.96),
    ]
    at = np.linspace(0, 1, len(stops))
    line = np.linspace(0, 1, 1024)
    return np.stack([np.interp(line, at, [stop[c] for stop in stops]) for c in range(3)], axis=1).astype(np.float32)


def _colour(hue: float, saturation: float, value: float) -> tuple[float, ...]:
    return tuple(255 * part for part in colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


def _between(one: float, other: float) -> float:
    """The hue half way along the shorter arc."""
    return one + (((other - one + 0.5) % 1.0) - 0.5) / 2
