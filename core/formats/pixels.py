"""Opens pictures for their pixels, behind the limits: the claimed size is checked before anything is decoded."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import BadPicture, TooManyPixels
from core.formats import png

Image.MAX_IMAGE_PIXELS = 500_000_000
"""Pillow's own net, wider than ours: `Limits.max_pixels` is checked first, on every path."""

MAX_EDGE = 65_535
"""Pixels along an edge that are opened where no setting says otherwise."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
"""Pillow's own readers that are used: those of the kinds in `kinds.PICTURES`. `_formats` adds those of plug-ins."""

warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
"""What Pillow remarks of a picture's broken words, on standard error, helps nobody: what cannot be read is told by us."""

_FOREIGN = (
    RuntimeError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    TypeError,
    KeyError,
    OverflowError,
    struct.error,
)
"""What Pillow's readers raise on broken files; seen with fuzzed ones."""


@contextmanager
def opened(data: bytes, *, max_pixels: int, max_edge: int = MAX_EDGE, every_frame: bool = False) -> Iterator[Image.Image]:
    """The picture, its pixels not yet decoded. Raises BadPicture, TooManyPixels; so does what is done with it inside.

    An animated PNG is opened as its first frame alone, unless `every_frame` is asked for.
    """
    try:
        with Image.open(io.BytesIO(_safe(data, every_frame)), formats=_formats(data)) as image:
            check(image.width, image.height, max_pixels, max_edge)
            with _later_frames(max_pixels):
                yield image
    except (UnidentifiedImageError, Image.DecompressionBombError, *_FOREIGN) as problem:
        if isinstance(problem, Image.DecompressionBombError):
            raise TooManyPixels() from problem
        raise BadPicture("The picture is damaged or cut off.", hint="Send the complete file.") from problem


@contextmanager
def _later_frames(max_pixels: int) -> Iterator[None]:
    """A later frame may be larger than the picture says: a GIF grows with it. Pillow refuses one of twice as many pixels."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max_pixels
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _formats(data: bytes) -> tuple[str, ...]:
    """The readers for a file; plug-ins are loaded when the first file of their kind comes, as that takes a while."""
    if data[4:8] == b"ftyp" and data[8:12] not in (b"avif", b"avis"):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        return (*FORMATS, "HEIF")
    if data[:2] == b"\xff\x0a" or data[4:8] == b"JXL ":
        import pillow_jxl  # noqa: F401  (registers itself)

        return ("JXL",)
    return (*FORMATS, "PSD") if data[:4] == b"8BPS" else FORMATS


def check(width: int, height: int, max_pixels: int, max_edge: int = MAX_EDGE) -> None:
    """Raises TooManyPixels, or BadPicture for a size of nothing."""
    if width < 1 or height < 1:
        raise BadPicture("The picture has no pixels.")
    if width * height > max_pixels:
        hint = f"At most {max_pixels / 1e6:,.0f} million pixels are opened."
        raise TooManyPixels(f"The picture is {width} × {height} pixels, too large to open safely.", hint=hint)
    if max(width, height) > max_edge:
        hint = f"At most {max_edge:,} pixels along an edge are opened."
        raise TooManyPixels(f"The picture is {width} × {height} pixels, too long to open safely.", hint=hint)


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(width, height) of what `upright` would give, without decoding it."""
    turned = image.format in ("JPEG", "WEBP", "TIFF", "AVIF") and image.getexif().get(0x0112) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else image.size


def upright(image: Image.Image) -> Image.Image:
    """The first frame as 8-bit RGB, or RGBA where it is transparent anywhere; turned as its EXIF says."""
    image.load()
    turned = ImageOps.exif_transpose(image) if image.format in ("JPEG", "WEBP", "TIFF", "AVIF") else image
    if turned.mode.startswith("I") or turned.mode == "F":
        turned = _levelled(turned)
    if turned.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in turned.info:
        clear = turned.convert("RGBA")
        low, _ = clear.getchannel("A").getextrema()
        return clear if isinstance(low, int | float) and low < 255 else clear.convert("RGB")
    return turned if turned.mode == "RGB" else turned.convert("RGB")


def _levelled(image: Image.Image) -> Image.Image:
    """16-bit grey as 8-bit, which Pillow's own conversion would clip."""
    return image.convert("I").point(lambda value: value * (1 / 257)).convert("L") if image.mode != "F" else image.convert("L")


def _safe(data: bytes, every_frame: bool) -> bytes:
    return png.bare(data, png.chunks(data), every_frame=every_frame) if png.is_png(data) else data
