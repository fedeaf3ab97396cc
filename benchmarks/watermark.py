"""Slate's own mark: how little is seen of it, what it outlives, and how often a picture without it is taken for one with it.

    python -m benchmarks.watermark [--pictures 24] [--unmarked 400] [--folder PHOTOS]

Pictures are those of benchmarks/recognition.py, made up; or with `--folder` all PNG and JPEG pictures in it, at 1024 pixels. Each
is marked with an id of its own, changed, and read: as it is, and where that fails laid over its preview (in place). A mark counts
as read from 54 of 64 bits on. Unmarked pictures are read against random ids, and in place against those of marked siblings.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from benchmarks.recognition import picture
from benchmarks.stage import percentile
from core.pictures import align
from core.pictures.keypoints import grey_of, keypoints
from core.provenance.watermark.apply import is_flat
from core.provenance.watermark.interface import PROVES, agreeing
from core.provenance.watermark.realign import aligned
from core.provenance.watermark.spread_spectrum import OwnMark

MARK = OwnMark(b"the key of a benchmark")
FIRST = 9_000
Change = Callable[[Image.Image], Image.Image]


def saved(kind: str, quality: int) -> Change:
    def change(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, kind, quality=quality)
        return Image.open(file).convert("RGB")

    return change


def scaled(share: float) -> Change:
    return lambda image: image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.LANCZOS)


def cropped(share: float) -> Change:
    """A share of width and of height cut away, more of it at the left and at the bottom."""

    def change(image: Image.Image) -> Image.Image:
        left, top = round(image.width * share * 0.7), round(image.height * share * 0.3)
        return image.crop((left, top, left + round(image.width * (1 - share)), top + round(image.height * (1 - share))))

    return change


def recoloured(image: Image.Image) -> Image.Image:
    return ImageEnhance.Color(ImageEnhance.Brightness(image).enhance(1.15)).enhance(1.3)


def together(*changes: Change) -> Change:
    def change(image: Image.Image) -> Image.Image:
        for one in changes:
            image = one(image)
        return image

    return change


CHANGES: dict[str, Change] = {
    "as it is": lambda image: image,
    "JPEG 90": saved("JPEG", 90),
    "JPEG 75": saved("JPEG", 75),
    "JPEG 60": saved("JPEG", 60),
    "JPEG 30": saved("JPEG", 30),
    "WebP 80": saved("WEBP", 80),
    "scaled to 50 %": scaled(0.5),
    "scaled to 25 %": scaled(0.25),
    "scaled to 10 %": scaled(0.1),
    "brighter, more colour": recoloured,
    "grey": lambda image: image.convert("L").convert("RGB"),
    "blurred, 3 pixels": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
    "550 pixels, WebP 80": together(lambda image: scaled(550 / max(image.size))(image), saved("WEBP", 80)),
    "cropped by 5 %": cropped(0.05),
    "cropped by 5 %, half, JPEG 60": together(cropped(0.05), scaled(0.5), saved("JPEG", 60)),
    "cropped by 25 %": cropped(0.25),
    "cropped by 50 %": cropped(0.5),
    "tilted by 1 degree": lambda image: image.rotate(1, Image.Resampling.BICUBIC),
    "tilted by 10 degrees": lambda image: image.rotate(10, Image.Resampling.BICUBIC),
    "mirrored, not told": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=int, default=24)
    options.add_argument("--unmarked", type=int, default=400)
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    originals = list(_photos(chosen.folder) if chosen.folder else (picture(FIRST + n) for n in range(chosen.pictures)))
    dice = random.Random(5)
    marked = [(image, f"{dice.getrandbits(64):016x}") for image in originals]
    _quality(marked)
    _survival([(MARK.embed(image, ident), ident) for image, ident in marked])
    _unmarked(originals, chosen.unmarked)


def _photos(folder: Path) -> Iterator[Image.Image]:
    for path in sorted([*folder.rglob("*.png"), *folder.rglob("*.jpg")]):
        with Image.open(path) as image:
            shown = image.convert("RGB")
        shown = scaled(1024 / max(shown.size))(shown)
        if not is_flat(shown) and min(shown.size) >= 256:
            yield shown


def _quality(pairs: list[tuple[Image.Image, str]]) -> None:
    strength, likeness, seconds, reading = [], [], [], []
    for image, ident in pairs:
        begun = time.perf_counter()
        made = MARK.embed(image, ident)
        seconds.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        MARK.decode(made)
        reading.append(time.perf_counter() - begun)
        one, other = (np.asarray(shown, dtype=np.float64) for shown in (image, made))
        strength.append(float(10 * np.log10(255**2 / np.square(one - other).mean())))
        likeness.append(_ssim(image, made))
    print(f"{len(pairs)} pictures: PSNR mean {np.mean(strength):.1f} dB, least {min(strength):.1f}; ", end="")
    print(f"SSIM mean {np.mean(likeness):.4f}, least {min(likeness):.4f}")
    print(f"marking {1000 * percentile(seconds, 50):.0f} ms, reading {1000 * percentile(reading, 50):.0f} ms (median)")


def _survival(pairs: list[tuple[Image.Image, str]]) -> None:
    print("\n| | read as it is | read in place | fewest bits |\n|---|---|---|---|")
    for name, change in CHANGES.items():
        plain, best = [], []
        for made, ident in pairs:
            copy = change(made)
            bits = agreeing(MARK.decode(copy), ident)
            plain.append(bits)
            best.append(bits if bits >= PROVES else max(bits, _placed(copy, made, ident)))
        shares = (sum(bits >= PROVES for bits in found) / len(found) for found in (plain, best))
        print(f"| {name} | {' | '.join(f'{share:.0%}' for share in shares)} | {min(best)} |", flush=True)


def _placed(copy: Image.Image, made: Image.Image, ident: str) -> int:
    still = saved("JPEG", 88)(made)
    one, other = grey_of(copy), grey_of(still)
    places = [*align.matched(keypoints(one, 400), keypoints(other, 400)), align.whole(one, other)]
    over = align.lay_over(one, other, places[0])
    found = aligned(copy, still, over.matrix) if over is not None else None
    return agreeing(MARK.decode(found), ident) if found is not None else 0


def _unmarked(originals: list[Image.Image], count: int) -> None:
    dice = random.Random(6)
    reads = [MARK.decode(image) for image in originals]
    ids = [f"{dice.getrandbits(64):016x}" for _ in range(count)]
    bits = [agreeing(read, ident) for read in reads for ident in ids]
    print(
        f"\nunmarked against {count} random ids each: {len(bits)} pairs, most {max(bits)}, read {sum(b >= PROVES for b in bits)}"
    )
    placed = []
    for image in originals[:12]:
        ident = f"{dice.getrandbits(64):016x}"
        placed.append(_placed(cropped(0.05)(image), MARK.embed(image, ident), ident))
    print(f"unmarked, cropped, laid over the same picture marked: most {max(placed)} of 64 bits ({len(placed)} pairs)")


def _ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of the luma in windows of 7 × 7 (Wang and others, 2004)."""
    x, y = (np.asarray(image.convert("L"), dtype=np.float64) for image in (one, other))
    mean_x, mean_y = _means(x), _means(y)
    var_x, var_y, both = _means(x * x) - mean_x**2, _means(y * y) - mean_y**2, _means(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mean_x * mean_y + c1) * (2 * both + c2)) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean())


def _means(values: NDArray[np.float64], side: int = 7) -> NDArray[np.float64]:
    sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    found: NDArray[np.float64] = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return found / side**2


if __name__ == "__main__":
    main()
