"""How to recognise a picture that lost its metadata: a digest of its pixels, and a 256-bit hash of what it looks like.

The hash tells which of the 16 × 16 lowest frequencies of a 64 × 64 grey version are above their median (pHash, as described by
Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010). Copies that were re-encoded, scaled or
recoloured differ in a few bits; other pictures in about half; takes of one prompt lie in between, so 64 bits would not do.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 64
_KEPT = 16
_STRIP = 256
"""Rows taken at a time, so that a large picture is not copied whole."""
_FLAT = 1.0
"""Mean strength of the kept frequencies below which a picture shows nothing to go by."""

Floats = NDArray[np.float64]


def pixel_digest(image: Image.Image) -> str:
    """SHA-256 of an upright RGB or RGBA picture: equal for files that show the very same pixels."""
    digest = hashlib.sha256(f"{image.mode} {image.width}x{image.height}\n".encode())
    for top in range(0, image.height, _STRIP):
        digest.update(image.crop((0, top, image.width, min(top + _STRIP, image.height))).tobytes())
    return digest.hexdigest()


def phash(image: Image.Image) -> str:
    """64 hex digits, or empty for a picture so plain that nothing tells it from others."""
    return _hash(_spectrum(image))


def mirrored(image: Image.Image) -> str:
    """The hash of the mirror image, to find copies that were flipped left to right."""
    spectrum = _spectrum(image)
    spectrum[:, 1::2] *= -1
    return _hash(spectrum)


def both(image: Image.Image) -> tuple[str, str]:
    """(phash, mirrored), for the price of one."""
    spectrum = _spectrum(image)
    upright = _hash(spectrum)
    spectrum[:, 1::2] *= -1
    return upright, _hash(spectrum)


def distance(one: str, other: str) -> int:
    """In how many of 256 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _spectrum(image: Image.Image) -> Floats:
    """The lowest frequencies; what is transparent counts as white, as chats show it."""
    factor = max(1, min(image.size) // (4 * _SIDE))
    small = image.reduce(factor) if factor > 1 else image
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, (255, 255, 255, 255)), small)
    grey = small.convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    pixels = np.asarray(grey, dtype=np.float64)
    waves = _waves()
    spectrum: Floats = waves @ pixels @ waves.T
    return spectrum


def _hash(spectrum: Floats) -> str:
    flat = spectrum.ravel()
    if float(np.abs(flat[1:]).mean()) < _FLAT:
        return ""
    return np.packbits(flat > np.median(flat)).tobytes().hex()


@cache
def _waves() -> Floats:
    """The first rows of the orthonormal DCT-II matrix."""
    row, at = np.arange(_KEPT)[:, None], np.arange(_SIDE)[None, :]
    waves: Floats = np.cos(np.pi * row * (2 * at + 1) / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    waves[0] /= np.sqrt(2)
    return waves
