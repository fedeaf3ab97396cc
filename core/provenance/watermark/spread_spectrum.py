"""Slate's own mark: 64 bits spread over the middle frequencies of the luma, by a key that only this house has.

Spread spectrum with informed embedding (Malvar and Florêncio, "Improved Spread Spectrum", 2003): the picture, brought to
512 × 512, is taken apart into waves; each bit owns a few hundred of them, chosen by the key, and is the sign of their keyed
sum. Only the change is scaled up and added, less of it where the picture is flat, and what the picture itself says against a bit
is outweighed.
Scaling moves none of these waves, so the mark outlives it; a crop moves all, so a crop has to be laid over its original first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.provenance.seal import names
from core.provenance.watermark.interface import BITS, SIDE, MarkError

Floats = NDArray[np.float32]
_LOW, _HIGH = 24, 150
"""Waves used, in half periods along 512 pixels: below are the shades people see, above is what JPEG and scaling take away."""
_WEIGHT = 0.7
"""A picture's waves weaken about so fast with their frequency; a sum in which each counts alike is disturbed least."""
_MARGIN = 45.0
"""How far from zero each bit's sum is brought, in the spread of that sum over the waves of one bit."""
_ROUNDS = 4
LEAST_EDGE = 256


@dataclass(frozen=True)
class OwnMark:
    """Embeds and reads with one key."""

    key: bytes = field(repr=False)
    alg: str = names.MARK

    def embed(self, image: Image.Image, mark: str) -> Image.Image:
        """The picture with the mark in it. Raises MarkError where it would not hold."""
        if min(image.size) < LEAST_EDGE:
            raise MarkError(f"it is smaller than {LEAST_EDGE} pixels")
        carriers, signs = _carriers(self.key), _signs(mark)
        pixels = np.asarray(image, dtype=np.float32)
        room = _room(image)
        wave = np.zeros((SIDE, SIDE), dtype=np.float32)
        marked = image
        for _ in range(_ROUNDS):
            missing = np.maximum(0, _MARGIN - signs * carriers.sums(canonical(marked))) * signs
            if not missing.any():
                break
            wave += carriers.spread(missing)
            change = np.asarray(Image.fromarray(wave).resize(image.size, Image.Resampling.BICUBIC)) * room
            marked = Image.fromarray(np.rint(pixels + change[..., None]).clip(0, 255).astype(np.uint8))
        return marked

    def decode(self, image: Image.Image) -> str:
        """The 64 bits it reads, in hex; of a picture without a mark they are noise."""
        return _hex(_carriers(self.key).sums(canonical(image)))


@dataclass(frozen=True)
class Carriers:
    """Which waves carry which bit, and with which sign."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    bits: NDArray[np.intp]
    signs: Floats
    weights: Floats

    def sums(self, grey: Floats) -> Floats:
        """One keyed sum for each bit."""
        waves = _cosines()
        found = (waves @ grey @ waves.T)[self.rows, self.columns]
        sums: Floats = (np.bincount(self.bits, self.signs * self.weights * found, BITS) / self._norm).astype(np.float32)
        return sums

    def spread(self, missing: Floats) -> Floats:
        """The smallest change that adds so much to each bit's sum."""
        waves = _cosines()
        grid: Floats = np.zeros((_HIGH + 1, _HIGH + 1), dtype=np.float32)
        grid[self.rows, self.columns] = self.signs * (missing / self._gain)[self.bits]
        change: Floats = (waves.T @ grid @ waves).astype(np.float32)
        return change

    @property
    def _norm(self) -> Floats:
        return np.sqrt(np.bincount(self.bits, self.weights**2, BITS)).astype(np.float32)

    @property
    def _gain(self) -> Floats:
        return (np.bincount(self.bits, self.weights, BITS) / self._norm).astype(np.float32)


def canonical(image: Image.Image) -> Floats:
    """The luma at the one size at which marks are written and read."""
    small = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0).convert("L")
    return np.asarray(small, dtype=np.float32) - 128


def _room(image: Image.Image) -> Floats:
    """How much may be changed where: less where the picture is flat, more where much goes on."""
    grey = image.convert("L")
    small = grey.resize((SIDE, SIDE), Image.Resampling.BOX)
    detail = np.abs(np.asarray(small, dtype=np.float32) - np.asarray(small.filter(ImageFilter.BoxBlur(4)), dtype=np.float32))
    eighths = Image.fromarray((detail * 8).clip(0, 255).astype(np.uint8))
    busy = eighths.filter(ImageFilter.BoxBlur(6)).resize(image.size, Image.Resampling.BILINEAR)
    room: Floats = np.clip(0.35 + np.asarray(busy, dtype=np.float32) / 64, 0.35, 1.8)
    return room


@lru_cache(maxsize=4)
def _carriers(key: bytes) -> Carriers:
    """By SHAKE-256 of the key, so that another version of numpy gives the same ones."""
    rows, columns = np.indices((_HIGH + 1, _HIGH + 1))
    far = np.hypot(rows, columns)
    rows, columns = np.nonzero((far >= _LOW) & (far <= _HIGH))
    count = len(rows)
    drawn = np.frombuffer(hashlib.shake_256(b"slate mark 64.1" + key).digest(8 * count), dtype="<u8")
    bits = np.empty(count, dtype=np.intp)
    bits[np.argsort(drawn, kind="stable")] = np.arange(count) % BITS
    signs = np.where(drawn & 1, 1, -1).astype(np.float32)
    weights = (np.hypot(rows, columns) / _LOW).astype(np.float32) ** np.float32(_WEIGHT)
    return Carriers(rows, columns, bits, signs, weights)


@lru_cache(maxsize=1)
def _cosines() -> Floats:
    """The first rows of the orthonormal DCT-II matrix."""
    row, at = np.arange(_HIGH + 1)[:, None], np.arange(SIDE)[None, :]
    waves: NDArray[np.float64] = np.cos(np.pi * row * (2 * at + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE)
    waves[0] /= np.sqrt(2)
    narrow: Floats = waves.astype(np.float32)
    return narrow


def _signs(mark: str) -> Floats:
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(mark), dtype=np.uint8))
    return bits.astype(np.float32) * 2 - 1


def _hex(sums: Floats) -> str:
    return np.packbits(sums > 0).tobytes().hex()
