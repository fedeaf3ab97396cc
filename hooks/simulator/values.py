"""What flows along the links of a simulated graph: models, conditioning, latents, pictures, masks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]
"""One picture: height x width x 3, sRGB."""
Grey = npt.NDArray[np.float32]
"""One channel: height x width, 0 to 1."""


@dataclass(frozen=True)
class Weights:
    """A model, a text encoder or a VAE: a file, and what was laid on top of it, each with its strength."""

    file: str
    layers: tuple[tuple[str, float], ...] = ()

    def plus(self, name: str, strength: float) -> Weights:
        return Weights(self.file, (*self.layers, (name, strength))) if strength else self


@dataclass(frozen=True)
class Control:
    """A picture that steers, through a ControlNet, as strongly as said."""

    net: str
    picture: Frame
    strength: float


@dataclass(frozen=True)
class Conditioning:
    texts: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    clip: Weights = field(default_factory=lambda: Weights(""))

    @property
    def text(self) -> str:
        return ", ".join(text for text in self.texts if text.strip())


@dataclass(frozen=True)
class Latent:
    """A size and, once something was painted or encoded, the pictures; `mask` marks what may change (1) in inpainting."""

    width: int
    height: int
    batch: int = 1
    frames: tuple[Frame, ...] = ()
    mask: Grey | None = None
    caption: str = ""


@dataclass(frozen=True)
class Pictures:
    """A batch of equally large pictures and the prompt that led to them."""

    frames: tuple[Frame, ...]
    caption: str = ""

    @property
    def width(self) -> int:
        return int(self.frames[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.frames[0].shape[0])


def digest(*parts: object) -> bytes:
    """32 bytes that stand for the parts."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass")).digest()
