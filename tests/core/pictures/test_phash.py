"""Copies of a picture stay near it, other pictures do not, and other takes of the same scene lie in between."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageOps

from core.pictures import phash
from tests.pictures import encoded, scene


def _again(image: Image.Image, kind: str, **options: int) -> Image.Image:
    with Image.open(io.BytesIO(encoded(image, kind, **options))) as opened:
        opened.load()
        return opened.convert("RGB")


def _scaled(image: Image.Image, share: float) -> Image.Image:
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BICUBIC)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg 60": lambda image: _again(image, "JPEG", quality=60),
    "webp 80": lambda image: _again(image, "WEBP", quality=80),
    "half the size": lambda image: _scaled(image, 0.5),
    "a quarter of the size": lambda image: _scaled(image, 0.25),
    "a chat preview": lambda image: _again(_scaled(image, 0.55), "WEBP", quality=70),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "with an alpha channel": lambda image: image.convert("RGBA"),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("number", range(6))
def test_a_copy_stays_within_twelve_bits(number: int, change: Callable[[Image.Image], Image.Image]) -> None:
    image = scene(number, 1000, 750, take=1)

    assert phash.distance(phash.phash(image), phash.phash(change(image))) <= 12


def test_other_pictures_are_far_away() -> None:
    hashes = [phash.phash(scene(number)) for number in range(20)]
    distances = [phash.distance(one, other) for at, one in enumerate(hashes) for other in hashes[:at]]

    assert min(distances) > 60


def test_the_mirrored_hash_is_that_of_the_mirror_image() -> None:
    image = scene(3, 640, 480)

    assert phash.distance(phash.mirrored(image), phash.phash(ImageOps.mirror(image))) <= 4
    assert phash.distance(phash.phash(image), phash.phash(ImageOps.mirror(image))) > 60


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (1, 5000), (64, 64)])
def test_a_plain_picture_has_nothing_to_go_by(size: tuple[int, int]) -> None:
    assert phash.phash(Image.new("RGB", size, (40, 90, 200))) == ""


def test_the_same_pixels_have_one_digest_and_any_other_pixel_changes_it() -> None:
    image = scene(4)
    other = image.copy()
    other.putpixel((0, 0), (1, 2, 3))

    assert phash.pixel_digest(image) == phash.pixel_digest(_again(image, "PNG"))
    assert phash.pixel_digest(image) != phash.pixel_digest(other)
    assert phash.pixel_digest(image) != phash.pixel_digest(image.transpose(Image.Transpose.ROTATE_90))
