"""The colour profile of a picture, and whether two files show the same numbers as the same colours."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from core.errors import BadInput
from core.formats import pixels, png
from core.provenance.carriers import jpeg, webp
from core.security.sandbox import sandboxed

_MOST = 4 << 20
_PIXELS = 1 << 32
"""Any size will do: nothing is decoded."""
_HEAD = 14
"""Bytes before the profile in a JPEG segment: its name, a zero, number and count."""
_UNSEEN = 8
"""Shades by which colours may differ: about what nobody sees."""
_SRGB = {
    b"gAMA": [struct.pack(">I", 45_455 + more) for more in range(-5, 6)],
    b"cHRM": [struct.pack(">8I", 31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)],
    b"cICP": [bytes((1, 13, 0, 1))],
}
"""Chunks of a PNG that choose its colours, and what they hold where these are those of sRGB."""
_STEPS = np.array([0, 51, 102, 153, 204, 255], dtype=np.uint8)


@sandboxed
def profile(data: bytes, mime: str) -> bytes:
    """The ICC profile in a picture; empty where there is none or none that can be read."""
    try:
        match mime:
            case "image/png":
                body = next((part.body(data) for part in png.chunks(data) if part.type == b"iCCP"), b"")
                return png.inflate(body.partition(b"\0")[2][1:], _MOST) if body else b""
            case "image/jpeg":
                bodies = (part.body(data) for part in jpeg.segments(data) if part.marker == 0xE2)
                return b"".join(one[_HEAD:] for one in bodies if one.startswith(b"ICC_PROFILE\0"))[:_MOST]
            case "image/webp":
                return next((part.body(data) for part in webp.chunks(data) if part.name == b"ICCP"), b"")
        with pixels.opened(data, max_pixels=_PIXELS) as image:
            told = image.info.get("icc_profile")
            return told[:_MOST] if isinstance(told, bytes) else b""
    except (BadInput, ValueError, zlib.error):
        return b""


@sandboxed
def choices(data: bytes, mime: str) -> tuple[bytes, ...]:
    """The chunks of a PNG by which it shows other colours than those of sRGB; a reader need not heed them, and many do."""
    if mime != "image/png":
        return ()
    return tuple(
        data[part.start : part.end] for part in png.chunks(data) if part.body(data) not in _SRGB.get(part.type, [part.body(data)])
    )


@sandboxed
def shows_alike(one: bytes, other: bytes) -> bool:
    """Whether two profiles, or none, give the same colours to the same numbers. One that cannot be used counts as none."""
    if one == other:
        return True
    return bool(np.abs(_colours(one) - _colours(other)).max() <= _UNSEEN)


def _colours(icc: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """What 216 colours become in sRGB."""
    cube = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), axis=-1).reshape(36, 6, 3)
    image = Image.fromarray(cube)
    if icc:
        try:
            source, target = ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, target, outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return np.asarray(image).astype(np.int16)
