"""Looks for what is hidden in a picture: text in the lowest bits of its pixels, and bytes behind its end."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageFile, ImageSequence

from core.errors import BadInput, TooManyPixels
from core.exports import strip
from core.formats import kinds, low_bits, pixels, png
from core.security.sandbox import sandboxed

REMOVED = "text hidden in the pixels"
MOST_LOOKED_AT = 32_000_000
"""Pixels, of all frames, that are looked through; of a larger picture the lowest bits are cleared without a look."""
LOSSY = frozenset({"image/jpeg"})
_DEEP = 16
_GREY = 0
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
"""How Pillow reads samples of two bytes, and how it reads the other byte of each: the same data, taken for little-endian."""


@sandboxed
def is_in(data: bytes, mime: str, max_pixels: int) -> bool:
    """Whether a file hides anything in its pixels or behind its end. Raises BadPicture, TooManyPixels."""
    if mime in kinds.PICTURES:
        with pixels.opened(data, max_pixels=max_pixels, every_frame=True) as image:
            if in_pixels(data, mime, image):
                return True
    return has_tail(data, mime)


def has_tail(data: bytes, mime: str) -> bool:
    """Whether more follows where the file ends by its own account; a file that cannot be told apart has none."""
    try:
        return strip.end_of(data, mime) < len(data)
    except BadInput:
        return False


def in_pixels(data: bytes, mime: str, image: Image.Image) -> bool:
    """Whether text stands in the lowest bits of any frame of an opened picture; True also for one too large to look through."""
    if mime in LOSSY:
        return False
    frames = int(getattr(image, "n_frames", 1))
    if frames * image.width * image.height > MOST_LOOKED_AT:
        return True
    if is_deep(data) and (low := _low_bytes(data)) is not None and low_bits.holds_text(low, whole=True):
        return True
    found = any(low_bits.holds_text(frame) for frame in ImageSequence.Iterator(image))
    image.seek(0)
    return found


def is_deep(data: bytes) -> bool:
    """Whether it is a PNG in colours with 16 bits a channel, of which Pillow writes eight."""
    return png.is_png(data) and data[24:25] == bytes((_DEEP,)) and data[25] != _GREY


def animation(image: Image.Image, kind: str, max_pixels: int) -> bytes:
    """All frames with their lowest bits clear, encoded again. Raises TooManyPixels."""
    frames = int(getattr(image, "n_frames", 1))
    if frames * image.width * image.height > 4 * max_pixels:
        raise TooManyPixels("The animation is too large to be encoded again.", hint="Export it with the profile team.")
    loop, clear, times = image.info.get("loop", 0), [], []
    for frame in ImageSequence.Iterator(image):
        clear.append(low_bits.cleared(pixels.upright(frame.copy())))
        times.append(int(frame.info.get("duration") or 100))
    out = io.BytesIO()
    told: dict[str, Any] = {"loop": loop} | ({"quality": 90} if kind != "PNG" else {})
    clear[0].save(out, kind, save_all=True, append_images=clear[1:], duration=times, **told)
    return out.getvalue()


def _low_bytes(data: bytes) -> Image.Image | None:
    """The lower byte of each sample of a PNG with two; None where it cannot be read."""
    with Image.open(io.BytesIO(data)) as image:
        if not isinstance(image, ImageFile.ImageFile) or not image.tile:
            return None
        first = image.tile[0]
        other = _LOW_BYTES.get(str(first.args[0] if isinstance(first.args, tuple) else first.args))
        if other is None:
            return None
        image.tile = [first._replace(args=other)]
        return image.copy()
