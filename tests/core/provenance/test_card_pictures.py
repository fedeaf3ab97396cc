"""Pictures on the card: every kind a file can be, upright, whole and in its colours, or a placeholder; never a crash."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image, ImageCms

from core.provenance.card.picture import flattened, opened, size_of
from tests.core.card_parts import file, picture, read, scene

ROOM = (600, 600)
SMALL = scene(60, 40)


def shown(data: bytes) -> Image.Image:
    found = opened(data, ROOM)
    assert found is not None
    return found.image


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int], off: int = 12) -> bool:
    found = image.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(a - b) <= off for a, b in zip(found, colour, strict=True))


def corners(red: bool = True) -> Image.Image:
    """30 x 20, its top left corner marked."""
    image = Image.new("RGB", (300, 200), (240, 240, 240))
    image.paste((220, 20, 20) if red else (20, 20, 220), (0, 0, 60, 60))
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_each_format_is_shown(kind: str) -> None:
    image = shown(file(corners(), kind))
    assert image.size == (300, 200)
    assert near(image, (20, 20), (220, 20, 20), 30)
    assert near(image, (250, 150), (240, 240, 240), 30)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_stands_upright(orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose values that turn it as a camera would have
    stored = corners().transpose(Image.Transpose(undo[orientation])) if orientation in undo else corners()
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file(stored, "JPEG", exif=exif, quality=95)
    assert size_of(data) == (300, 200)
    assert near(shown(data), (20, 20), (220, 20, 20), 30)


def test_sixteen_bits_become_eight() -> None:
    ramp = np.linspace(0, 65535, 256 * 4, dtype=np.uint16).reshape(4, 256)
    image = shown(file(Image.fromarray(ramp)))
    assert near(image, (0, 0), (0, 0, 0), 2)
    assert near(image, (image.width - 1, image.height - 1), (255, 255, 255), 2)


def test_floating_point_is_stretched_to_what_can_be_seen() -> None:
    values = np.array([[0.0, 0.5], [1.0, np.nan]], dtype=np.float32)
    image = shown(file(Image.fromarray(values), "TIFF"))
    assert near(image, (10, image.height - 10), (255, 255, 255), 2)


def test_print_colours_become_screen_colours() -> None:
    image = shown(file(Image.new("CMYK", (50, 50), (0, 255, 255, 0)), "JPEG", quality=95))
    assert image.mode == "RGB"
    assert near(image, (25, 25), (255, 0, 0), 40)


def test_a_palette_with_a_see_through_colour_shows_the_checkerboard() -> None:
    image = Image.new("P", (48, 48))
    image.putpalette([0, 0, 0, 250, 10, 10])
    image.paste(1, (0, 0, 24, 48))
    found = shown(file(image, "PNG", transparency=0))
    flat = flattened(found, (255, 255, 255), (200, 200, 200), square=12)
    assert near(flat, (5, 5), (250, 10, 10), 2)
    right = {flat.getpixel((x, 5)) for x in range(found.width // 2 + 2, found.width)}
    assert right == {(255, 255, 255), (200, 200, 200)}


def test_half_see_through_lets_the_ground_through() -> None:
    flat = flattened(shown(file(Image.new("RGBA", (400, 400), (255, 0, 0, 128)))), (255, 255, 255), (255, 255, 255))
    assert near(flat, (9, 9), (255, 127, 127), 2)


def test_a_colour_profile_is_followed() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert shown(file(SMALL, icc_profile=lab)).getpixel((5, 5)) == shown(file(SMALL)).getpixel((5, 5))


def test_a_broken_colour_profile_changes_nothing() -> None:
    assert shown(file(SMALL, icc_profile=b"broken" * 50)).tobytes() == shown(file(SMALL)).tobytes()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_shows_its_first_frame_and_says_so(kind: str) -> None:
    data = file(corners(), kind, save_all=True, append_images=[corners(red=False)] * 3, duration=100)
    found = opened(data, ROOM)
    assert found is not None
    assert found.frames >= 2
    assert near(found.image, (20, 20), (220, 20, 20), 30)


def test_a_tiny_picture_is_enlarged_by_a_whole_number_and_stays_sharp() -> None:
    found = opened(file(Image.new("RGB", (8, 8), "red")), ROOM)
    assert found is not None
    assert (found.width, found.height, found.scale, found.image.size) == (8, 8, 40, (320, 320))
    assert found.image.getcolors() == [(320 * 320, (255, 0, 0))]


@pytest.mark.parametrize(
    ("size", "fits"), [((8000, 200), (600, 15)), ((200, 8000), (15, 600)), ((1200, 1200), (600, 600)), ((500, 400), (500, 400))]
)
def test_a_large_picture_is_shrunk_whole(size: tuple[int, int], fits: tuple[int, int]) -> None:
    assert shown(picture(*size)).size == fits


def test_both_ends_of_a_very_wide_picture_are_seen() -> None:
    image = Image.new("RGB", (8000, 200), "white")
    image.paste((255, 0, 0), (0, 0, 400, 200))
    image.paste((0, 0, 255), (7600, 0, 8000, 200))
    small = shown(file(image))
    assert near(small, (5, 7), (255, 0, 0))
    assert near(small, (594, 7), (0, 0, 255))


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises far more than it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "data",
    [
        *(
            None,
            b"",
            b"x",
            b"\x89PNG\r\n\x1a\n",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ),
        *(bomb(30_000, 30_000), bomb(2**31 - 1, 2**31 - 1), bomb(0, 5), bomb(200, 200), picture(64, 64)[:80]),
    ],
)
def test_what_cannot_be_shown_is_no_picture(data: bytes | None) -> None:
    assert opened(data, ROOM) is None


FILES = {kind: file(scene(40, 30), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP")}


@given(
    kind=some.sampled_from(sorted(FILES)),
    cut=some.integers(0, 4000),
    changes=some.lists(some.tuples(some.integers(0, 4000), some.integers(0, 255)), max_size=4),
)
@settings(max_examples=250, deadline=None)
def test_broken_bytes_never_raise(kind: str, cut: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(FILES[kind])
    for at, byte in changes:
        data[at % len(data)] = byte
    for broken in (bytes(data), bytes(data[: cut % len(data)])):
        size_of(broken)
        opened(broken, ROOM)


def test_what_is_read_is_also_what_pillow_reads() -> None:
    assert shown(picture(300, 200)).tobytes() == read(picture(300, 200)).tobytes()
    assert BytesIO(picture(3, 3)).getvalue()[:4] == b"\x89PNG"
