"""Makes the small pictures: a thumbnail for lists and a preview for chat, of the first frame, never larger than the original."""

from __future__ import annotations

import io

from PIL import Image

from core.errors import BadInput
from core.files.inspect import Examined
from core.formats import kinds, low_bits, pixels
from core.security.sandbox import sandboxed

THUMBNAIL_EDGE = 320
PREVIEW_EDGE = 1024
SEAL_EDGE = 256


@sandboxed
def make_thumbnail(data: bytes, examined: Examined) -> bytes | None:
    """WebP, 320 pixels along the long edge; None for what is not a picture. Raises BadPicture."""
    image = _picture(data, examined)
    return thumbnail_of(image) if image is not None else None


@sandboxed
def make_preview(data: bytes, examined: Examined) -> bytes | None:
    """JPEG, or PNG where transparent, 1024 pixels along the long edge; None for what is not a picture. Raises BadPicture."""
    image = _picture(data, examined)
    return preview_of(image) if image is not None else None


@sandboxed
def small_for_manifest(data: bytes, max_pixels: int) -> bytes:
    """A small JPEG of a picture for a manifest; empty for what is none."""
    if kinds.mime_of(data, "") not in kinds.PICTURES:
        return b""
    try:
        with pixels.opened(data, max_pixels=max_pixels) as image:
            image.draft("RGB", (SEAL_EDGE * 2, SEAL_EDGE * 2))
            return manifest_thumbnail_of(pixels.upright(image))
    except BadInput:
        return b""


@sandboxed
def still(data: bytes, max_pixels: int) -> Image.Image:
    """A small picture of ours, such as a preview, upright. Raises BadPicture, TooManyPixels."""
    with pixels.opened(data, max_pixels=max_pixels) as image:
        return pixels.upright(image)


def thumbnail_of(image: Image.Image) -> bytes:
    """The thumbnail of an upright picture."""
    return _written(_shrunk(image, THUMBNAIL_EDGE), "WEBP", quality=80, method=2)


def preview_of(image: Image.Image) -> bytes:
    """The preview of an upright picture."""
    small = _shrunk(image, PREVIEW_EDGE)
    if small.mode == "RGBA":
        return _written(small, "PNG", compress_level=1)
    return _written(small, "JPEG", quality=88, subsampling=0)


def manifest_thumbnail_of(image: Image.Image) -> bytes:
    """The thumbnail that goes into a manifest, where every byte counts for good."""
    small = _shrunk(image, SEAL_EDGE)
    return _written(small if small.mode == "RGB" else small.convert("RGB"), "JPEG", quality=75)


def _picture(data: bytes, examined: Examined) -> Image.Image | None:
    if not examined.is_picture:
        return None
    with pixels.opened(data, max_pixels=max(1, (examined.width or 0) * (examined.height or 0))) as image:
        image.draft("RGB", (PREVIEW_EDGE, PREVIEW_EDGE))
        image.seek(0)
        return pixels.upright(image)


def _shrunk(image: Image.Image, edge: int) -> Image.Image:
    """At most so large. What is not made smaller, and is written without loss, loses its lowest bits, for they may hold text."""
    scale = edge / max(image.size)
    if scale >= 1:
        return low_bits.cleared(image) if image.mode == "RGBA" else image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=1.5)  # more than three times as large: halved first


def _written(image: Image.Image, kind: str, **options: int) -> bytes:
    """Without a word of the original: Pillow carries a JPEG's comment over by itself."""
    file, profile = io.BytesIO(), image.info.get("icc_profile")
    image = image.copy()
    image.info.clear()
    image.save(file, kind, icc_profile=profile if isinstance(profile, bytes) else None, **options)
    return file.getvalue()
