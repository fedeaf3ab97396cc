"""Stand-in pictures: not diffusion, but honest functions of the graph's own inputs; the same inputs give the same pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from hooks.simulator.palette import ramp
from hooks.simulator.values import Control, Frame, Grey, digest


@dataclass(frozen=True)
class Recipe:
    """All that a painted picture depends on, besides its size and the pictures that went in."""

    prompt: str
    negative: str
    seed: int
    model: str
    layers: tuple[tuple[str, float], ...] = ()
    settings: str = ""
    index: int = 0

    def random(self) -> np.random.Generator:
        mark = digest(self.prompt, self.negative, self.seed, self.model, self.layers, self.settings, self.index)
        return np.random.default_rng(int.from_bytes(mark[:16], "big"))

    @property
    def turn(self) -> float:
        """How far the layers (LoRAs) shift the colours, by name and strength."""
        return sum((digest("layer", name)[0] / 256 - 0.5) * min(2.0, abs(strength)) * 0.5 for name, strength in self.layers)


def paint(width: int, height: int, recipe: Recipe, controls: Sequence[Control] = ()) -> Frame:
    """One picture of that size; the pictures in `controls` show through as light and shade."""
    random = recipe.random()
    colours = ramp(recipe.prompt, recipe.turn)
    field = _sky(width, height, random)
    _hills(field, random)
    _light(field, random)
    for control in controls:
        _steer(field, control)
    np.clip(field, 0.0, 1.0, out=field)
    table = np.clip(colours, 0, 255).astype(np.uint8)
    return table[(field * (len(table) - 1)).astype(np.int16)]


def _noise(random: np.random.Generator, width: int, height: int, cells: int) -> Grey:
    """Smooth noise around 0 with about `cells` bumps along the longer side."""
    longer = max(width, height)
    grid = random.random(
        (max(2, round(cells * height / longer) + 1), max(2, round(cells * width / longer) + 1)), dtype=np.float32
    )
    return np.asarray(resized_grey(grid - 0.5, width, height))


def _sky(width: int, height: int, random: np.random.Generator) -> Grey:
    """The ground of the picture, worked out small and enlarged, because it is smooth."""
    small_w, small_h = max(8, min(width, 160)), max(8, min(height, round(160 * height / width), 160))
    down = np.linspace(0.0, 1.0, small_h, dtype=np.float32)[:, None]
    along = np.linspace(-1.0, 1.0, small_w, dtype=np.float32)[None, :]
    slope = 0.82 - 0.5 * down + random.uniform(-0.12, 0.12) * along
    clouds = sum(_noise(random, small_w, small_h, cells) / weight for cells, weight in ((3, 2.2), (7, 3.5), (15, 6.0)))
    warp = 0.05 * np.sin((down * random.uniform(4, 11) + clouds * 6 + along * 2) * np.pi)
    return resized_grey((slope + clouds + warp).astype(np.float32), width, height)


def _hills(field: Grey, random: np.random.Generator) -> None:
    """A few ridges, each nearer one darker, across the lower part."""
    height, width = field.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    layers = int(random.integers(2, 5))
    top = random.uniform(0.42, 0.62)
    for layer in range(layers):
        share = (layer + 1) / layers
        ridge = _noise(random, width, 2, 3 + 4 * layer)[0] * (0.34 - 0.12 * share) + top + (0.92 - top) * share * 0.75
        mask = np.clip(rows - (ridge * height)[None, :], 0.0, 1.5) / 1.5
        start = max(0, int((ridge.min() * height) - 1))
        tone = 0.46 - 0.36 * share
        part = field[start:]
        part += mask[start:] * (tone - part * (1 - 0.18))


def _light(field: Grey, random: np.random.Generator) -> None:
    """A sun, a moon or a few lamps: soft discs."""
    height, width = field.shape
    for _ in range(int(random.integers(1, 4))):
        radius = random.uniform(0.04, 0.13) * min(width, height)
        x, y = random.uniform(0.12, 0.88) * width, random.uniform(0.10, 0.5) * height
        left, right = max(0, int(x - 2 * radius)), min(width, int(x + 2 * radius) + 1)
        upper, lower = max(0, int(y - 2 * radius)), min(height, int(y + 2 * radius) + 1)
        dx = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
        dy = np.arange(upper, lower, dtype=np.float32)[:, None] - np.float32(y)
        far = np.sqrt(dx * dx + dy * dy) / np.float32(radius)
        disc = np.clip((1.0 - far) * radius / 2, 0.0, 1.0)
        glow = np.clip(1.0 - far / 2, 0.0, 1.0) ** 2 * 0.28
        part = field[upper:lower, left:right]
        part += glow + disc * (0.93 - part - glow)


def _steer(field: Grey, control: Control) -> None:
    """Lays the control picture's light over the field: near is light, far is dark, and edges are drawn."""
    height, width = field.shape
    seen = resized_grey(luminance(control.picture), width, height)
    force = float(np.clip(control.strength, 0.0, 1.0)) * 0.8
    edges = np.zeros_like(field)
    edges[:-1, :] += np.abs(np.diff(seen, axis=0))
    edges[:, :-1] += np.abs(np.diff(seen, axis=1))
    field *= 1 - force
    field += force * (0.12 + 0.72 * seen) - min(1.0, force * 1.2) * np.clip(edges * 1.5, 0.0, 0.3)


def luminance(frame: Frame) -> Grey:
    """Rec. 601 luma, 0 to 1."""
    return np.asarray(Image.fromarray(frame).convert("L"), dtype=np.float32) / np.float32(255)


def resized_grey(values: Grey, width: int, height: int) -> Grey:
    if values.shape == (height, width):
        return values
    return np.array(Image.fromarray(values, "F").resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def blended(base: Frame, painted: Frame, share: float, mask: Grey | None = None) -> Frame:
    """`share` of the painted picture over the base, inside the mask (1 is inside) if there is one."""
    if mask is None:
        return np.asarray(Image.blend(Image.fromarray(base), Image.fromarray(painted), float(np.clip(share, 0.0, 1.0))))
    where = Image.fromarray((np.clip(mask * share, 0, 1) * 255).astype(np.uint8))
    return np.asarray(Image.composite(Image.fromarray(painted), Image.fromarray(base), where))
