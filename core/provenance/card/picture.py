"""Any file's bytes as an upright RGB picture of the size wanted, or a plain word why there is none."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

from core.errors import BadInput
from core.provenance.card.ink import Colour
from core.security.sandbox import sandboxed

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "TIFF", "BMP", "MPO")
"""What is opened; none of these runs a program or reads another file."""
MOST_PIXELS = 120_000_000
"""A larger picture is not decoded for a card."""
ENLARGED_TO = 320
"""Pictures smaller than this are enlarged by a whole number, sharp-edged, so that their pixels stay pixels."""

_UNREADABLE = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError, AssertionError, OverflowError),
    *(MemoryError, RuntimeError, struct.error, zlib.error, Image.DecompressionBombError),
)
"""What Pillow's readers raise on broken bytes."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation."""


@dataclass(frozen=True)
class CardPicture:
    """A picture ready to stand on the card."""

    image: Image.Image
    """RGB, or RGBA where it has see-through parts."""
    width: int
    height: int
    """Of the picture given, upright."""
    scale: int = 1
    """How many times enlarged."""
    frames: int = 1


def opened(data: bytes | None, within: tuple[int, int]) -> CardPicture | None:
    """The picture, whole, no larger than `within`; None where the bytes are no picture or too large a one."""
    try:
        return _opened(data, within) if data else None
    except BadInput:
        return None


@sandboxed
def _opened(data: bytes, within: tuple[int, int]) -> CardPicture | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow on odd metadata and on size, which is checked here
            return _read(data, within)
    except _UNREADABLE:
        return None


def size_of(data: bytes | None) -> tuple[int, int] | None:
    """Width and height as seen upright, from the header alone."""
    try:
        return _size_of(data) if data else None
    except BadInput:
        return None


@sandboxed
def _size_of(data: bytes) -> tuple[int, int] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                return (image.height, image.width) if _turned(image) else image.size
    except _UNREADABLE:
        return None


def fitted_size(size: tuple[int, int], within: tuple[int, int]) -> tuple[int, int]:
    """`size` shrunk to fit, at least one pixel each way."""
    ratio = min(1.0, within[0] / size[0], within[1] / size[1])
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def enlargement(size: tuple[int, int], within: tuple[int, int]) -> int:
    """How many times a tiny picture is enlarged; 1 for all others."""
    return max(1, min(ENLARGED_TO // max(size), within[0] // size[0], within[1] // size[1]))


def flattened(image: Image.Image, light: Colour, dark: Colour, square: int = 12) -> Image.Image:
    """See-through parts laid on a quiet checkerboard, so that nobody takes them for white or black."""
    if image.mode != "RGBA":
        return image
    rows, columns = np.indices((image.height, image.width)) // square
    board = np.where(((rows + columns) % 2 == 0)[..., None], np.array(light, np.uint8), np.array(dark, np.uint8))
    below = Image.fromarray(board)
    below.paste(image, (0, 0), image)
    return below


def _read(data: bytes, within: tuple[int, int]) -> CardPicture:
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        turned = _turned(image)
        width, height = (image.height, image.width) if turned else image.size
        room = (within[1], within[0]) if turned else within
        frames = int(getattr(image, "n_frames", 1)) if image.format in ("GIF", "PNG", "WEBP", "AVIF") else 1
        profile = image.info.get("icc_profile")
        turn = _UPRIGHT.get(_orientation(image))
        fitted = _fitted(image, room)
        upright = fitted.transpose(turn) if turn is not None else fitted
    scale = enlargement((width, height), within)
    if scale > 1:
        upright = upright.resize((width * scale, height * scale), Image.Resampling.NEAREST)
    return CardPicture(_in_srgb(upright, profile), width, height, scale, frames)


def _turned(image: Image.Image) -> bool:
    return _orientation(image) in (5, 6, 7, 8)


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(0x0112, 1)
    return value if isinstance(value, int) else 1


def _fitted(image: Image.Image, room: tuple[int, int]) -> Image.Image:
    """The first frame in eight bits a channel, shrunk to fit, never enlarged; at least one pixel each way."""
    size = fitted_size(image.size, room)
    if image.format in ("JPEG", "MPO"):
        image.draft(None, size)  # lets the decoder skip most of the work on large pictures
    plain = _plain(image)
    return plain if plain.size == size else plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _plain(image: Image.Image) -> Image.Image:
    """In RGB, RGBA or CMYK."""
    image.load()
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        return _eight_bits(image)
    if image.mode in ("RGBA", "RGB", "CMYK"):
        return image.copy()
    see_through = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if see_through else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    if image.mode != "F":
        return Image.fromarray((np.clip(values, 0, 0xFFFF) >> 8).astype(np.uint8)).convert("RGB")
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    values = (values - low) * (255 / (high - low)) if high > low else values * 0
    return Image.fromarray(values.astype(np.uint8)).convert("RGB")


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Colours as meant by the file's colour profile; where that is broken, as they are."""
    if isinstance(profile, bytes) and profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            alpha = image.getchannel("A") if image.mode == "RGBA" else None
            opaque = image.convert("RGB") if alpha else image
            made = ImageCms.profileToProfile(opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if made is not None:
                image = made
                if alpha:
                    image.putalpha(alpha)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile for other colours than the file has, or garbage
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")
